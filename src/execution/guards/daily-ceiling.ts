// The absolute ceiling of an account and day. Pure. What a platform may spend on a day follows the
// highest budget that stood on it, so every object counts with its highest of the day: cutting one
// and raising another makes room only tomorrow. The worse mistake is to overspend.
import type { Deferral, Refusal } from './guard-rules.js';

/** Meta may spend up to 75 % more than a daily budget on a day (Meta's help page, 2026). */
export const WORST_CASE_FACTOR = 1.75;

/** Minor units; an object that does not run counts 0. */
export interface DayBudget {
  /** What is live, or may be by now because a write of it is under way. */
  liveMinor: number;
  /** The highest of the account's day so far, never below `liveMinor`. */
  highMinor: number;
}

export type DayBudgets = ReadonlyMap<string, DayBudget>;

/** A budget that stood on the day, or, `isUnderWay`, one that is just being written. */
export interface DayMove {
  adId: string;
  minor: number;
  isUnderWay: boolean;
}

export function dayBudgets(
  running: Iterable<{ adId: string; dailyBudgetMinor: number | null }>,
  moves: readonly DayMove[],
): Map<string, DayBudget> {
  const budgets = new Map<string, DayBudget>();
  for (const { adId, dailyBudgetMinor } of running) {
    budgets.set(adId, { liveMinor: dailyBudgetMinor ?? 0, highMinor: dailyBudgetMinor ?? 0 });
  }
  for (const { adId, minor, isUnderWay } of moves) {
    const { liveMinor, highMinor } = budgets.get(adId) ?? { liveMinor: 0, highMinor: 0 };
    budgets.set(adId, {
      liveMinor: isUnderWay ? Math.max(liveMinor, minor) : liveMinor,
      highMinor: Math.max(highMinor, minor),
    });
  }
  return budgets;
}

export interface CeilingFacts {
  ceilingMinor: number;
  budgets: DayBudgets;
  millisToDayEnd: number;
}

/** What an object may spend after a change, or null when the change lets it spend no more. */
export function spendsMinor(
  change: { changeType: string; requestedMinor: number | null; requestedStatus: string | null },
  live: { status: string; dailyBudgetMinor: number | null },
): number | null {
  const starts = change.requestedStatus === 'active' && live.status !== 'active';
  if (starts) return live.dailyBudgetMinor;
  const isRaise =
    change.changeType === 'budget' &&
    live.status === 'active' &&
    (change.requestedMinor ?? 0) > (live.dailyBudgetMinor ?? 0);
  return isRaise ? change.requestedMinor : null;
}

/** Whether an object may carry `toMinor` today; null = it may. */
export function ceilingVerdict(
  adId: string,
  toMinor: number,
  { ceilingMinor, budgets, millisToDayEnd }: CeilingFacts,
): Deferral | ({ kind: 'blocked' } & Refusal) | null {
  const own = budgets.get(adId)?.highMinor ?? 0;
  if (toMinor <= own) return null;
  const day = sum(budgets, 'highMinor') - own + toMinor;
  if (day <= ceilingMinor) return null;
  const code = 'execution.daily_spend_ceiling';
  const detail =
    `the budgets of the day would add up to ${day} minor units, the ceiling is ${ceilingMinor} ` +
    `(worst case of such a day: ${worstOf(day)})`;
  const live = sum(budgets, 'liveMinor') - (budgets.get(adId)?.liveMinor ?? 0);
  if (live + toMinor > ceilingMinor) return { kind: 'blocked', code, detail };
  // What was cut today still counts today; tomorrow it does not.
  return { kind: 'deferred', code, detail, waitMillis: Math.max(1, millisToDayEnd) };
}

/** The budgets as they are once an object carries `toMinor`. */
export function withBudget(budgets: DayBudgets, adId: string, toMinor: number): DayBudgets {
  const highMinor = Math.max(toMinor, budgets.get(adId)?.highMinor ?? 0);
  return new Map(budgets).set(adId, { liveMinor: toMinor, highMinor });
}

/** A budget that no other budget could make room for; asked at the door. */
export function aloneAboveCeiling(
  requestedMinor: number | null,
  ceilingMinor: number | null,
): Refusal | null {
  if (requestedMinor === null || ceilingMinor === null || requestedMinor <= ceilingMinor) {
    return null;
  }
  const detail =
    `${requestedMinor} minor units alone are above the account's daily ceiling of ${ceilingMinor} ` +
    `(worst case of such a day: ${worstOf(requestedMinor)})`;
  return { code: 'execution.daily_spend_ceiling', detail };
}

export function worstOf(minor: number): number {
  return Math.ceil(minor * WORST_CASE_FACTOR);
}

export function sum(budgets: DayBudgets, figure: keyof DayBudget): number {
  return [...budgets.values()].reduce((total, budget) => total + budget[figure], 0);
}
