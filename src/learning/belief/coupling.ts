// Does a high click rate promise sales? In some accounts it is the opposite: the most clicked ads
// sell worst. Instead of trusting clicks by schedule while an ad is young, the account's own
// matured ads are asked how conversions per click go with clicks per impression.
import { Z95 } from '../../shared/normal.js';
import { clip, sum } from './statistics.js';

/** One ad's totals; impressions and conversions corrected for delay (matured). */
export interface CouplingPoint {
  campaignId: string;
  impressions: number;
  clicks: number;
  /** Impressions weighted by the share of their conversions that has arrived. */
  maturedImpressions: number;
  conversions: number;
}

export interface Coupling {
  /** Elasticity of conversions per click in the click rate: 0 independent, −1 they say nothing. */
  beta: number;
  /** 95 % by the delete-one-ad jackknife; null when the ads are too few for an estimate. */
  lo: number | null;
  hi: number | null;
  /** Ads behind the estimate. */
  ads: number;
  /** β shrunk towards the given prior by its own uncertainty: what the beliefs use. */
  applied: number;
}

export const BETA_MIN = -1.5;
export const BETA_MAX = 1;
/** Shipped: independent. */
export const DEFAULT_BETA = 0;
/**
 * An ad joins with 10 expected clicks: chosen by expectation, since a choice by clicks is biased.
 */
const COUPLING_CLICKS_MIN = 10;
/** Half of an ad's conversions must have had time to arrive. */
const MATURITY_MIN = 0.5;
/** With fewer ads or sales one of them turns the slope around. */
const ADS_MIN = 8;
const CONVERSIONS_MIN = 10;
/** Prior variance of β: that of a uniform over the clip's range. */
export const BETA_PRIOR_VARIANCE = (BETA_MAX - BETA_MIN) ** 2 / 12;

/**
 * β over all points: with x, y the relative deviations of clicks and of conversions per impression
 * from the pooled rates and ν = mean(1/expected clicks) the counting noise they share,
 * γ = (mean(xy) − ν)/(mean(x²) − ν), reliability (mean(x²) − ν)/mean(x²), β = reliability·(γ − 1).
 * The noise terms cancel: β = mean(xy)/mean(x²) − 1, stable even where the click rates do not
 * differ.
 */
export function estimateCoupling(points: readonly CouplingPoint[], prior = DEFAULT_BETA): Coupling {
  const { ads, slope: raw, variance } = measureCoupling(points);
  if (raw === null) {
    return { beta: clip(prior, BETA_MIN, BETA_MAX), lo: null, hi: null, ads, applied: prior };
  }
  const trust = BETA_PRIOR_VARIANCE / (BETA_PRIOR_VARIANCE + variance);
  return {
    beta: clip(raw, BETA_MIN, BETA_MAX),
    lo: clip(raw - Z95 * Math.sqrt(variance), BETA_MIN, BETA_MAX),
    hi: clip(raw + Z95 * Math.sqrt(variance), BETA_MIN, BETA_MAX),
    ads,
    applied: clip(trust * raw + (1 - trust) * prior, BETA_MIN, BETA_MAX),
  };
}

/** β as the ads say it, without any prior, and its variance by the jackknife; null = too few. */
export function measureCoupling(points: readonly CouplingPoint[]): {
  ads: number;
  slope: number | null;
  variance: number;
} {
  const eligible = eligiblePoints(points);
  const ads = eligible.length;
  const all = eligible.reduce((sums, point) => added(sums, point, 1), EMPTY);
  const raw = slope(all);
  if (ads < ADS_MIN || all.conversions < CONVERSIONS_MIN || raw === null) {
    return { ads, slope: null, variance: Infinity };
  }
  // Every sum is additive, so leaving one ad out (and re-pooling the rates) costs a subtraction.
  const without = eligible.map((point) => slope(added(all, point, -1)) ?? raw);
  const mean = sum(without, (value) => value) / ads;
  const variance = (sum(without, (value) => (value - mean) ** 2) * (ads - 1)) / ads;
  return { ads, slope: raw, variance };
}

/** The same within each campaign, deviations taken from the campaign's own rates. */
export function couplingByCampaign(
  points: readonly CouplingPoint[],
  prior = DEFAULT_BETA,
): (Coupling & { campaignId: string })[] {
  const campaigns = new Map<string, CouplingPoint[]>();
  for (const point of points) {
    const members = campaigns.get(point.campaignId) ?? [];
    members.push(point);
    campaigns.set(point.campaignId, members);
  }
  return [...campaigns]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([campaignId, members]) => ({ campaignId, ...estimateCoupling(members, prior) }));
}

function eligiblePoints(points: readonly CouplingPoint[]): CouplingPoint[] {
  const impressions = sum(points, (point) => point.impressions);
  const clicks = sum(points, (point) => point.clicks);
  if (impressions === 0) return [];
  return points.filter(
    (point) =>
      (point.impressions * clicks) / impressions >= COUPLING_CLICKS_MIN &&
      point.maturedImpressions >= MATURITY_MIN * point.impressions,
  );
}

const EMPTY = {
  ads: 0,
  impressions: 0,
  clicks: 0,
  matured: 0,
  conversions: 0,
  /** Sums over ads of a = clicks per impression, b = conversions per matured impression. */
  ...{ a: 0, b: 0, aa: 0, ab: 0 },
};
type Sums = typeof EMPTY;

function added(sums: Sums, point: CouplingPoint, sign: 1 | -1): Sums {
  const a = point.clicks / point.impressions;
  const b = point.conversions / point.maturedImpressions;
  return {
    ads: sums.ads + sign,
    impressions: sums.impressions + sign * point.impressions,
    clicks: sums.clicks + sign * point.clicks,
    matured: sums.matured + sign * point.maturedImpressions,
    conversions: sums.conversions + sign * point.conversions,
    a: sums.a + sign * a,
    b: sums.b + sign * b,
    aa: sums.aa + sign * a * a,
    ab: sums.ab + sign * a * b,
  };
}

/** mean(xy)/mean(x²) − 1 from the sums; null without any variation or any conversion. */
function slope(sums: Sums): number | null {
  const { ads, a, b, aa, ab } = sums;
  const clickRate = sums.clicks / sums.impressions;
  const saleRate = sums.conversions / sums.matured;
  const xx = aa / clickRate ** 2 - (2 * a) / clickRate + ads;
  const xy = ab / (clickRate * saleRate) - a / clickRate - b / saleRate + ads;
  if (!(saleRate > 1e-15) || !(xx > 1e-9)) return null;
  return xy / xx - 1;
}
