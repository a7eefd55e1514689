// What changes an advertising account. Every write is absolute, never "+10 %", so that a repetition
// is harmless.
import type { PlatformError } from '../../shared/errors.js';
import type { AdStatus, PlatformAccount } from './ad-account.js';

export type AdWrite =
  | { adId: string; changeType: 'budget'; valueMinor: number }
  | { adId: string; changeType: 'bid'; valueMinor: number }
  | { adId: string; changeType: 'status'; value: AdStatus };

export interface WriteOptions {
  /** The platform checks the write as if it were in earnest and changes nothing. */
  validateOnly: boolean;
}

export interface WriteReceipt {
  /** The platform's own number of the call, by which its support finds it. */
  traceId: string | null;
}

export abstract class AdWriter {
  /** Whether it can check a write without carrying it out. */
  abstract readonly canValidate: boolean;
  /** Writes that one call may carry without being throttled half-way. */
  abstract readonly writesPerCall: number;
  /**
   * Writes in one call, in no order, so no two of them may touch the same object. Each has its own
   * outcome, in the order of `writes`; a receipt says that the platform accepted the write, the
   * caller reads back to believe it. Never rejects with a PlatformError.
   */
  abstract writeObjects(
    account: PlatformAccount,
    writes: readonly AdWrite[],
    options?: WriteOptions,
  ): Promise<(WriteReceipt | PlatformError)[]>;
}
