// Who is calling and what that caller may do: the rules of contract section 1 as pure functions.

export type KeyRole = 'full' | 'read' | 'ingest';

export type Principal =
  /** `named`: the account that the request's body or query names. */
  | { kind: 'admin'; name: 'admin'; named?: string }
  | { kind: 'account'; accountId: string; keyId: string; name: string; role: KeyRole };

export interface RouteRules {
  /** Only the admin token may call it. */
  adminOnly: boolean;
  /** An `ingest` key may call it (events, conversions, clicks, metrics). */
  ingest: boolean;
}

export interface Refusal {
  code: string;
  detail: string;
}

/** null when the caller may use the route; otherwise why not. */
export function refusalFor(caller: Principal, method: string, route: RouteRules): Refusal | null {
  if (caller.kind === 'admin') return null;
  if (route.adminOnly) {
    return { code: 'auth.admin_only', detail: 'Only the admin token may call this endpoint.' };
  }
  if (caller.role === 'read' && method !== 'GET' && method !== 'HEAD') {
    return { code: 'auth.read_only_key', detail: 'This key may only read.' };
  }
  if (caller.role === 'ingest' && !route.ingest) {
    return {
      code: 'auth.ingest_only_key',
      detail: 'This key may only post events, conversions, clicks and metrics.',
    };
  }
  return null;
}

/** The name under which history records who asked for something. */
export function callerName(caller: Principal): string {
  return caller.kind === 'admin' ? 'admin' : `key:${caller.name}`;
}
