// Where figures are read from by the clock: one source for each kind of place. Every source is read
// for every account that it takes, and what fails at one keeps no other waiting.
import type { Account } from '../../accounts/index.js';

export interface Scraped {
  ads: number;
  snapshots: number;
  newAds: number;
}

export interface MetricSource {
  takes(account: Account): boolean;
  /** Reads what is new and keeps it; null when the account has no credentials to read with. */
  read(account: Account): Promise<Scraped | null>;
}
