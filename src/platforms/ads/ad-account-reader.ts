// What is read of an advertising account; nothing here changes anything. Meta and the sandbox stand
// behind it alike.
import type { PlatformError } from '../../shared/errors.js';
import type {
  AccountLimits,
  AdObject,
  GuardedState,
  MetricReading,
  PlatformAccount,
} from './ad-account.js';

export abstract class AdAccountReader {
  /**
   * Objects as they are now, in the order asked for, each with its own failure (`invalid` when it
   * does not exist). Never rejects with a PlatformError.
   */
  abstract readObjects(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]>;
  /** null when nobody knows which ad account it is. */
  abstract readLimits(account: PlatformAccount): Promise<AccountLimits | null>;
  /** Spend of the last three whole days per object; an object that did not deliver is absent. */
  abstract readRecentSpend(
    account: PlatformAccount,
    objects: readonly AdObject[],
  ): Promise<Map<string, number>>;
  /** Lifetime totals at the platform's own now; an object that never delivered is absent. */
  abstract readMetrics(
    account: PlatformAccount,
    objects: readonly AdObject[],
  ): Promise<MetricReading[]>;
}
