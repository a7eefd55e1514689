// What follows from an answer of the platform, or from its silence: pure, so that every row of the
// table can be read and tested without a platform.
import { fullJitter, type Backoff } from '../../shared/backoff.js';
import type { PlatformErrorClass, PlatformErrorScope } from '../../shared/errors.js';
import type { ChangeValue } from '../objects/object-image.js';

/** After this many writes that the platform did not take, a person has to look. */
const TRIES_MAX = 8;
/** A refused key is renewed by people, so asking every few seconds only fills logs. */
const AUTH_WAIT_MILLIS = 5 * 60_000;
/** Without a word from the platform: Meta blocks for at least a minute when throttling. */
const THROTTLE_WAIT_MILLIS = 60_000;
/** Before a write was sent nothing is lost by waiting, so reads start at a calmer backoff. */
const READ_RETRY_EXPONENT = 3;
/**
 * The longest a platform is given to make an unanswered write visible. Concluding "not applied"
 * earlier would send it twice.
 */
export const VISIBLE_AFTER_MILLIS = 15_000;

export interface Failure {
  kind: PlatformErrorClass;
  scope: PlatformErrorScope;
  /** The platform's own waiting time, which wins. */
  retryAfterMillis: number | null;
  /** Whether the write was sent, or only the read before it. */
  sent: boolean;
  /**
   * Earlier writes that the platform did not take; throttles and refused tokens are not among them.
   */
  retries: number;
}

export type AfterFailure =
  | { to: 'failed'; outcome: 'refused' }
  | { to: 'dead'; outcome: 'not_applied' }
  | { to: 'unknown'; outcome: 'unknown'; waitMillis: number }
  | {
      to: 'pending';
      outcome: 'not_applied';
      waitMillis: number;
      blockedBy: string;
      /**
       * How far the failure reaches: what is not the change's own alone, all its changes wait for.
       */
      scope: PlatformErrorScope;
    };

/** `chance` is uniform on [0, 1). */
export function afterFailure(failure: Failure, backoff: Backoff, chance: number): AfterFailure {
  const { kind, retryAfterMillis, sent } = failure;
  switch (kind) {
    case 'permission':
    case 'invalid':
      return { to: 'failed', outcome: 'refused' };
    case 'auth':
      return waiting('execution.auth', retryAfterMillis ?? AUTH_WAIT_MILLIS, failure.scope);
    case 'throttled':
      return waiting(
        failure.scope === 'object' ? 'execution.adset_budget_rate' : 'execution.throttled',
        retryAfterMillis ?? THROTTLE_WAIT_MILLIS,
        failure.scope,
      );
    case 'ambiguous':
      if (sent) return { to: 'unknown', outcome: 'unknown', waitMillis: backoff.baseMillis };
      break;
    case 'transient':
      if (sent && isLastTry(failure.retries)) return { to: 'dead', outcome: 'not_applied' };
      break;
  }
  const exponent = sent ? failure.retries : Math.max(failure.retries, READ_RETRY_EXPONENT);
  const wait = fullJitter(exponent, backoff, chance);
  return waiting('execution.platform_unavailable', Math.max(wait, retryAfterMillis ?? 0), 'object');
}

function waiting(blockedBy: string, waitMillis: number, scope: PlatformErrorScope): AfterFailure {
  return { to: 'pending', outcome: 'not_applied', waitMillis, blockedBy, scope };
}

function isLastTry(retries: number): boolean {
  return retries + 1 >= TRIES_MAX;
}

export type AfterReadBack =
  | { to: 'completed'; outcome: 'completed'; detail: null }
  | { to: 'failed'; outcome: 'no_effect' | 'drift'; detail: string };

/** A write that was answered with success: believed only when the object says so. */
export function afterReadBack(
  requested: ChangeValue,
  before: ChangeValue,
  seen: ChangeValue,
): AfterReadBack {
  if (seen === requested) return { to: 'completed', outcome: 'completed', detail: null };
  if (seen === before) {
    const detail = 'the platform answered success but the value is unchanged';
    return { to: 'failed', outcome: 'no_effect', detail };
  }
  const detail =
    'the platform answered success, but the object shows a third value: someone else changed it';
  return { to: 'failed', outcome: 'drift', detail };
}

export interface UnknownWrite {
  requested: ChangeValue;
  before: ChangeValue;
  seen: ChangeValue;
  /** Since the write may have gone out. */
  ageMillis: number;
  retries: number;
}

export type AfterLook =
  | { to: 'completed'; outcome: 'completed' }
  | { to: 'pending' | 'dead'; outcome: 'not_applied' }
  | { to: 'blocked'; outcome: 'drift' }
  | { to: 'unknown'; waitMillis: number };

/** Settles a write nobody answered, from what the object shows now. */
export function afterLook({
  requested,
  before,
  seen,
  ageMillis,
  retries,
}: UnknownWrite): AfterLook {
  if (seen === requested) return { to: 'completed', outcome: 'completed' };
  // "Not there yet" and "never applied" look alike until the platform has had its time.
  if (ageMillis < VISIBLE_AFTER_MILLIS) {
    return { to: 'unknown', waitMillis: VISIBLE_AFTER_MILLIS - ageMillis };
  }
  if (seen === before) {
    return { to: isLastTry(retries) ? 'dead' : 'pending', outcome: 'not_applied' };
  }
  return { to: 'blocked', outcome: 'drift' };
}
