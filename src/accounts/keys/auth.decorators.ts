import { SetMetadata, applyDecorators, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { NO_KEY } from '../../shared/index.js';
import type { Principal } from './principal.js';

export const PUBLIC_ROUTE = 'loopgain:public';
export const ADMIN_ROUTE = 'loopgain:admin';
export const INGEST_ROUTE = 'loopgain:ingest';

/** No key needed. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC_ROUTE, true), ApiSecurity(NO_KEY));
/** Only the admin token. */
export const AdminOnly = () =>
  applyDecorators(SetMetadata(ADMIN_ROUTE, true), ApiBearerAuth('admin'));
/** An `ingest` key suffices. */
export const AllowIngest = () => SetMetadata(INGEST_ROUTE, true);

export interface AuthenticatedRequest {
  id: string;
  method: string;
  ip: string;
  headers: Record<string, string | string[] | undefined>;
  body?: unknown;
  query?: unknown;
  params?: Record<string, string>;
  principal?: Principal;
}

export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = context.switchToHttp().getRequest<AuthenticatedRequest>().principal;
  if (!principal) throw new Error('a route that takes a caller must not be public');
  return principal;
});
