// Every route needs a key unless it says @Public(): forgetting a decorator closes, never opens.
import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError, invalidInput } from '../../shared/index.js';
import {
  ADMIN_ROUTE,
  INGEST_ROUTE,
  PUBLIC_ROUTE,
  type AuthenticatedRequest,
} from './auth.decorators.js';
import { Authenticator } from './authenticator.service.js';
import { refusalFor, type Principal } from './principal.js';

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
    request.principal = ofNamedAccount(principal, request);
    return true;
  }
}

/**
 * `account_id` counts in body and query of every route: the admin's choice of an account, and for
 * an account's own key nothing but its own.
 */
function ofNamedAccount(principal: Principal, request: AuthenticatedRequest): Principal {
  const named = new Set([request.body, request.query].flatMap((input) => nameIn(input)));
  if (principal.kind === 'account') {
    named.delete(principal.accountId);
    if (named.size === 0) return principal;
    throw new DomainError(403, 'auth.other_account', 'This key sees its own account only.');
  }
  named.delete('');
  const [only] = named;
  const inPath = request.params?.['account_id'];
  if (only !== undefined && inPath !== undefined) named.add(inPath);
  if (named.size > 1) {
    throw invalidInput([{ pointer: '/account_id', detail: 'names another account elsewhere' }]);
  }
  return only === undefined ? principal : { ...principal, named: only };
}

/** What is no text names nobody's account; the route's schema says so with its other faults. */
function nameIn(input: unknown): string[] {
  const named = (input as { account_id?: unknown } | null | undefined)?.account_id;
  if (named === undefined || named === null) return [];
  return [typeof named === 'string' ? named : ''];
}
