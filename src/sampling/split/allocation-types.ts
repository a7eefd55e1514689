// Shapes of a budget decision that every part of the room names. Money: integer minor units per
// day.
import type { ArmPosterior, CacheOutcome } from '../../learning/index.js';

type AdStatus = 'active' | 'paused' | 'archived';
export type Action = 'scale' | 'hold' | 'reduce' | 'pause';

/** Lifetime figures as platforms show them: what the classic score and observed ROAS go by. */
interface ClassicTotals {
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

export type * from './allocation-result.js';
export { isRefusal } from './allocation-result.js';
