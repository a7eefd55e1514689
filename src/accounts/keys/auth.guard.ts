// Every route needs a key unless it says @Public(): forgetting a decorator closes, never opens.
import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError, RateLimits } from '../../shared/index.js';
import {
  ADMIN_ROUTE,
  INGEST_ROUTE,
  PUBLIC_ROUTE,
  type AuthenticatedRequest,
} from './auth.decorators.js';
import { AuthService } from './auth.service.js';
import { refusalFor, type Principal } from './principal.js';

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthService,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const flag = (key: string) =>
      this.reflector.getAllAndOverride<boolean | undefined>(key, [
        context.getHandler(),
        context.getClass(),
      ]) === true;
    if (flag(PUBLIC_ROUTE)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const principal = await this.authenticate(request);
    await this.limits.consume(principal.kind === 'admin' ? 'admin' : principal.keyId);
    const refusal = refusalFor(principal, request.method, {
      adminOnly: flag(ADMIN_ROUTE),
      ingest: flag(INGEST_ROUTE),
    });
    if (refusal) throw new DomainError(403, refusal.code, refusal.detail);
    request.principal = principal;
    return true;
  }

  private async authenticate(request: AuthenticatedRequest): Promise<Principal> {
    const header = request.headers['authorization'];
    const token = typeof header === 'string' ? /^Bearer +(\S+)$/i.exec(header)?.[1] : undefined;
    if (token === undefined) {
      throw new DomainError(401, 'auth.required', 'Send "Authorization: Bearer KEY".');
    }
    const principal = await this.auth.principalOf(token);
    if (principal) return principal;
    // Guessing is paced by address; a caller with a valid key never passes here.
    await this.limits.consume(`refused:${request.ip}`);
    throw new DomainError(401, 'auth.invalid_key', 'The key is not valid (or was revoked).');
  }
}
