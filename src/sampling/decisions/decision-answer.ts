// A decision in the words of the contract: what callers get, what is stored, what a replay
// compares.
import { toMajor } from '../../shared/money.js';
import { mapped } from '../../shared/steps.js';
import { interval, rounded, scaleOf, type Scale } from './answer-units.js';
import type {
  AllocationInput,
  AllocationResult,
  Recommendation,
} from '../split/allocation-types.js';

/** Raised whenever the same inputs may give other numbers than before. */
export const POLICY_VERSION = '3';

export interface DecisionInputs {
  allocation: AllocationInput;
  currency: string;
  maxStepPct: number | null;
  /** The account's gate on P(better); the limits of the answer are zero steps when it closed. */
  minProbabilityBetter: number;
  /** Said of the split before its own notes. */
  notes?: string[];
}
export interface DecisionAnswer {
  policy: string;
  as_of: string;
  seed: number;
  total_budget: number;
  /** What `expected`, `marginal_value` and `expected_gain` count: without revenue, conversions. */
  value_unit: 'money' | 'conversions';
  recommendations: RecommendationAnswer[];
  left_out: { ad_id: string; reason: string }[];
  unallocated: { amount: number; reason: string } | null;
  expected: {
    /** Value per day, major units; null when a current budget is not known. */
    current: number | null;
    current_at_proposed_total: number | null;
    proposed: number;
    /** Without floors, ceilings and steps: the difference is what these cost. */
    uncapped: number;
    p_better: number | null;
    horizon_days: number;
  };
  notes: string[];
}

export interface RecommendationAnswer {
  ad_id: string;
  campaign_id: string;
  current_budget: number | null;
  recommended_budget: number;
  change_pct: number | null;
  probability_best: number;
  propensity: number;
  confidence: number;
  action: 'scale' | 'hold' | 'reduce' | 'pause';
  reason: string;
  explores: boolean;
  /** Value (see value_unit) of the next unit of money; 80 % interval over the draws. */
  marginal_value: { mean: number; lo: number; hi: number };
  /** Value per day of this move against the account's marginal unit; 80 % interval. */
  expected_gain: { mean: number; lo: number; hi: number };
  score: Record<string, number | string | null>;
}

export function* answerOf(
  result: AllocationResult,
  { currency, allocation, notes = [] }: DecisionInputs,
  extraNotes: string[] = [],
): Generator<void, DecisionAnswer> {
  const { expected, unallocated } = result;
  const scale = scaleOf(allocation, currency);
  const major = (minor: number | null) => (minor === null ? null : rounded(minor / scale.value, 6));
  return {
    policy: result.policy,
    as_of: new Date(result.asOf).toISOString(),
    seed: result.seed,
    total_budget: toMajor(result.totalMinor, currency),
    value_unit: allocation.conversionsAsValue ? 'conversions' : 'money',
    recommendations: yield* mapped(result.recommendations, (item) =>
      recommendation(item, currency, scale),
    ),
    left_out: result.leftOut.map(({ adId, reason }) => ({ ad_id: adId, reason })),
    unallocated: unallocated && {
      amount: toMajor(unallocated.amountMinor, currency),
      reason: unallocated.reason,
    },
    expected: {
      current: major(expected.currentMinorPerDay),
      current_at_proposed_total: major(expected.sameMoneyMinorPerDay),
      proposed: rounded(expected.proposedMinorPerDay / scale.value, 6),
      uncapped: rounded(expected.uncappedMinorPerDay / scale.value, 6),
      p_better: expected.pBetter,
      horizon_days: expected.horizonDays,
    },
    notes: [...notes, ...result.notes, ...extraNotes],
  };
}

function recommendation(
  { score, ...item }: Recommendation,
  currency: string,
  scale: Scale,
): RecommendationAnswer {
  return {
    ad_id: item.adId,
    campaign_id: item.campaignId,
    current_budget: item.currentMinor === null ? null : toMajor(item.currentMinor, currency),
    recommended_budget: toMajor(item.recommendedMinor, currency),
    change_pct: item.changePct === null ? null : rounded(item.changePct, 4),
    probability_best: item.probabilityBest,
    propensity: rounded(item.propensity, 9),
    confidence: item.confidence,
    action: item.action,
    reason: item.reason,
    explores: item.explores,
    marginal_value: interval(item.marginal, scale.marginal),
    expected_gain: interval(item.gainMinor, scale.value),
    score: {
      ctr: score.ctr,
      pipeline_roas: score.pipelineRoas,
      cash_roas: score.cashRoas,
      ctr_weight: score.ctrWeight,
      roas_weight: score.roasWeight,
      blended: score.blended,
      fatigue: score.fatigue,
      dna_boost: score.dnaBoost,
      cross_boost: score.crossBoost,
      final: score.final,
      ...(score.cache && { cache: score.cache }),
    },
  };
}
