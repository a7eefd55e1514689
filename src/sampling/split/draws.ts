// K joint draws of what each ad's first unit of money is worth and how fast that falls. Every
// policy, confidence and expected value of one decision is read off the same draws, so they agree
// with each other. Each ad has its own stream, so its draws do not depend on which ads stand beside
// it.
import type { ArmPosterior } from '../../learning/index.js';
import { Z95 } from '../../shared/normal.js';
import { ReseedableRandom } from '../../shared/reseedable-random.js';
import { inChunks } from '../../shared/steps.js';
import type { AllocationAd } from './allocation-types.js';
import { waterLevels, type ArmMatrix } from './water-level.js';

/**
 * 100 draws reach the plateau of value earned (bandits, finding 3); 200 halve the remaining noise.
 */
const DRAWS_DEFAULT = 200;

export interface Draws extends ArmMatrix {
  /**
   * Per draw, the marginal value of money where the total is spread at its best, without limits.
   */
  level: Float64Array;
}

export function* drawArms(
  ads: readonly AllocationAd[],
  seed: number,
  totalMinor: number,
  count: number = DRAWS_DEFAULT,
): Generator<void, Draws> {
  const arms = ads.length;
  const worth = new Float64Array(arms * count);
  const scale = new Float64Array(arms * count);
  const random = new ReseedableRandom();
  yield* inChunks(arms, (from, to) => {
    for (let arm = from; arm < to; arm += 1) {
      const { adId, posterior } = ads[arm] as AllocationAd;
      random.start(seed, adId);
      const [first, end] = [arm * count, (arm + 1) * count];
      drawArm(random, posterior, worth.subarray(first, end), scale.subarray(first, end));
    }
  });
  const matrix = { arms, count, worth, scale };
  return { ...matrix, level: yield* waterLevels(matrix, spendable(totalMinor), null) };
}

/** Shares of no money are those of the very first unit. */
export function spendable(totalMinor: number): number {
  return Math.max(1, totalMinor);
}

/**
 * worth = ctr·θ·v/c (bandits, step 5) with ctr, θ ~ Gamma and log-normal value v and cost c; the
 * two log-normals are independent, so one normal with the added variances draws their quotient.
 */
function drawArm(
  random: ReseedableRandom,
  posterior: ArmPosterior,
  worth: Float64Array,
  scale: Float64Array,
): void {
  const { ctr, cvr, value, response } = posterior;
  const valueOverCost = value.mean / response.cost;
  const logSd = Math.hypot(value.logSd, response.costLogSd);
  const scaleLogSd = saturationLogSd(posterior);
  for (let k = 0; k < worth.length; k += 1) {
    const rates = random.gamma(ctr.shape, ctr.rate) * random.gamma(cvr.shape, cvr.rate);
    const noise = logSd > 0 ? Math.exp(logSd * random.normal(0, 1)) : 1;
    worth[k] = rates * valueOverCost * noise;
    const spread = scaleLogSd > 0 ? Math.exp(scaleLogSd * random.normal(0, 1)) : 1;
    scale[k] = response.saturation * spread;
  }
}

/** The interval of s, read as the 95 % interval of a log-normal. */
function saturationLogSd({ response }: ArmPosterior): number {
  const { saturationLo, saturationHi } = response;
  if (!(saturationLo > 0) || !(saturationHi > saturationLo) || !Number.isFinite(saturationHi)) {
    return 0;
  }
  return Math.log(saturationHi / saturationLo) / (2 * Z95);
}

/** Mean worth of the first unit of money: what a certainty-equivalent policy goes by. */
export function meanWorth({ ctr, cvr, value, response }: ArmPosterior): number {
  return ((ctr.shape / ctr.rate) * (cvr.shape / cvr.rate) * value.mean) / response.cost;
}

/** Whether a belief can be drawn from at all; without that every number after it would be NaN. */
export function isProper({ ctr, cvr, value, response }: ArmPosterior): boolean {
  const positive = [
    ctr.shape,
    ctr.rate,
    cvr.shape,
    cvr.rate,
    response.cost,
    response.saturation,
  ].every((x) => Number.isFinite(x) && x > 0);
  const spread = [value.mean, value.logSd, response.costLogSd].every(
    (x) => Number.isFinite(x) && x >= 0,
  );
  return positive && spread;
}
