// What is believed before an account has numbers of its own. The shipped constants are defaults and
// named as such in every answer (`source: "global"`, no accounts behind it); what other accounts
// taught replaces them in the same shape.
import { DEFAULT_BETA } from './coupling.js';
import type { RateHyperPrior } from './empirical-bayes.js';

/** Shipped: k = 2, an ad's rate is its account's within a factor of about two. */
export const DEFAULT_STRENGTH = 2;
/** Shipped: accounts differ by their own size (CV 1), so one own event outweighs the default. */
const DEFAULT_ACCOUNT_STRENGTH = 1;
/**
 * Shipped global means: an ordinary feed ad's click rate and an ordinary shop's conversion rate.
 */
const DEFAULT_CTR = 0.01;
const DEFAULT_CVR = 0.02;
/** Conversions a prior value is worth: the account's against an ad's, a given one against it. */
export const VALUE_PRIOR_CONVERSIONS = 10;

export interface BeliefPrior {
  source: 'pattern' | 'niche' | 'global';
  /** Accounts behind it; 0 for shipped constants. */
  accounts: number;
  ctr: RateHyperPrior;
  cvr: RateHyperPrior;
  /** Minor units per conversion; null = not known. */
  valueMinor: number | null;
  beta: number;
}

/** Who is behind a prior, as the contract names it; 0 accounts = the shipped constants. */
export interface PriorSource {
  source: BeliefPrior['source'] | 'account';
  accounts: number;
  strength: number;
}

/** How ads of a creative pattern fare against the mean of their own account, as factors. */
export interface PatternLift {
  ctr: number;
  cvr: number;
  /** Accounts behind it. */
  accounts: number;
}

export const NO_LIFT: PatternLift = { ctr: 1, cvr: 1, accounts: 0 };

export const SHIPPED_PRIOR: BeliefPrior = {
  source: 'global',
  accounts: 0,
  ctr: {
    mean: DEFAULT_CTR,
    strength: DEFAULT_STRENGTH,
    accountStrength: DEFAULT_ACCOUNT_STRENGTH,
  },
  cvr: {
    mean: DEFAULT_CVR,
    strength: DEFAULT_STRENGTH,
    accountStrength: DEFAULT_ACCOUNT_STRENGTH,
  },
  valueMinor: null,
  beta: DEFAULT_BETA,
};
