// What a header row leaves open, told to the user before anything is stored.
import type { AdsField } from './ads-headers.js';
import type { AdsDetection } from './ads-layouts.js';

const ID_COLUMNS = { ad: 'adId', adset: 'adsetId', campaign: 'campaignId' } as const;
const LEVEL_NAMES = { ad: 'Ad ID', adset: 'Ad Set ID', campaign: 'Campaign ID' } as const;

/** One sentence for each assumption or gap; empty when the header answers everything. */
export function doubtsAbout({
  layout,
  level,
  columns,
  currency,
}: Omit<AdsDetection, 'warnings'>): string[] {
  const doubts: string[] = [];
  const has = (field: AdsField): boolean => columns[field] !== undefined;
  if (!has(ID_COLUMNS[level])) {
    doubts.push(
      `there is no ${LEVEL_NAMES[level]} column: ids are made from the names, so a renamed object ` +
        'will look like a new one and nothing can be written to the platform',
    );
  }
  if (currency === null && !has('currency')) {
    doubts.push("the header names no currency: the account's is assumed");
  }
  if (layout === 'ads_manager' && !has('linkClicks')) {
    doubts.push('there is no "Link clicks" column: "Clicks (all)" stands in (it counts likes too)');
  }
  const byResults = has('results') && has('resultIndicator');
  if (!has('purchases') && !has('websitePurchases') && !byResults) {
    doubts.push('no column names purchases: conversions are not known');
  }
  if (has('results') && !has('resultIndicator') && !has('purchases') && !has('leads')) {
    doubts.push('"Results" without "Result indicator" could be anything: it is not read');
  }
  if (level === 'adset' && has('adsetBudget') && !has('adsetBudgetType')) {
    doubts.push('there is no "Ad set budget type" column: daily budgets are not known');
  }
  return doubts;
}
