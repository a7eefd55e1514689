// The beliefs of an account in the shapes that its readers take.
import type { Ad } from '../accounts/index.js';
import type { AccountReports, Totals } from '../metrics/index.js';
import type { AccountBelief } from './belief/account-belief.js';
import type { AdBelief } from './belief/belief.js';
import type { DelayObservation } from './belief/delay-bins.js';
import type { DelayCurve } from './belief/delay.js';
import type { ReportedDrift } from './belief/forget.js';
import type { SharedKnowledge } from './patterns/shared-knowledge.js';

/** Something a budget can be moved to, and what it brought in all. */
export interface ObservedArm {
  ad: Ad;
  totals: Totals;
  /** Spend before the account's present day began. */
  settledMinor: number;
}

export interface BelievedArm extends ObservedArm {
  belief: AdBelief;
}

/** What the account says as a whole as of an instant. */
export interface AccountPrior {
  asOf: Date;
  account: AccountBelief;
  delay: DelayCurve;
  /** The account's own conversions behind it. */
  delays: DelayObservation[];
  /** The first cohort told by events, when they are what the account counts by; else null. */
  conversionsSince: number | null;
  /** What other accounts taught. */
  knowledge: SharedKnowledge;
  /** Changes of click rates that reports prove; those of events are stored. */
  reported: ReportedDrift[];
  sums: {
    arms: number;
    armsWithConversions: number;
    clicks: number;
    /** null while nobody reports conversions. */
    conversions: number | null;
  };
}

/** What stands around the arms, with events. */
export type KnownObjects = Pick<AccountReports, 'ads' | 'owners' | 'totals' | 'events'>;

export interface ShownBeliefs {
  asOf: Date;
  prior: AccountPrior;
  /** Those asked for, in the order of the ids. */
  arms: BelievedArm[];
  reports: KnownObjects;
}

export interface AccountBeliefs extends ShownBeliefs {
  /** Every arm of the account. */
  all: ObservedArm[];
}
