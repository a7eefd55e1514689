// Which failures are the database's and which are the data's. The first kind passes by itself and
// asking again is safe; the second meets whoever asks again with the same data.
import { DomainError } from '../errors.js';

/** Classes of SQLSTATE (PostgreSQL's appendix A) that say nothing of the statement's content. */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set([
  '08', // connection exceptions
  '53', // out of connections, memory or disk
  '57', // shut down, crashed, starting up; a statement cancelled by its time-out
  '58', // input/output errors of the system below
]);
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set([
  '25006', // read only: after a failover we still talk to what is a standby now
  '25P03', // the session was ended for idling in a transaction: the process was frozen
  '55P03', // a lock was not to be had in time
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** The driver and its pool say these in words only. */
const UNAVAILABLE_WORDS = new RegExp(
  [
    'timeout exceeded when trying to connect',
    'connection terminated',
    'terminating connection',
    'client has encountered a connection error',
    'client was closed and is not queryable',
    'cannot use a pool after calling end',
    'query read timeout',
    'driver not connected',
  ].join('|'),
  'i',
);

/** Bad values, broken constraints, one row twice in a statement, a row too long for its index. */
const CONTENT_CLASSES: ReadonlySet<string> = new Set(['21', '22', '23', '54']);

const FOREIGN_KEY_VIOLATION = '23503';
/** As the migrations' `references accounts` are called in every table. */
const ACCOUNT_KEY = /_account_id_fkey$/;

/** The database cannot be had just now, whoever asks and whatever is asked. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DomainError) return false;
  const code = codeOf(error);
  if (code !== null) {
    return (
      UNAVAILABLE_CODES.has(code) || (isState(code) && UNAVAILABLE_CLASSES.has(stateClass(code)))
    );
  }
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  return UNAVAILABLE_WORDS.test(error.message);
}

/** A row was to be stored for an account that was deleted meanwhile. */
export function isAccountGone(error: unknown): boolean {
  if (codeOf(error) !== FOREIGN_KEY_VIOLATION) return false;
  const { driverError, query } = error as { driverError?: unknown; query?: unknown };
  const { constraint } = (driverError ?? error) as { constraint?: unknown };
  // The same constraint stops whoever deletes an account that still has rows.
  const deletes = typeof query === 'string' && /^\s*delete\b/i.test(query);
  return typeof constraint === 'string' && ACCOUNT_KEY.test(constraint) && !deletes;
}

/** What was asked for is at fault, so that others who asked with it need not fail with it. */
export function isContentError(error: unknown): boolean {
  if (error instanceof DomainError) return true;
  if (isAccountGone(error)) return false;
  // A value that our own code trips over is content too.
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = codeOf(error);
  if (code === 'ERR_ASSERTION') return true;
  return code !== null && isState(code) && CONTENT_CLASSES.has(stateClass(code));
}

/** TypeORM wraps the driver's error and mostly, not always, copies its code. */
function codeOf(error: unknown): string | null {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const found = code ?? driverError?.code;
  return typeof found === 'string' ? found : null;
}

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}

function stateClass(code: string): string {
  return code.slice(0, 2);
}
