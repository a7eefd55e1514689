// How much of a day's budget an objective lets a scope spend. Returns diminish, so the mean return
// of a well spread budget falls as it grows: a target is kept by spending less, never by spending
// more.
import type { ArmPosterior } from '../../learning/index.js';
import { waterFill } from '../../shared/water-filling.js';

export interface Target {
  /** Value per unit of spend, or conversions per minor unit of it: at least this on average. */
  returnMin: number;
  counts: 'value' | 'conversions';
}

/** Halvings until the answer is exact to a minor unit of any budget. */
const HALVINGS = 60;

/**
 * The largest total up to `totalMinor` whose best spread returns the target on average by the
 * posterior means; 0 when not even the first unit does. An ad without a proper belief adds nothing.
 */
export function spendWithinTarget(
  arms: readonly ArmPosterior[],
  totalMinor: number,
  { returnMin, counts }: Target,
): number {
  const curves = arms.map(({ ctr, cvr, value, response }) => ({
    worth:
      ((ctr.shape / ctr.rate) * (cvr.shape / cvr.rate) * (counts === 'value' ? value.mean : 1)) /
      response.cost,
    scale: response.saturation,
  }));
  const returns = (total: number): number => {
    const budgets = waterFill(curves, total);
    const value = curves.reduce(
      (sum, { worth, scale }, i) => sum + worth * scale * Math.log1p((budgets[i] ?? 0) / scale),
      0,
    );
    return value / total;
  };
  if (totalMinor === 0 || returns(totalMinor) >= returnMin) return totalMinor;
  let enough = 0;
  let tooMuch = totalMinor;
  for (let step = 0; step < HALVINGS && tooMuch - enough > 0.5; step += 1) {
    const middle = (enough + tooMuch) / 2;
    if (returns(middle) >= returnMin) enough = middle;
    else tooMuch = middle;
  }
  return Math.floor(enough);
}
