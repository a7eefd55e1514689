// A decision between the cells of a level: the beliefs and the policy are those for ads, on merged
// evidence. It is advice: a cell is nothing that a budget could be set on.
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import { mergeEvidence } from './cell-evidence.js';
import type { Cell, LevelAd } from './levels.js';
import { type AdEvidence, formPosteriors } from '../../learning/pure.js';
import {
  type AllocationAd,
  decide,
  type DecisionAnswer,
  policyNamed,
} from '../../sampling/pure.js';

export interface AdviceAd extends LevelAd {
  evidence: AdEvidence;
  /** null = no budget is known: the split of spend stands for it. */
  currentMinor: number | null;
}

export interface AdviceRequest {
  ads: readonly AdviceAd[];
  cells: readonly Cell[];
  /** Unix milliseconds. */
  asOf: number;
  seed: number;
  /** What is to be split over the cells: per day, or any amount when only shares are asked for. */
  totalMinor: number;
  currency: string;
  settings: { halfLifeDays: { ctr: number; cvr: number }; attributionWindowDays: number };
}

/** null when nothing can be decided (no live cell, or no proper belief). */
export function adviseCells(request: AdviceRequest): DecisionAnswer | null {
  const policy = policyNamed('delay_corrected');
  const ads = allocationAds(request);
  if (policy === null || ads.length === 0) return null;
  const answer = decide(
    {
      allocation: {
        asOf: request.asOf,
        seed: request.seed,
        totalMinor: ads.reduce((sum, ad) => sum + (ad.currentMinor ?? 0), 0),
        maxStepPct: MAX_CHANGE_PCT_24H,
        killMinSpendMinor: 0,
        ads,
      },
      currency: request.currency,
      maxStepPct: MAX_CHANGE_PCT_24H,
      minProbabilityBetter: 0,
    },
    policy,
  );
  return 'code' in answer ? null : answer;
}

function allocationAds({ ads, cells, totalMinor, ...request }: AdviceRequest): AllocationAd[] {
  const byId = new Map(ads.map((ad) => [ad.adId, ad]));
  const groups = cells.map((cell) => ({
    cell,
    members: cell.adIds.flatMap((adId) => byId.get(adId) ?? []),
  }));
  const { posteriors } = formPosteriors({
    ads: groups.map(({ cell, members }) =>
      mergeEvidence(
        cell.id,
        commonCampaign(members),
        members.map(({ evidence }) => evidence),
      ),
    ),
    asOf: request.asOf,
    settings: request.settings,
    budgetMinor: totalMinor,
  });
  const spend = cells.reduce((sum, cell) => sum + cell.spendMinor, 0);
  return groups.flatMap(({ cell, members }, index): AllocationAd[] => {
    const posterior = posteriors[index];
    if (posterior === undefined) return [];
    const { impressions, clicks, spendMinor, conversions, revenueMinor } = posterior.evidence;
    return [
      {
        adId: cell.id,
        campaignId: commonCampaign(members),
        status: 'active',
        currentMinor: currentOf(members) ?? Math.round((totalMinor * cell.spendMinor) / spend),
        minMinor: null,
        maxMinor: null,
        ageHours: null,
        posterior,
        totals: {
          impressions,
          clicks,
          spendMinor,
          conversions,
          revenueMinor,
          pipelineMinor: null,
        },
      },
    ];
  });
}

function currentOf(members: readonly AdviceAd[]): number | null {
  return members.reduce<number | null>(
    (sum, { currentMinor }) => (sum === null || currentMinor === null ? null : sum + currentMinor),
    0,
  );
}

function commonCampaign(members: readonly AdviceAd[]): string {
  const campaigns = new Set(members.map(({ campaignId }) => campaignId));
  return campaigns.size === 1 ? [...campaigns].join() : 'several';
}
