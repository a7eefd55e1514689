// What moving one ad's budget is worth against the account's marginal unit of money, on the same
// draws that the split was made from.
import { mapped } from '../../shared/steps.js';
import type { Interval } from './allocation-types.js';
import type { Bounds } from './constraints.js';
import { spendable, type Draws } from './draws.js';
import { intervalOf } from './interval.js';
import { waterLevels } from './water-level.js';

/**
 * Per draw, what a unit of money is worth where the limits let it go: the water level within the
 * bounds. Against the level without limits every capped move would look wrong, since the money
 * cannot reach the ads that the free optimum would feed. Where the bounds leave nothing to choose,
 * the level of the proposed sum without them.
 */
export function pricesWithin(
  draws: Draws,
  bounds: readonly Bounds[],
  proposed: Float64Array,
): Generator<void, Float64Array> {
  const sum = proposed.reduce((total, budget) => total + budget, 0);
  const lowest = bounds.reduce((total, { lo }) => total + lo, 0);
  const highest = bounds.reduce((total, { hi }) => total + hi, 0);
  const choice = lowest < sum && sum < highest;
  return waterLevels(draws, spendable(sum), choice ? bounds : null);
}

export interface MoveWeight {
  /** Probability that more money than the reference, or less, would raise value. */
  up: number;
  down: number;
  marginal: Interval;
  /** Mean marginal value at the proposed budget: what exploration is recognised by. */
  marginalAfter: number;
  gainMinor: Interval;
}

/**
 * Each ad's move against the account's marginal unit of money in the same draw (`prices`): up is
 * right where its own marginal value at the reference, m/(1 + b/s), stands above that.
 */
export function weighMoves(
  draws: Draws,
  prices: Float64Array,
  references: readonly (number | null)[],
  proposed: readonly number[],
): Generator<void, MoveWeight[]> {
  // Reused: two fresh arrays for each of 10,000 ads keep the garbage collector busy.
  const marginals = new Float64Array(draws.count);
  const gains = new Float64Array(draws.count);
  return mapped(proposed, (budget, arm) => {
    const reference = references[arm] ?? 0;
    const { up, down, after } = weigh(draws, prices, { arm, reference, budget }, marginals, gains);
    const { count } = draws;
    return {
      up: up / count,
      down: down / count,
      marginal: intervalOf(marginals),
      marginalAfter: after / count,
      gainMinor: intervalOf(gains),
    };
  });
}

function weigh(
  { count, worth, scale }: Draws,
  prices: Float64Array,
  move: { arm: number; reference: number; budget: number },
  marginals: Float64Array,
  gains: Float64Array,
): { up: number; down: number; after: number } {
  const { arm, reference, budget } = move;
  let up = 0;
  let down = 0;
  let after = 0;
  for (let k = 0, at = arm * count; k < count; k += 1, at += 1) {
    const m = worth[at]!;
    const s = scale[at]!;
    const price = prices[k]!;
    const marginal = m / (1 + reference / s);
    if (marginal > price * (1 + 1e-9)) up += 1;
    else if (marginal < price * (1 - 1e-9)) down += 1;
    marginals[k] = marginal;
    after += m / (1 + budget / s);
    gains[k] =
      budget === reference
        ? 0
        : m * s * (Math.log1p(budget / s) - Math.log1p(reference / s)) -
          price * (budget - reference);
  }
  return { up, down, after };
}
