// What another policy would have been expected to earn from recorded budget decisions. Budgets are
// shares and were not randomised, so nothing can be weighed by propensities: both policies are put
// on the stored inputs and draws, and the model that formed these judges them. Paired, because the
// days differ far more than the policies do.
import { deciding } from '../decisions/decide.js';
import type { DecisionInputs } from '../decisions/decision-answer.js';
import type { Policy } from '../split/policy.js';
import { meanInterval, type MeanInterval } from './mean-interval.js';

/** Fewer paired days say nothing about the next. */
const DAYS_MIN = 7;

export const ASSUMPTIONS: readonly string[] = [
  'Values are expectations of the model that made the decisions, not outcomes: a belief that was ' +
    'wrong judges both policies wrongly.',
  'Each day starts from the budgets that really stood: what the policy would have changed the day ' +
    'before, and what it would have learned by it, is not carried on.',
  'Earnings follow the learned response curves, also at budgets that were never tried.',
];

export interface ReplayedDecision {
  /** The account's local day. */
  day: string;
  /** Expected value per day of the split as recorded, and of the policy's on the same draws. */
  recorded: number;
  candidate: number;
}

interface DayPair {
  day: string;
  decisions: number;
  recorded: number;
  candidate: number;
}

export interface BudgetReplay {
  days: DayPair[];
  recorded: MeanInterval;
  candidate: MeanInterval;
  difference: MeanInterval;
  /** Difference as a share of the recorded value. */
  lift: number | null;
  verdict: 'better' | 'worse' | null;
}

/** Expected value per day of the policy's split; null when it refuses these inputs. */
export function* earnedBy(inputs: DecisionInputs, policy: Policy): Generator<void, number | null> {
  const again = yield* deciding(inputs, policy);
  return 'code' in again ? null : again.expected.proposed;
}

export function budgetReplay(decisions: readonly ReplayedDecision[]): BudgetReplay {
  const byDay = new Map<string, ReplayedDecision[]>();
  for (const decision of decisions) {
    byDay.set(decision.day, [...(byDay.get(decision.day) ?? []), decision]);
  }
  const mean = (of: number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const days = [...byDay]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([day, made]): DayPair => ({
      day,
      decisions: made.length,
      recorded: mean(made.map(({ recorded }) => recorded)),
      candidate: mean(made.map(({ candidate }) => candidate)),
    }));
  const recorded = meanInterval(days.map((pair) => pair.recorded));
  const difference = meanInterval(days.map((pair) => pair.candidate - pair.recorded));
  return {
    days,
    recorded,
    candidate: meanInterval(days.map((pair) => pair.candidate)),
    difference,
    lift:
      recorded.mean !== null && recorded.mean > 0 ? (difference.mean ?? 0) / recorded.mean : null,
    verdict: verdictOf(difference, days.length),
  };
}

function verdictOf({ lo, hi }: MeanInterval, days: number): BudgetReplay['verdict'] {
  if (days < DAYS_MIN || lo === null || hi === null) return null;
  if (lo > 0) return 'better';
  return hi < 0 ? 'worse' : null;
}
