// From beliefs to the input of a decision: which arms, their limits, their ages.
import type { BelievedArm, CreativeInsight } from '../../learning/index.js';
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import type { AllocationAd } from '../split/allocation-types.js';

/** Per ad, what the guards of execution would let through now. */
export type Reaches = ReadonlyMap<string, { loMinor: number; hiMinor: number }>;

export interface Scope {
  campaignId: string | null;
  adIds: string[] | null;
}

/** Which ads a caller asks for; archived ones only when named. */
export function wantedIn({ campaignId, adIds }: Scope): (ad: Asked) => boolean {
  const named = adIds === null ? null : new Set(adIds);
  return (ad) =>
    (campaignId === null || ad.campaignId === campaignId) &&
    (named === null ? ad.status !== 'archived' : named.has(ad.adId));
}

type Asked = Pick<BelievedArm['ad'], 'adId' | 'campaignId' | 'status'>;

export function allocationAd(
  arm: BelievedArm,
  asOf: Date,
  insight?: CreativeInsight,
  reach?: Reaches,
): AllocationAd {
  const { ad, totals, belief } = arm;
  const { ctr, cvr, value, response, evidence } = belief;
  return {
    adId: ad.adId,
    campaignId: ad.campaignId,
    status: ad.status,
    // Left out where it does not matter, so that inputs of earlier decisions read the same.
    ...(ad.learningPhase === true ? { learningPhase: true } : {}),
    currentMinor: ad.dailyBudgetMinor,
    minMinor: ad.minBudgetMinor,
    maxMinor: ad.maxBudgetMinor,
    reach: reach?.get(ad.adId) ?? null,
    ageHours: ad.startedAt === null ? null : ageHours(ad.startedAt, asOf),
    posterior: { adId: ad.adId, ctr, cvr, value, response, evidence },
    totals: {
      impressions: totals.impressions,
      clicks: totals.clicks,
      spendMinor: totals.spendMinor,
      conversions: totals.conversions,
      revenueMinor: totals.revenueMinor,
      pipelineMinor: totals.pipelineValueMinor,
    },
    ...insight,
  };
}

export function ageHours(startedAt: Date, asOf: Date): number {
  return Math.max(0, asOf.getTime() - startedAt.getTime()) / MILLIS_PER_HOUR;
}
