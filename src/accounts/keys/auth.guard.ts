// Every route needs a key unless it says @Public(): forgetting a decorator closes, never opens.
import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '../../shared/index.js';
import {
  ADMIN_ROUTE,
  INGEST_ROUTE,
  PUBLIC_ROUTE,
  type AuthenticatedRequest,
} from './auth.decorators.js';
import { Authenticator } from './authenticator.service.js';
import { refusalFor } from './principal.js';

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const flag = (key: string) =>
      this.reflector.getAllAndOverride<boolean | undefined>(key, [
        context.getHandler(),
        context.getClass(),
      ]) === true;
    if (flag(PUBLIC_ROUTE)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    // Whoever sent a body was asked before it was read.
    const principal = await this.auth.admit(request, null);
    const refusal = refusalFor(principal, request.method, {
      adminOnly: flag(ADMIN_ROUTE),
      ingest: flag(INGEST_ROUTE),
    });
    if (refusal) throw new DomainError(403, refusal.code, refusal.detail);
    return true;
  }
}
