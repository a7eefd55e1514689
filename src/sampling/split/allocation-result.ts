// What a budget decision says. Money: integer minor units per day.
import type { Action, ScoreParts } from './allocation-types.js';

export interface Interval {
  mean: number;
  /** 10 % and 90 % quantiles over the draws. */
  lo: number;
  hi: number;
}

export interface Recommendation {
  adId: string;
  campaignId: string;
  currentMinor: number | null;
  /**
   * What the move is measured from: the current budget, else the ad's part of the spend, else null.
   */
  referenceMinor: number | null;
  recommendedMinor: number;
  /** Against `referenceMinor`; null where that is null or 0. */
  changePct: number | null;
  /** Share of draws in which its first unit of money is the account's best. */
  probabilityBest: number;
  /** Share of the money the policy wants for it before floors, ceilings and steps. */
  propensity: number;
  /** Probability, on the same draws, that moving the ad in this direction raises value. */
  confidence: number;
  action: Action;
  reason: string;
  /** The split is expected to earn less and this ad is one that it pays to learn about. */
  explores: boolean;
  /** Value of the next unit of money at the reference budget, per unit of money. */
  marginal: Interval;
  /** Value per day of this move over the same money at the account's marginal unit. */
  gainMinor: Interval;
  score: ScoreParts;
}

export interface Expected {
  /** Value per day of the reference budgets as they stand; null when one of them is not known. */
  currentMinorPerDay: number | null;
  /** The same split carried to the proposed sum, so that two splits of equal money are compared. */
  sameMoneyMinorPerDay: number | null;
  proposedMinorPerDay: number;
  /** The policy's split without floors, ceilings and steps: what these cost is the difference. */
  uncappedMinorPerDay: number;
  /** Share of draws in which the proposed split earns more than the current one at equal money. */
  pBetter: number | null;
  horizonDays: number;
}

export interface AllocationResult {
  policy: string;
  asOf: number;
  seed: number;
  totalMinor: number;
  /** Live ads in the order of the input. */
  recommendations: Recommendation[];
  /** Paused and archived ads: no money, no belief asked. */
  leftOut: { adId: string; reason: string }[];
  /** Negative when step limits or frozen ads keep the sum above the total. */
  unallocated: { amountMinor: number; reason: string } | null;
  expected: Expected;
  /**
   * Sentences on the split as a whole: exploration, what the limits cost. Empty when nothing to
   * say.
   */
  notes: string[];
}

export interface Refusal {
  code: 'sampling.no_ads' | 'sampling.below_floors' | 'sampling.improper_belief';
  detail: string;
}

export function isRefusal(outcome: AllocationResult | Refusal): outcome is Refusal {
  return 'code' in outcome;
}
