// From beliefs to the input of a decision: which arms, their limits, their ages.
import type { BelievedArm, SharedKnowledge, SimilarPattern } from '../learning/index.js';
import { MILLIS_PER_HOUR } from '../shared/time.js';
import type { AllocationAd } from './allocation-types.js';
import { creativeDna } from './creative-dna.js';

/** Per ad, what the guards of execution would let through now. */
export type Reaches = ReadonlyMap<string, { loMinor: number; hiMinor: number }>;

export interface Scope {
  campaignId: string | null;
  adIds: string[] | null;
}

/** The arms a caller asked for; archived ones only when named. */
export function armsInScope(arms: BelievedArm[], { campaignId, adIds }: Scope): BelievedArm[] {
  const named = adIds === null ? null : new Set(adIds);
  return arms.filter(
    ({ ad }) =>
      (campaignId === null || ad.campaignId === campaignId) &&
      (named === null ? ad.status !== 'archived' : named.has(ad.adId)),
  );
}

/** What an ad's creative lets hope for, from own ads and from other accounts. */
export interface CreativeBoost {
  dna: number;
  crossBoost: number;
}

const CROSS_BOOST_WEIGHT = 0.2;

/** By ad id, for those in `arms`; `all` = every arm of the account, whose creatives are compared. */
export function creativeBoosts(
  arms: readonly BelievedArm[],
  all: readonly BelievedArm[],
  knowledge: SharedKnowledge,
): Map<string, CreativeBoost> {
  // One kind of value for the whole account, so that the ads can be ranked by it.
  const paid = all.some(({ totals }) => valueOf(totals) !== null);
  const dna = creativeDna(
    all.map(({ ad, totals }) => ({
      adId: ad.adId,
      creative: ad.creative,
      spendMinor: totals.spendMinor,
      value: paid ? valueOf(totals) : totals.conversions,
    })),
  );
  return new Map(
    arms.map(({ ad }) => {
      const matched = knowledge
        .findSimilarPatterns(ad.creative)
        .find(({ matches }: SimilarPattern) => matches);
      const crossBoost = matched ? 1 + CROSS_BOOST_WEIGHT * matched.percentile : 1;
      return [ad.adId, { dna: dna.get(ad.adId) ?? 0, crossBoost }];
    }),
  );
}

function valueOf({ pipelineValueMinor, revenueMinor }: BelievedArm['totals']): number | null {
  return pipelineValueMinor ?? revenueMinor;
}

export function allocationAd(
  arm: BelievedArm,
  asOf: Date,
  boost?: CreativeBoost,
  reach?: Reaches,
): AllocationAd {
  const { ad, totals, belief } = arm;
  const { ctr, cvr, value, response, evidence } = belief;
  return {
    adId: ad.adId,
    campaignId: ad.campaignId,
    status: ad.status,
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
    ...boost,
  };
}

export function ageHours(startedAt: Date, asOf: Date): number {
  return Math.max(0, asOf.getTime() - startedAt.getTime()) / MILLIS_PER_HOUR;
}
