// Worlds that do not play fair, one trouble at a time: what a policy believes is wrong or late
// while what it buys stays what it is. Everything is drawn from the seed, so all players meet the
// same.
import type { AdEvidence } from '../../src/learning/pure.js';
import {
  DAY_MS,
  type SandboxAd,
  type SandboxWorld,
  STEP_MS,
  STEPS_PER_DAY,
} from '../../src/platforms/index.js';
import { randomStream } from '../../src/shared/random.js';

export const HOSTILITIES = [
  'under_delivery',
  'restated_days',
  'tracking_outage',
  'refunds',
  'promotion_week',
] as const;
export type HostilityName = (typeof HOSTILITIES)[number];

export interface Hostility {
  /**
   * What an ad really is during the step that begins; its budget and truths are given back after.
   */
  during?(ad: SandboxAd, atMs: number): SandboxAd;
  /** Reports of this step never arrive. */
  isLost?(step: number): boolean;
  /** How many of `count` conversions are taken back, ten days after they were reported. */
  refunded?(adId: string, step: number, count: number): number;
  /** The evidence as the reports of this instant have it. */
  seen?(evidence: AdEvidence, asOf: number): AdEvidence;
  /** The part of an ad's value that is kept in the end. */
  kept?(adId: string): number;
}

export const REFUND_AFTER_STEPS = 10 * STEPS_PER_DAY;

/** A third of the ads cannot spend more than this part of their budget. */
const THROTTLED_SHARE = 1 / 3;
const THROTTLED_PACE = 0.4;
const RESTATED_MS = 3 * DAY_MS;
const RESTATED_LOG_SD = 0.5;
const OUTAGE_DAYS = 4;
/**
 * Half of the ads have one order in twenty sent back, half more than every second: .30 in the mean.
 */
const REFUND_RATES = [0.05, 0.55] as const;
const PROMOTION_DAYS = 7;
const PROMOTION_FACTOR = 2;
/** Troubles that pass begin on one of these days. */
const BEGIN_DAYS = [6, 16] as const;

export function hostilityOf(name: HostilityName, seed: number, startAt: number): Hostility {
  const chanceOf = (label: string) => randomStream(seed, `hostile ${name} ${label}`);
  const [first, last] = BEGIN_DAYS;
  const from =
    startAt + (first + Math.floor(chanceOf('begin').uniform() * (last - first))) * DAY_MS;
  const isWithin = (atMs: number, days: number) => atMs >= from && atMs < from + days * DAY_MS;
  const refundRate = (adId: string) =>
    chanceOf(`rate ${adId}`).uniform() < 0.5 ? REFUND_RATES[0] : REFUND_RATES[1];
  const throttled = new Map<string, boolean>();
  const isThrottled = (adId: string) => {
    const known = throttled.get(adId) ?? chanceOf(adId).uniform() < THROTTLED_SHARE;
    throttled.set(adId, known);
    return known;
  };
  const kinds: Record<HostilityName, Hostility> = {
    under_delivery: {
      during: (ad) =>
        isThrottled(ad.adId)
          ? { ...ad, dailyBudgetMinor: Math.round(ad.dailyBudgetMinor * THROTTLED_PACE) }
          : ad,
    },
    restated_days: { seen: (evidence, asOf) => restated(evidence, asOf, chanceOf) },
    tracking_outage: { isLost: (step) => isWithin(step * STEP_MS, OUTAGE_DAYS) },
    refunds: {
      refunded: (adId, step, count) =>
        chanceOf(`${adId} ${step}`).binomial(count, refundRate(adId)),
      kept: (adId) => 1 - refundRate(adId),
    },
    promotion_week: {
      during: (ad, atMs) =>
        isWithin(atMs, PROMOTION_DAYS)
          ? { ...ad, hidden: { ...ad.hidden, cvr: ad.hidden.cvr * PROMOTION_FACTOR } }
          : ad,
    },
  };
  return kinds[name];
}

/** The world in which the next step is taken. */
export function troubled(world: SandboxWorld, { during }: Hostility): SandboxWorld {
  return during ? { ...world, ads: world.ads.map((ad) => during(ad, world.clockAt)) } : world;
}

/** The step's result with the truths given back. Budgets are `play`'s affair. */
export function relieved(before: SandboxWorld, after: SandboxWorld): SandboxWorld {
  const ads = after.ads.map((ad, index) => {
    const cvr = before.ads[index]?.hidden.cvr ?? ad.hidden.cvr;
    return { ...ad, hidden: { ...ad.hidden, cvr } };
  });
  return { ...after, ads };
}

/**
 * Conversions of the last days are guessed at first and put right later, one guess per ad and day.
 */
function restated(
  evidence: AdEvidence,
  asOf: number,
  chanceOf: (label: string) => { normal(mean: number, sd: number): number },
): AdEvidence {
  const cohorts = evidence.cohorts.map((cohort) => {
    if (asOf - cohort.at > RESTATED_MS || !cohort.conversions) return cohort;
    const day = Math.floor(cohort.at / DAY_MS);
    const factor = Math.exp(chanceOf(`${evidence.adId} ${day}`).normal(0, RESTATED_LOG_SD));
    return {
      ...cohort,
      conversions: cohort.conversions * factor,
      revenueMinor: Math.round((cohort.revenueMinor ?? 0) * factor),
    };
  });
  return { ...evidence, cohorts };
}
