// What more money buys from one ad: impressions(b) = (s/c)·ln(1 + b/s), so the mean cost of an
// impression rises with the daily spend b about as c·(1 + b/(2s)). A few days of nearly equal spend
// cannot tell c from s; the ridge keeps s near half of the whole budget until they can.
import { Z95 } from '../../shared/normal.js';
import type { ResponsePosterior } from './posterior.js';
import { clip, sum } from './statistics.js';

/** One day of one ad. */
export interface SpendPoint {
  spendMinor: number;
  impressions: number;
  ageDays: number;
  /** 0 to 1, less for a day that is still running. */
  weight: number;
}

/** What the account expects of an ad without days of its own. */
export interface ResponsePrior {
  /** Minor units per impression at `spendMinor` a day. */
  cost: number;
  spendMinor: number;
  /** Half of the total daily budget, minor units. */
  saturation: number;
}

/** Costs of a month ago belong to another season's auction. */
const HALF_LIFE_DAYS = 28;
/** A day counts by n/(n + 1000): below a thousand impressions one dear auction moves its mean. */
const RELIABLE_IMPRESSIONS = 1000;
/** Relative noise of a day's cost (demand), and of the cost between the ads of an account. */
const DAY_NOISE = 0.15;
const AD_NOISE = 0.3;
/** Days the shipped day noise is worth against the residuals. */
const NOISE_PRIOR_DAYS = 4;
/** The ridge's weight in units of s0²: half a budget's spread of spend outweighs the prior. */
const RIDGE = 0.25;
const CLIP_LOW = 0.25;
const CLIP_HIGH = 6;

/** Weighted ridge of cost per impression on daily spend; 95 % interval for s, finite always. */
export function fitResponse(
  points: readonly SpendPoint[],
  prior: ResponsePrior,
): ResponsePosterior {
  const days = points
    .filter((point) => point.spendMinor > 0 && point.impressions > 0)
    .map((point) => ({
      spend: point.spendMinor,
      cost: point.spendMinor / point.impressions,
      weight:
        (point.weight * 2 ** (-point.ageDays / HALF_LIFE_DAYS) * point.impressions) /
        (point.impressions + RELIABLE_IMPRESSIONS),
    }));
  const weight = sum(days, (day) => day.weight);
  const meanOf = (of: (day: (typeof days)[number]) => number, otherwise: number) =>
    weight > 0 ? sum(days, (day) => day.weight * of(day)) / weight : otherwise;
  const ownSpend = meanOf((day) => day.spend, prior.spendMinor);
  const ownCost = meanOf((day) => day.cost, prior.cost);

  // The level is shrunk to the account's by its precision, on the log scale.
  const priorWeight = DAY_NOISE ** 2 / AD_NOISE ** 2;
  const trust = weight / (weight + priorWeight);
  const level = Math.exp(trust * Math.log(ownCost) + (1 - trust) * Math.log(prior.cost));
  const spend = trust * ownSpend + (1 - trust) * prior.spendMinor;

  const ridge = RIDGE * prior.saturation ** 2;
  const priorSlope = level / (2 * prior.saturation + spend);
  const variation = sum(days, (day) => day.weight * (day.spend - ownSpend) ** 2) + ridge;
  const covariation = sum(
    days,
    (day) => day.weight * (day.spend - ownSpend) * (day.cost - ownCost),
  );
  const slope = (covariation + ridge * priorSlope) / variation;
  const residuals = sum(
    days,
    (day) => day.weight * (day.cost - ownCost - slope * (day.spend - ownSpend)) ** 2,
  );
  const noise =
    (NOISE_PRIOR_DAYS * (DAY_NOISE * level) ** 2 + residuals) / (NOISE_PRIOR_DAYS + weight);
  const slopeError = Math.sqrt(noise / variation);

  // c = level − slope·spend and slope = c/(2s): s falls as the slope rises, flat or less is the
  // clip.
  const saturationOf = (steepness: number) =>
    clip(
      steepness > 0 ? (level / steepness - spend) / 2 : Infinity,
      CLIP_LOW * prior.saturation,
      CLIP_HIGH * prior.saturation,
    );
  const saturation = saturationOf(slope);
  return {
    cost: level / (1 + spend / (2 * saturation)),
    costLogSd: Math.sqrt(1 / (weight / (noise / level ** 2) + 1 / AD_NOISE ** 2)),
    saturation,
    saturationLo: saturationOf(slope + Z95 * slopeError),
    saturationHi: saturationOf(slope - Z95 * slopeError),
  };
}

/** Mean cost of an impression at a daily spend. */
export function meanCost(response: ResponsePosterior, spendMinor: number): number {
  return response.cost * (1 + spendMinor / (2 * response.saturation));
}
