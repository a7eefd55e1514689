// Shapes of a budget decision that every part of the room names. Money: integer minor units per
// day.
import type { ArmPosterior, CacheOutcome } from '../../learning/index.js';

export type AdStatus = 'active' | 'paused' | 'archived';
export type Action = 'scale' | 'hold' | 'reduce' | 'pause';

/** Lifetime figures as platforms show them: what the classic score and observed ROAS go by. */
export interface ClassicTotals {
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  revenueMinor: number | null;
  pipelineMinor: number | null;
}

export interface AllocationAd {
  adId: string;
  campaignId: string;
  status: AdStatus;
  /** The platform says that delivery is still being learnt; an edit would restart it. */
  learningPhase?: boolean;
  /** It keeps the budget it has: nobody may move it, or no move is as sure as the plan asks for. */
  locked?: boolean;
  unsure?: boolean;
  /** null = the object owns no budget that we know of; such an ad has no step limit. */
  currentMinor: number | null;
  minMinor: number | null;
  maxMinor: number | null;
  /** What the guards of execution would let through now, where the caller asked them. */
  reach?: { loMinor: number; hiMinor: number } | null;
  ageHours: number | null;
  posterior: ArmPosterior;
  totals: ClassicTotals;
  /** Similarity-weighted percentile of the ad's nearest own creatives, 0 when none. */
  dna?: number;
  /** 1 + 0.2·percentile of a matched shared pattern, 1 when none; and where both were found. */
  crossBoost?: number;
  cache?: CacheOutcome;
}

/** How to say a value that counts conversions: one is worth `valueMinor` by convention. */
export interface ConversionsAsValue {
  valueMinor: number;
  /** Rates are told per this much money, major units. */
  perMajor: number;
  perMinor: number;
}

export interface AllocationInput {
  /** Unix milliseconds, for the record: ages and posteriors are already as of it. */
  asOf: number;
  seed: number;
  totalMinor: number;
  /** Largest move of one budget in per cent; null = no limit. */
  maxStepPct: number | null;
  /** Joint draws, 200 when left out. */
  draws?: number;
  /** The classic rules pause nothing that has spent less than this. */
  killMinSpendMinor: number;
  /** Set when no revenue is known: value counts conversions. */
  conversionsAsValue?: ConversionsAsValue | null;
  ads: readonly AllocationAd[];
}

/** The classic score and its parts (contract, section 9). null = not known, never a zero. */
export interface ScoreParts {
  ctr: number | null;
  pipelineRoas: number | null;
  cashRoas: number | null;
  ctrWeight: number;
  roasWeight: number;
  blended: number;
  fatigue: number;
  dnaBoost: number;
  crossBoost: number;
  final: number;
  cache?: CacheOutcome;
}

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
