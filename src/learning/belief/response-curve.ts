// The value an ad is believed to bring at other budgets, by joint draws of its posteriors.
import { Z95 } from '../../shared/normal.js';
import type { Random } from '../../shared/random.js';
import type { ArmPosterior } from './posterior.js';
import { meanCost } from './response.js';
import { clip, quantile, sum } from './statistics.js';

export interface CurvePoint {
  budgetMinor: number;
  /** Minor units per day. */
  value: number;
  lo: number;
  hi: number;
}

/**
 * Value per day over daily budgets, m·s·ln(1 + b/s) with m = ctr·cvr·value/cost, over joint draws:
 * mean and 95 % interval. The draws of s keep the mean cost at today's spend, which is what has
 * been observed; c alone is known only together with s.
 */
export function responseCurve(
  arm: ArmPosterior,
  spendMinor: number,
  budgetsMinor: readonly number[],
  random: Random,
  draws = 400,
): CurvePoint[] {
  const { saturation, saturationLo, saturationHi, costLogSd } = arm.response;
  const level = meanCost(arm.response, spendMinor);
  const logSd = Math.log(saturationHi / saturationLo) / (2 * Z95);
  const arms = Array.from({ length: draws }, () => {
    const scale = clip(saturation * Math.exp(random.normal(0, logSd)), saturationLo, saturationHi);
    const cost = (level / (1 + spendMinor / (2 * scale))) * Math.exp(random.normal(0, costLogSd));
    return { scale, worth: drawEarnings(arm, random) / cost };
  });
  return budgetsMinor.map((budgetMinor) => {
    const values = Float64Array.from(
      arms,
      ({ scale, worth }) => worth * scale * Math.log1p(budgetMinor / scale),
    ).sort();
    return {
      budgetMinor,
      value: sum(values, (value) => value) / draws,
      lo: quantile(values, 0.025),
      hi: quantile(values, 0.975),
    };
  });
}

/** One joint draw of what an impression earns: ctr·cvr·value, minor units. */
export function drawEarnings(arm: ArmPosterior, random: Random): number {
  const ctr = random.gamma(arm.ctr.shape, arm.ctr.rate);
  const cvr = random.gamma(arm.cvr.shape, arm.cvr.rate);
  return ctr * cvr * arm.value.mean * Math.exp(random.normal(0, arm.value.logSd));
}
