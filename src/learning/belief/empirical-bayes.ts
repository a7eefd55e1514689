// What the ads of an account know about each other: a prior for every ad's rate, learned by moments
// from the account's own ads. A prior that is too tight costs more than one too wide, so the
// estimated concentration is halved, and little evidence leaves it at the shipped default.
import type { GammaPosterior } from './posterior.js';
import { clip, sum } from './statistics.js';

/** Events (clicks, conversions) of one ad on its exposure (impressions, matured clicks). */
export interface RatePoint {
  events: number;
  exposure: number;
}

/** What is believed of a rate before the account's own ads are seen. */
export interface RateHyperPrior {
  mean: number;
  /** Pseudo-events behind an ad's prior: k of Gamma(k, k/mean). */
  strength: number;
  /** Pseudo-events behind the mean itself, 1/CV² between accounts. */
  accountStrength: number;
}

export interface RatePrior {
  mean: number;
  strength: number;
  /** Whether the account's own evidence outweighs what was believed before. */
  own: boolean;
}

/** Squared variation between ads is believed only within these bounds (k of 0.67 to 50). */
const VARIATION_MIN = 0.02;
const VARIATION_MAX = 1.5;

/** Pools the ads of one account into the prior of each of them. Order does not matter. */
export function ratePrior(points: readonly RatePoint[], prior: RateHyperPrior): RatePrior {
  const strength = estimateStrength(points, prior.strength);
  return { strength, ...accountMean(points, strength, prior) };
}

/** Gamma(k, k/mean). */
export function gammaPrior(mean: number, strength: number): GammaPosterior {
  return { shape: strength, rate: strength / mean };
}

/**
 * k by Gamma-Poisson moments: with e = n·R the expected events at the pooled rate R,
 * CV² = Σ((x − e)² − x) / Σe² · K/(K − 1), clipped, k = 1/CV², halved. The moment estimate is
 * itself noisy; as in James-Stein it is averaged with the fallback's CV² by its own sampling
 * variance: Poisson noise (2Σe² + Σe)/(Σe²)² and 2·CV⁴/(K − 1) for having seen only K ads.
 */
export function estimateStrength(points: readonly RatePoint[], fallback: number): number {
  const seen = points.filter(({ exposure }) => exposure > 0);
  const exposure = sum(seen, (point) => point.exposure);
  const rate = exposure > 0 ? sum(seen, (point) => point.events) / exposure : 0;
  const squares = sum(seen, (point) => (point.exposure * rate) ** 2);
  if (seen.length < 2 || squares === 0) return fallback;
  const ads = seen.length;
  const excess = sum(seen, ({ events, exposure: n }) => (events - n * rate) ** 2 - events);
  const estimated = clip((excess / squares) * (ads / (ads - 1)), VARIATION_MIN, VARIATION_MAX);
  const shipped = 1 / (2 * fallback);
  const noise =
    (2 * squares + sum(seen, (point) => point.exposure * rate)) / squares ** 2 +
    (2 * shipped ** 2) / (ads - 1);
  const trust = shipped ** 2 / (shipped ** 2 + noise);
  const variation = trust * estimated + (1 - trust) * shipped;
  return 1 / variation / 2;
}

/**
 * The account's mean by two-level shrinkage: m = (g + Σ q·x) / (g/μ + Σ q·n) with
 * q = 1/(1 + n·R/k), so that an ad with much data counts as one ad and not as its clicks. R is the
 * account's own pooled rate (not μ, which may be off by a factor of fifty and would silence it).
 */
function accountMean(
  points: readonly RatePoint[],
  strength: number,
  prior: RateHyperPrior,
): { mean: number; own: boolean } {
  const before = prior.accountStrength / prior.mean;
  const pooled =
    (prior.accountStrength + sum(points, (point) => point.events)) /
    (before + sum(points, (point) => point.exposure));
  const weight = ({ exposure }: RatePoint) => 1 / (1 + (exposure * pooled) / strength);
  const events = sum(points, (point) => weight(point) * point.events);
  const exposure = sum(points, (point) => weight(point) * point.exposure);
  return {
    mean: (prior.accountStrength + events) / (before + exposure),
    // Zero events on much exposure are evidence too: so many were to be expected.
    own: Math.max(events, exposure * prior.mean) > prior.accountStrength,
  };
}
