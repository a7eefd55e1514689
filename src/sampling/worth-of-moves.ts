// What moving one ad's budget is worth against the account's marginal unit of money, on the same draws
// that the split was made from.
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
): Float64Array {
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
 * One ad's move against the account's marginal unit of money in the same draw (`prices`): up is right
 * where its own marginal value at the reference, m/(1 + b/s), stands above that.
 */
export function weighMove(
  draws: Draws,
  prices: Float64Array,
  arm: number,
  reference: number,
  proposed: number,
): MoveWeight {
  const { count, worth, scale } = draws;
  const marginals = new Float64Array(count);
  const gains = new Float64Array(count);
  let up = 0;
  let down = 0;
  let after = 0;
  for (let k = 0; k < count; k += 1) {
    const m = worth[arm * count + k]!;
    const s = scale[arm * count + k]!;
    const price = prices[k]!;
    const marginal = m / (1 + reference / s);
    if (marginal > price * (1 + 1e-9)) up += 1;
    else if (marginal < price * (1 - 1e-9)) down += 1;
    marginals[k] = marginal;
    after += m / (1 + proposed / s);
    gains[k] =
      proposed === reference
        ? 0
        : m * s * (Math.log1p(proposed / s) - Math.log1p(reference / s)) -
          price * (proposed - reference);
  }
  return {
    up: up / count,
    down: down / count,
    marginal: intervalOf(marginals),
    marginalAfter: after / count,
    gainMinor: intervalOf(gains),
  };
}
