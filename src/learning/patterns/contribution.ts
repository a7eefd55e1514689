// What one account brings to the cross-learner: two rates, its delays and its coupling, and, per
// creative pattern, by what factor its ads of that pattern differ from its own mean. Factors are
// taken within the account, so a pattern is not credited with the trade or the size of those who
// use it. Nothing here leaves the account.
import type { CouplingPoint } from '../belief/coupling.js';
import { estimateStrength, type RatePoint } from '../belief/empirical-bayes.js';
import { DEFAULT_STRENGTH } from '../belief/prior.js';
import { sum } from '../belief/statistics.js';
import { featuresOf, normalisedNiche, patternsOf } from './creative-features.js';
import { betaShareOf, type BetaShare, type DelayShare } from './shared-shapes.js';

export const METRICS = ['ctr', 'cvr'] as const;
export type Metric = (typeof METRICS)[number];

/** Matured counts of one ad. */
export interface ContributingAd {
  creative: Readonly<Record<string, unknown>>;
  impressions: number;
  clicks: number;
  /** Clicks whose conversions have arrived; 0 where nobody reports conversions. */
  maturedClicks: number;
  /** Impressions likewise. */
  maturedImpressions: number;
  conversions: number | null;
}

export interface RateShare {
  accountId: string;
  /** The account's mean over its ads. */
  rate: number;
  ads: number;
  events: number;
  /** CV² between its ads. */
  variation: number;
}

export interface LiftShare {
  accountId: string;
  /** ln(rate of the ads of the pattern / mean of the account). */
  logRatio: number;
  /** Of `logRatio`, by counting and by the number of ads. */
  variance: number;
}

export interface Contribution {
  accountId: string;
  niche: string | null;
  rates: Partial<Record<Metric, RateShare>>;
  /** By pattern key. */
  lifts: Record<Metric, Map<string, LiftShare>>;
  delay: DelayShare | null;
  beta: BetaShare | null;
}

/**
 * Below these exposures a rate is chance. Chosen by exposure: a choice by events would be biased.
 */
const EXPOSURE_MIN: Record<Metric, number> = { ctr: 1000, cvr: 100 };
/** Pseudo-events that pull a ratio to 1, so that a pattern without any event stays finite. */
const RATIO_PRIOR_EVENTS = 1;

export function contributionOf(
  accountId: string,
  niche: string | null,
  ads: readonly ContributingAd[],
  delay: DelayShare | null = null,
): Contribution {
  const contribution: Contribution = {
    accountId,
    niche: normalisedNiche(niche),
    rates: {},
    lifts: { ctr: new Map(), cvr: new Map() },
    delay,
    beta: betaShareOf(accountId, ads.flatMap(couplingPoint)),
  };
  const patterns = ads.map(({ creative }) => patternsOf(featuresOf(creative)));
  for (const metric of METRICS) {
    const points = ads.map((ad) => pointOf(ad, metric));
    const rate = accountRate(accountId, points);
    if (rate === null || sum(points, ({ exposure }) => exposure) < EXPOSURE_MIN[metric]) continue;
    contribution.rates[metric] = rate;
    if (rate.rate > 0) contribution.lifts[metric] = liftsOf(rate, points, patterns);
  }
  return contribution;
}

function pointOf(ad: ContributingAd, metric: Metric): RatePoint {
  return metric === 'ctr'
    ? { events: ad.clicks, exposure: Math.max(ad.impressions, ad.clicks) }
    : { events: ad.conversions ?? 0, exposure: ad.conversions === null ? 0 : ad.maturedClicks };
}

function couplingPoint(ad: ContributingAd): CouplingPoint[] {
  const { clicks, maturedImpressions, conversions } = ad;
  const impressions = Math.max(ad.impressions, clicks);
  if (conversions === null || impressions === 0) return [];
  return [{ campaignId: '', impressions, clicks, maturedImpressions, conversions }];
}

/**
 * R = Σ q·x / Σ q·n with q = 1/(1 + n·P/k): an ad with much data counts as one ad, not as its
 * clicks (bandits, section 3). P is the plain pooled rate.
 */
function accountRate(accountId: string, points: readonly RatePoint[]): RateShare | null {
  const seen = points.filter(({ exposure }) => exposure > 0);
  const exposure = sum(seen, (point) => point.exposure);
  if (exposure <= 0) return null;
  const events = sum(seen, (point) => point.events);
  const strength = estimateStrength(seen, DEFAULT_STRENGTH);
  const { x, n } = weighted(seen, events / exposure, strength);
  return { accountId, rate: x / n, ads: seen.length, events, variation: 1 / (2 * strength) };
}

function liftsOf(
  account: RateShare,
  points: readonly RatePoint[],
  patterns: readonly string[][],
): Map<string, LiftShare> {
  const members = new Map<string, RatePoint[]>();
  points.forEach((point, index) => {
    if (point.exposure <= 0) return;
    for (const pattern of patterns[index] ?? []) {
      const known = members.get(pattern);
      if (known) known.push(point);
      else members.set(pattern, [point]);
    }
  });
  const lifts = new Map<string, LiftShare>();
  for (const [pattern, ads] of members) {
    // Without other ads to compare with, the account says nothing of the pattern.
    if (ads.length === account.ads) continue;
    const { x, n } = weighted(ads, account.rate, 1 / (2 * account.variation));
    const ratio = (x + RATIO_PRIOR_EVENTS) / (n * account.rate + RATIO_PRIOR_EVENTS);
    const events = sum(ads, (ad) => ad.events);
    const variance = 1 / (events + RATIO_PRIOR_EVENTS) + account.variation / ads.length;
    lifts.set(pattern, { accountId: account.accountId, logRatio: Math.log(ratio), variance });
  }
  return lifts;
}

function weighted(points: readonly RatePoint[], rate: number, strength: number) {
  const q = ({ exposure }: RatePoint) => 1 / (1 + (exposure * rate) / strength);
  return {
    x: sum(points, (point) => q(point) * point.events),
    n: sum(points, (point) => q(point) * point.exposure),
  };
}
