// What follows when Meta did not take a batch: pure, so that every row can be read and tested.
import { fullJitter, type Backoff } from '../../shared/backoff.js';
import type { PlatformErrorClass } from '../../shared/errors.js';

export interface SendFailure {
  kind: PlatformErrorClass;
  subcode: number | null;
  message: string;
  /** Meta's own waiting time, which wins. */
  retryAfterMillis: number | null;
  /** How often the pixel failed in a row before. */
  pixelFailures: number;
}

export type AfterSend =
  /** One event or another is at fault: find out which. */
  | { to: 'isolate' }
  /** Nobody's fault: the same ids and times again, later. Counts as an attempt. */
  | { to: 'retry'; waitMillis: number; reason: string }
  /**
   * The pixel's or the token's fault: all of its events wait, none loses an attempt. `isFixable` =
   * by a person, and other credentials end the wait.
   */
  | { to: 'pause'; waitMillis: number; reason: string; isFixable: boolean };

/** Without a word from Meta: it blocks for at least a minute when throttling. */
const THROTTLE_WAIT_MILLIS = 60_000;
/** Tokens and rights are put right by people; asking every few seconds only fills logs. */
const PERSON_WAIT_MILLIS = 5 * 60_000;
/** 100/33: the pixel is missing or out of reach, whatever the events say. */
const NO_SUCH_OBJECT = 33;
const ABOUT_THE_CALL = /appsecret_proof|access token/i;

/** `chance` is uniform on [0, 1). */
export function afterSend(failure: SendFailure, backoff: Backoff, chance: number): AfterSend {
  const { kind, subcode, message, retryAfterMillis, pixelFailures } = failure;
  switch (kind) {
    case 'invalid':
      return subcode === NO_SUCH_OBJECT || ABOUT_THE_CALL.test(message)
        ? pause('the pixel or its proof is refused', null)
        : { to: 'isolate' };
    case 'auth':
      return pause('the access token is refused', retryAfterMillis);
    case 'permission':
      return pause('the permission is missing', retryAfterMillis);
    case 'throttled':
      return {
        to: 'pause',
        waitMillis: retryAfterMillis ?? THROTTLE_WAIT_MILLIS,
        reason: 'Meta throttles',
        isFixable: false,
      };
    case 'ambiguous':
    case 'transient': {
      const wait = fullJitter(pixelFailures, backoff, chance);
      const waitMillis = Math.max(wait, retryAfterMillis ?? 0);
      return { to: 'retry', waitMillis, reason: 'Meta could not be reached' };
    }
  }
}

function pause(reason: string, waitMillis: number | null): AfterSend {
  return { to: 'pause', waitMillis: waitMillis ?? PERSON_WAIT_MILLIS, reason, isFixable: true };
}
