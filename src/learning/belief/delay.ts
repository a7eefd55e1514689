// How long after its click a conversion arrives. Recent clicks have not had time for the long
// delays, so observed delays look too short (right truncation): the plain empirical distribution of
// what has arrived would declare clicks mature that are not. The estimator below conditions each
// lag on the clicks old enough to have shown it.
import lognormalCdf from '@stdlib/stats-base-dists-lognormal-cdf';
import { Z95 } from '../../shared/normal.js';
import { LAG_BIN_HOURS, binsOf, lagBins, type DelayObservation } from './delay-bins.js';
import { SHIPPED_DELAY, type DelayShape } from './delay-shape.js';

/** Conversions the prior curve is worth: it shapes an account's first weeks and then yields. */
export const DELAY_PRIOR_WEIGHT = 20;

/** Share of the conversions of a click that have arrived `lagHours` after it; 95 % interval. */
interface DelayPoint {
  lagHours: number;
  cdf: number;
  lo: number;
  hi: number;
}

/** Ascending in even steps, the last point at the attribution window with cdf 1; F(0) = 0. */
export type DelayCurve = readonly DelayPoint[];

/** The shipped shape below, for an account of which nobody knows anything. */
export function defaultDelayCurve(windowDays: number): DelayCurve {
  return delayCurveOf(SHIPPED_DELAY, windowDays);
}

/** A log-normal, cut off at the window and scaled to 1 there. */
export function delayCurveOf({ medianHours, sigma }: DelayShape, windowDays: number): DelayCurve {
  const cdf = lognormalCdf.factory(Math.log(medianHours), sigma);
  const lags = lagBins(windowDays);
  const whole = cdf(windowDays * 24);
  return productLimit(
    lags,
    lags.map((lag) => cdf(lag) / whole),
    [],
  );
}

/**
 * The account's delay curve: Lynden-Bell's product limit for truncated data (1971), the actuaries'
 * chain ladder, with the prior curve F0 counted as κ = 20 conversions. Over the lag bins d,
 * N(d) = conversions with a delay in d, L(d) = with a delay up to the end of d, both among clicks
 * at least as old as that end: h(d) = (N(d) + κ·f0(d)) / (L(d) + κ·F0(d)),
 * F(d) = Π_{j>d} (1 − h(j)). Delays beyond the attribution window are not conversions here.
 */
export function estimateDelay(
  observations: readonly DelayObservation[],
  windowDays: number,
  prior: DelayCurve = defaultDelayCurve(windowDays),
): DelayCurve {
  const lags = lagBins(windowDays);
  const whole = cdfAt(prior, windowDays * 24) || 1;
  return productLimit(
    lags,
    lags.map((lag) => cdfAt(prior, lag) / whole),
    observations,
  );
}

function productLimit(
  lags: readonly number[],
  prior: readonly number[],
  observations: readonly DelayObservation[],
): DelayCurve {
  const count = lags.length;
  const inBin = new Float64Array(count);
  // Entries and exits of the risk sets; their running sum is L(d).
  const change = new Float64Array(count + 1);
  for (const observation of observations) {
    const { bin, ripe } = binsOf(observation, count);
    if (!(bin < ripe)) continue;
    const times = observation.count ?? 1;
    inBin[bin] = (inBin[bin] ?? 0) + times;
    change[bin] = (change[bin] ?? 0) + times;
    change[ripe] = (change[ripe] ?? 0) - times;
  }
  for (let bin = 1; bin < count; bin++) change[bin] = (change[bin] ?? 0) + (change[bin - 1] ?? 0);

  const points: DelayPoint[] = [];
  let cdf = 1;
  let variance = 0;
  for (let bin = count - 1; bin >= 0; bin--) {
    const spread = Math.exp(Z95 * Math.sqrt(variance));
    points.push({
      lagHours: lags[bin] ?? 0,
      cdf,
      lo: cdf / spread,
      hi: Math.min(1, cdf * spread),
    });
    const before = bin > 0 ? (prior[bin - 1] ?? 0) : 0;
    const risk = (change[bin] ?? 0) + DELAY_PRIOR_WEIGHT * (prior[bin] ?? 0);
    const events = (inBin[bin] ?? 0) + DELAY_PRIOR_WEIGHT * ((prior[bin] ?? 0) - before);
    if (risk <= 0 || bin === 0) continue;
    const hazard = Math.min(1, events / risk);
    cdf *= 1 - hazard;
    // Greenwood's formula on the log scale, run backwards.
    variance += hazard < 1 ? hazard / (risk * (1 - hazard)) : 0;
  }
  return points.reverse();
}

/**
 * F at an age, linear between the points; 0 at no age, 1 from the window on. No curve: no delay.
 */
export function cdfAt(curve: DelayCurve, ageHours: number): number {
  const step = curve[0]?.lagHours;
  if (step === undefined) return 1;
  if (!(ageHours > 0)) return 0;
  const position = ageHours / step;
  const bin = Math.floor(position);
  const upper = curve[bin];
  if (upper === undefined) return 1;
  const lower = bin > 0 ? (curve[bin - 1]?.cdf ?? 0) : 0;
  return lower + (upper.cdf - lower) * (position - bin);
}

/**
 * The chance that a conversion arrives D cohorts after the cohort of its click, D = 0, 1, ...: the
 * click lies anywhere in its cohort, so each mass is the mean of two neighbouring bins.
 */
export function lagMasses(curve: DelayCurve): number[] {
  const step = curve[0]?.lagHours ?? LAG_BIN_HOURS;
  return Array.from({ length: curve.length + 1 }, (_, lag) => {
    const earlier = lag > 0 ? cdfAt(curve, (lag - 1) * step) : 0;
    return (cdfAt(curve, (lag + 1) * step) - earlier) / 2;
  });
}
