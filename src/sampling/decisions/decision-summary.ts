// What lists show of a decision: counts instead of what grows with the account.
import type { DecisionAnswer } from './decision-answer.js';

export interface DecisionSummary extends Pick<
  DecisionAnswer,
  'total_budget' | 'value_unit' | 'unallocated' | 'expected' | 'notes'
> {
  /** Ads with a recommendation, by what it asks of them, and ads that were left out. */
  counts: Record<'ads' | 'scale' | 'hold' | 'reduce' | 'pause' | 'left_out', number>;
}

export function summaryOf(answer: DecisionAnswer): DecisionSummary {
  const { total_budget, value_unit, recommendations, left_out, unallocated, expected, notes } =
    answer;
  const counts = { ads: recommendations.length, scale: 0, hold: 0, reduce: 0, pause: 0 };
  for (const { action } of recommendations) counts[action] += 1;
  return {
    ...{ total_budget, value_unit, counts: { ...counts, left_out: left_out.length } },
    ...{ unallocated, expected, notes },
  };
}
