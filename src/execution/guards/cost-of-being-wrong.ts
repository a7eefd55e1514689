// What a change can cost if it is wrong, for the person who answers for the money. Pure.
//
//   worst case = max(0, budget after − budget before) × DAYS × 1.75
//
// in minor units: 1.75 because the platform may spend so much of a daily budget on a day, DAYS
// until the next decision can correct it. A cut or a stop spends nothing more: what it can cost is
// the value that its decision counts with, which the decision itself states (`expected_gain`, with
// its interval).
import { WORST_CASE_FACTOR } from './daily-ceiling.js';
import type { ObjectImage, RequestedValue } from '../objects/object-image.js';

/** Every scope of a plan is decided once on each day of the account. */
export const DAYS_UNTIL_NEXT_DECISION = 1;

export interface SpendAtStake {
  /** By how much the daily budget that runs grows; negative for a cut or a stop. */
  perDayMinor: number;
  /** Never negative. */
  worstCaseExtraMinor: number;
}

/** null where no budget is known, or for a bid: what it costs is bounded by the budget alone. */
export function spendAtStake(
  change: RequestedValue,
  before: Pick<ObjectImage, 'status' | 'dailyBudgetMinor'>,
): SpendAtStake | null {
  const { changeType, requestedMinor, requestedStatus } = change;
  const { dailyBudgetMinor: budget } = before;
  if (changeType === 'bid' || budget === null) return null;
  const runs = before.status === 'active';
  const runsThen = changeType === 'status' ? requestedStatus === 'active' : runs;
  const after = changeType === 'budget' ? (requestedMinor ?? 0) : budget;
  const perDayMinor = (runsThen ? after : 0) - (runs ? budget : 0);
  const worst = Math.max(0, perDayMinor) * DAYS_UNTIL_NEXT_DECISION * WORST_CASE_FACTOR;
  return { perDayMinor, worstCaseExtraMinor: Math.ceil(worst) };
}
