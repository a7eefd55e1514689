// From believed arms to what advice needs of each ad, and what the account as a whole tells.
import { MILLIS_PER_DAY } from '../../shared/time.js';
import type { ArmReports } from '../../metrics/index.js';
import type { AdviceAd } from './advice.js';
import {
  type BeliefSource,
  dayBoundsIn,
  defaultDelayCurve,
  evidenceOf,
} from '../../learning/pure.js';

export interface Days {
  first: string;
  last: string;
  /** Calendar days from the first to the last. */
  count: number;
  spendMinor: number;
}

export interface ExaminedAd extends AdviceAd {
  status: 'active' | 'paused' | 'archived';
  impressions: number;
  leads: number | null;
}

export interface AccountSums {
  spendMinor: number;
  conversions: number | null;
  leads: number | null;
  revenueMinor: number | null;
}

/** The days with figures; null when most of the money has no date. */
export function daysOf(arms: readonly ArmReports[]): Days | null {
  let first: string | null = null;
  let last: string | null = null;
  let spendMinor = 0;
  let undated = 0;
  for (const { reporters } of arms) {
    for (const { reports } of reporters) {
      undated += reports.snapshots.at(-1)?.spendMinor ?? 0;
      for (const { day, spendMinor: spent } of reports.days) {
        if (first === null || day < first) first = day;
        if (last === null || day > last) last = day;
        spendMinor += spent;
      }
    }
  }
  if (first === null || last === null || undated > spendMinor) return null;
  return { first, last, count: daysBetween(first, last) + 1, spendMinor };
}

function daysBetween(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / MILLIS_PER_DAY);
}

export function examined(
  arms: readonly ArmReports[],
  context: {
    account: { timezone: string; attributionWindowDays: number; conversionSource: string | null };
    /** Unix milliseconds. */
    asOf: number;
  },
): { ads: ExaminedAd[]; sums: AccountSums } {
  const { timezone, attributionWindowDays, conversionSource } = context.account;
  const evidence = {
    asOf: context.asOf,
    delay: defaultDelayCurve(attributionWindowDays),
    dayBounds: dayBoundsIn(timezone),
    platformConversions: conversionSource !== 'first_party',
    conversionsSince: null,
  };
  const ads = arms.map((arm): ExaminedAd => {
    const { ad, totals } = arm;
    return {
      adId: ad.adId,
      campaignId: ad.campaignId,
      name: ad.name,
      status: ad.status,
      creative: ad.creative,
      currentMinor: ad.dailyBudgetMinor,
      impressions: totals.impressions,
      clicks: totals.clicks,
      spendMinor: totals.spendMinor,
      conversions: totals.conversions,
      leads: totals.leads,
      evidence: evidenceOf(sourceOf(arm), [], evidence),
    };
  });
  return { ads, sums: sumsOf(arms) };
}

function sourceOf({ ad, reporters }: ArmReports): BeliefSource {
  return {
    id: ad.adId,
    group: ad.campaignId,
    reporters: reporters.map(({ ad: { startedAt }, reports }) => ({ startedAt, reports })),
  };
}

function sumsOf(arms: readonly ArmReports[]): AccountSums {
  const total = (of: (totals: ArmReports['totals']) => number | null) =>
    arms.reduce<number | null>((sum, { totals }) => {
      const value = of(totals);
      return value === null ? sum : (sum ?? 0) + value;
    }, null);
  return {
    spendMinor: total(({ spendMinor }) => spendMinor) ?? 0,
    conversions: total(({ conversions }) => conversions),
    leads: total(({ leads }) => leads),
    revenueMinor: total(({ revenueMinor }) => revenueMinor),
  };
}
