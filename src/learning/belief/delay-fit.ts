// The delays of one account in two numbers. Truncation is part of the likelihood, on both sides:
// what lies beyond the attribution window is no conversion, and what recent clicks will still bring
// has not been seen. So accounts with windows of 7 and of 28 days speak of the same thing.
import lognormalCdf from '@stdlib/stats-base-dists-lognormal-cdf';
import { LAG_BIN_HOURS, binsOf, lagBins, type DelayObservation } from './delay-bins.js';
import {
  MEDIAN_HOURS_MAX,
  MEDIAN_HOURS_MIN,
  SHIPPED_DELAY,
  SIGMA_MAX,
  SIGMA_MIN,
  type DelayShape,
} from './delay-shape.js';
import { clip, sum } from './statistics.js';

export interface FittedDelay extends DelayShape {
  /** Conversions behind it. */
  conversions: number;
}

/**
 * Log sds of the prior around the shipped shape. A short window shows the beginning of a long delay
 * only, where many pairs of numbers fit alike; the prior then chooses the ordinary one.
 */
const MEDIAN_LOG_SD = 1;
const SIGMA_LOG_SD = 0.35;
/**
 * First step of the search in both logs, and the last: finer than any rounding of what is shared.
 */
const STEP_FIRST = 0.8;
const STEP_LAST = 0.005;
const PROBABILITY_MIN = 1e-12;

/**
 * Maximum a posteriori of the log-normal: Σ ln P(bin of the delay | not later than the age of the
 * click and the window). null without a conversion.
 */
export function fitDelay(
  observations: readonly DelayObservation[],
  windowDays: number,
): FittedDelay | null {
  const bins = lagBins(windowDays).length;
  const inBin = new Float64Array(bins);
  /** Conversions by the number of bins that their clicks were old enough to show. */
  const shownBins = new Float64Array(bins + 1);
  for (const observation of observations) {
    const { bin, ripe } = binsOf(observation, bins);
    if (!(bin < ripe)) continue;
    const times = observation.count ?? 1;
    inBin[bin] = (inBin[bin] ?? 0) + times;
    shownBins[ripe] = (shownBins[ripe] ?? 0) + times;
  }
  const conversions = sum(inBin, (count) => count);
  if (conversions <= 0) return null;
  const shape = likeliest((candidate) => logPosterior(candidate, inBin, shownBins));
  return { ...shape, conversions };
}

function logPosterior(
  { medianHours, sigma }: DelayShape,
  inBin: Float64Array,
  shownBins: Float64Array,
): number {
  const cdf = lognormalCdf.factory(Math.log(medianHours), sigma);
  let likelihood = 0;
  let before = 0;
  inBin.forEach((count, bin) => {
    const until = cdf((bin + 1) * LAG_BIN_HOURS);
    if (count > 0) likelihood += count * Math.log(Math.max(PROBABILITY_MIN, until - before));
    const shown = shownBins[bin + 1] ?? 0;
    if (shown > 0) likelihood -= shown * Math.log(Math.max(PROBABILITY_MIN, until));
    before = until;
  });
  const median = Math.log(medianHours / SHIPPED_DELAY.medianHours) / MEDIAN_LOG_SD;
  const spread = Math.log(sigma / SHIPPED_DELAY.sigma) / SIGMA_LOG_SD;
  return likelihood - (median ** 2 + spread ** 2) / 2;
}

/** Pattern search from the shipped shape: steps halve where no neighbour is better. */
function likeliest(logPosteriorOf: (shape: DelayShape) => number): DelayShape {
  let best = SHIPPED_DELAY;
  let highest = logPosteriorOf(best);
  for (let step = STEP_FIRST; step >= STEP_LAST;) {
    const [better] = neighbours(best, step)
      .map((shape) => ({ shape, value: logPosteriorOf(shape) }))
      .sort((left, right) => right.value - left.value);
    if (better && better.value > highest) {
      best = better.shape;
      highest = better.value;
    } else {
      step /= 2;
    }
  }
  return best;
}

function neighbours({ medianHours, sigma }: DelayShape, step: number): DelayShape[] {
  return [-1, 0, 1].flatMap((alongMedian) =>
    [-1, 0, 1].map((alongSigma) => ({
      medianHours: clip(
        medianHours * Math.exp(alongMedian * step),
        MEDIAN_HOURS_MIN,
        MEDIAN_HOURS_MAX,
      ),
      sigma: clip(sigma * Math.exp(alongSigma * step), SIGMA_MIN, SIGMA_MAX),
    })),
  );
}
