// Which cells make a row's outcomes, its period and its budget. Exports name the same thing in
// several columns and different things in one ("Results"), so each choice is written down here.
import { resultKind } from './ads-cells.js';
import type { AdsField } from './ads-headers.js';
import type { AdsLevel } from './ads-layouts.js';
import type { AdsRow } from './ads-record.js';
import type { RecordCells } from '../csv/record-cells.js';

export function outcomesOf(
  cells: RecordCells<AdsField>,
): Pick<AdsRow, 'conversions' | 'leads' | 'revenueMinor'> {
  // "Purchases" holds the website's too: one of the two columns, never their sum.
  const purchases = cells.has('purchases') ? 'purchases' : 'websitePurchases';
  const value = cells.has('purchaseValue') ? 'purchaseValue' : 'websitePurchaseValue';
  const kind = resultKind(cells.text('resultIndicator'));
  const results = (of: 'purchase' | 'lead'): number | null =>
    kind === of ? cells.count('results') : null;
  return {
    conversions: cells.has(purchases) ? cells.count(purchases) : results('purchase'),
    leads: cells.has('leads') ? cells.count('leads') : results('lead'),
    revenueMinor: cells.money(value),
  };
}

export function periodOf(
  cells: RecordCells<AdsField>,
): Pick<AdsRow, 'date' | 'periodStart' | 'periodEnd'> {
  const periodStart = cells.day('reportingStarts');
  const periodEnd = cells.day('reportingEnds');
  if (!cells.has('day')) {
    const date = periodStart !== null && periodStart === periodEnd ? periodStart : null;
    return { date, periodStart, periodEnd };
  }
  const date = cells.text('day') === '' ? cells.refuse('day', 'is blank') : cells.day('day');
  return { date, periodStart: date, periodEnd: date };
}

/** Only a daily budget of the row's own level is its daily budget. */
export function dailyBudgetOf(cells: RecordCells<AdsField>, level: AdsLevel): number | null {
  if (level === 'ad') return null;
  // At campaign level Ads Manager puts the campaign's budget under "Ad set budget".
  const ofCampaign = level === 'campaign' && cells.has('campaignBudget');
  const budget = ofCampaign ? 'campaignBudget' : 'adsetBudget';
  const type = ofCampaign ? 'campaignBudgetType' : 'adsetBudgetType';
  if (cells.text(type).toLowerCase() !== 'daily') return null;
  // "Using campaign budget": the object owns none.
  return /^using\b/i.test(cells.text(budget)) ? null : cells.money(budget);
}
