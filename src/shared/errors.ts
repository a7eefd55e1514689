// The two kinds of failure that travel as exceptions. An expected refusal is a value, not one of
// these.

/**
 * One fault in the caller's input; `pointer` is an RFC 6901 JSON pointer into the body or query.
 */
export interface InputFault {
  pointer: string;
  detail: string;
}

export interface DomainErrorExtras {
  errors?: InputFault[];
  retryAfterSeconds?: number;
}

/** A rule of the API was broken. One filter turns it into application/problem+json. */
export class DomainError extends Error {
  constructor(
    /** HTTP status of the answer. */
    readonly status: number,
    /** Stable dotted code, e.g. `sampling.no_ads`. */
    readonly code: string,
    /** One sentence for the caller; never a secret or personal data. */
    detail: string,
    readonly extras: DomainErrorExtras = {},
  ) {
    super(detail);
    this.name = 'DomainError';
  }
}

export type PlatformErrorClass =
  'transient' | 'throttled' | 'auth' | 'permission' | 'invalid' | 'ambiguous';

/**
 * How far a fault reaches, and so what has to stand still: one object, one account, one token, all.
 */
export type PlatformErrorScope = 'object' | 'account' | 'credential' | 'app';

/**
 * The outside world failed. `ambiguous` means that the write may have landed: read back, never
 * repeat.
 */
export class PlatformError extends Error {
  constructor(
    readonly kind: PlatformErrorClass,
    message: string,
    readonly retryAfterMs: number | null = null,
    /** The platform's own number of the call, by which its support finds it. */
    readonly traceId: string | null = null,
    readonly scope: PlatformErrorScope = usualScope(kind),
  ) {
    super(message);
    this.name = 'PlatformError';
  }
}

function usualScope(kind: PlatformErrorClass): PlatformErrorScope {
  if (kind === 'auth') return 'credential';
  return kind === 'throttled' ? 'account' : 'object';
}

/** A fault that stops the start: one sentence with cause and remedy, shown without a stack. */
export class StartupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartupError';
  }
}
