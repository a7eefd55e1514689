// Which moves of a played account mattered. Daily steps are small and build on each other, so the
// steps of one ad in one direction are one move. What a move brought is found by playing the same
// days again without it: possible only because the world is simulated and repeats itself draw by
// draw.
import { advanceWorld, expectedEarnedValue, type SandboxWorld } from '../../platforms/index.js';
import { MILLIS_PER_DAY } from '../../shared/time.js';
import { setBudgets } from './contest.js';

/** One day of a played account: the budgets before and after its decision, minor units. */
export interface PlayedDay {
  /** Unix milliseconds of the decision. */
  at: number;
  before: Record<string, number>;
  after: Record<string, number>;
  reasons: Record<string, string>;
}

export interface Move {
  adId: string;
  /** Indices of the first and last day with a step. */
  firstDay: number;
  lastDay: number;
  steps: number;
  fromMinor: number;
  toMinor: number;
  /** The reason of the first step. */
  reason: string;
}

export interface WeighedMove extends Move {
  /**
   * Expected value by the end that the same days without the move would not have had, minor units.
   */
  broughtMinor: number;
}

/** Runs of steps in one direction; a day without a step does not end one, a step back does. */
export function movesOf(days: readonly PlayedDay[]): Move[] {
  const open = new Map<string, Move>();
  const moves: Move[] = [];
  days.forEach((day, index) => {
    for (const [adId, toMinor] of Object.entries(day.after)) {
      const fromMinor = day.before[adId] ?? toMinor;
      if (toMinor === fromMinor) continue;
      const running = open.get(adId);
      if (
        running &&
        Math.sign(running.toMinor - running.fromMinor) === Math.sign(toMinor - fromMinor)
      ) {
        Object.assign(running, { lastDay: index, steps: running.steps + 1, toMinor });
        continue;
      }
      const reason = day.reasons[adId] ?? '';
      const move = { adId, firstDay: index, lastDay: index, steps: 1, fromMinor, toMinor, reason };
      open.set(adId, move);
      moves.push(move);
    }
  });
  return moves;
}

/** The world after all days with these budgets set at the start of each. */
export function replay(
  start: SandboxWorld,
  days: readonly PlayedDay[],
  budgetsOn: (day: PlayedDay, index: number) => Record<string, number> = (day) => day.after,
): SandboxWorld {
  return days.reduce(
    (world, day, index) =>
      advanceWorld(setBudgets(world, budgetsOn(day, index)), day.at + MILLIS_PER_DAY),
    start,
  );
}

/** All moves, the one that brought most first. */
export function weighMoves(start: SandboxWorld, days: readonly PlayedDay[]): WeighedMove[] {
  const earned = expectedEarnedValue(replay(start, days));
  return movesOf(days)
    .map((move) => {
      const without = replay(start, days, (_, index) => budgetsWithout(move, days, index));
      return { ...move, broughtMinor: earned - expectedEarnedValue(without) };
    })
    .sort((left, right) => right.broughtMinor - left.broughtMinor);
}

/**
 * The budgets of a day had the move not been made: its money lies with the other ads, by their
 * size.
 */
export function budgetsWithout(
  move: Move,
  days: readonly PlayedDay[],
  index: number,
): Record<string, number> {
  const budgets = { ...days[index]?.after };
  const own = budgets[move.adId];
  if (own === undefined || index < move.firstDay) return budgets;
  let moved = 0;
  for (let day = move.firstDay; day <= Math.min(index, move.lastDay); day += 1) {
    const { before, after } = days[day] as PlayedDay;
    moved += (after[move.adId] ?? 0) - (before[move.adId] ?? 0);
  }
  const others = Object.keys(budgets).filter((adId) => adId !== move.adId);
  const rest = others.reduce((sum, adId) => sum + (budgets[adId] ?? 0), 0);
  // The others can give up no more than they have.
  const back = Math.max(-rest, Math.min(own, moved));
  budgets[move.adId] = own - back;
  if (rest > 0) Object.assign(budgets, spread(budgets, others, rest, back));
  return budgets;
}

/** Each of the others by its share of the rest, rounded so that the sum holds to the minor unit. */
function spread(
  budgets: Record<string, number>,
  others: readonly string[],
  rest: number,
  amount: number,
): Record<string, number> {
  let passed = 0;
  let given = 0;
  return Object.fromEntries(
    others.map((adId) => {
      passed += budgets[adId] ?? 0;
      const until = Math.round((amount * passed) / rest);
      const part = until - given;
      given = until;
      return [adId, Math.max(0, (budgets[adId] ?? 0) + part)];
    }),
  );
}
