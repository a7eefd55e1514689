// A number that accounts share, as it is published and stored: one shape for the rates of a niche,
// its patterns' lifts, its delays and its coupling, and how each is read back from it. Between
// publish (which writes them) and shared-knowledge (which beliefs ask).
import type { Metric } from './contribution.js';
import type { SharedLift, SharedRate } from './shared-rates.js';
import type { SharedBeta, SharedDelay } from './shared-shapes.js';

/** Niche of the numbers over all trades. */
export const ANY_NICHE = '';
/** Pattern of the rates over all creatives. */
export const ANY_PATTERN = '';

export type SharedMetric = Metric | 'delay' | 'beta';

/**
 * One shared number. A rate has `strength` and `accountStrength`, a pattern's lift and a delay have
 * `spread`, a β has its mean alone.
 */
export interface SharedNumber {
  metric: SharedMetric;
  niche: string;
  pattern: string;
  /** Accounts behind it, rounded down to fives; null = withdrawn. */
  accounts: number | null;
  /** A rate, with a pattern the factor on the account's mean; median hours of a delay; β. */
  mean: number | null;
  strength: number | null;
  accountStrength: number | null;
  /** Log sd: of what is not known of a factor, of the delays around their median. */
  spread: number | null;
}

export interface PublishedNumber extends SharedNumber {
  refreshedAt: Date;
}

export const WITHDRAWN = {
  accounts: null,
  mean: null,
  strength: null,
  accountStrength: null,
  spread: null,
};

export function keyOf({ metric, niche, pattern }: SharedNumber): string {
  return `${metric}\u0000${niche}\u0000${pattern}`;
}

export function rateOf(number: SharedNumber | undefined): SharedRate | null {
  const { accounts, mean, strength, accountStrength } = number ?? WITHDRAWN;
  if (accounts === null || mean === null || strength === null || accountStrength === null) {
    return null;
  }
  return { accounts, mean, strength, accountStrength };
}

export function liftOf(number: SharedNumber | undefined): SharedLift | null {
  const { accounts, mean, spread } = number ?? WITHDRAWN;
  return accounts === null || mean === null || spread === null
    ? null
    : { accounts, lift: mean, spread };
}

export function delayOf(number: SharedNumber | undefined): SharedDelay | null {
  const { accounts, mean, spread } = number ?? WITHDRAWN;
  return accounts === null || mean === null || spread === null
    ? null
    : { accounts, medianHours: mean, sigma: spread };
}

export function betaOf(number: SharedNumber | undefined): SharedBeta | null {
  const { accounts, mean } = number ?? WITHDRAWN;
  return accounts === null || mean === null ? null : { accounts, beta: mean };
}
