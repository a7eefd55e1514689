// A number that accounts share, as it is published and stored.
import type { Metric } from './contribution.js';

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
