// What the account as a whole wants to know of one ad: sums only, without its days, so that the
// facts of forty thousand ads are a few megabytes.
import type { AccountBelief } from './account-belief.js';
import type { Exposure } from './exposure.js';
import type { SpendPoint } from './response.js';
import { sum } from './statistics.js';

export interface AdFacts extends Pick<Exposure, 'evidence' | 'known' | 'valued' | 'shown'> {
  adId: string;
  campaignId: string;
  /** Whether the days of its spend are known. */
  isDated: boolean;
  /** Mean daily spend over the last week of days; 0 for an ad that has stopped. */
  presentSpendMinor: number;
  /** The same over all days. */
  meanSpendMinor: number;
}

/** Present spend is the mean of an ad's last days; one without spend for as long is not running. */
const PRESENT_DAYS = 7;

export function factsOf(ad: { adId: string; campaignId: string }, exposure: Exposure): AdFacts {
  const { evidence, known, valued, shown, days } = exposure;
  return {
    ...{ adId: ad.adId, campaignId: ad.campaignId, evidence, known, valued, shown },
    isDated: days.length > 0,
    presentSpendMinor: presentSpend(days),
    meanSpendMinor: meanSpend(days),
  };
}

/** An ad without known days has its share of the undated spend as its part of the daily budget. */
export function spendOf(
  { days, evidence }: Exposure,
  { undatedSpendMinor, budgetMinor }: AccountBelief,
): { days: SpendPoint[]; dailySpendMinor: number } {
  if (days.length > 0) return { days, dailySpendMinor: presentSpend(days) };
  if (evidence.spendMinor <= 0) return { days: [], dailySpendMinor: 0 };
  const share = budgetMinor / undatedSpendMinor;
  const dailySpendMinor = evidence.spendMinor * share;
  const impressions = evidence.impressions * share;
  const day = { spendMinor: dailySpendMinor, impressions, ageDays: 0, weight: 1 };
  return { days: [day], dailySpendMinor };
}

function presentSpend(days: readonly SpendPoint[]): number {
  return meanSpend(days.filter(({ ageDays }) => ageDays < PRESENT_DAYS));
}

function meanSpend(days: readonly SpendPoint[]): number {
  const weight = sum(days, (day) => day.weight);
  return weight > 0 ? sum(days, (day) => day.weight * day.spendMinor) / weight : 0;
}
