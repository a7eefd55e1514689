// From a row of an export to what the rooms store.
import type { AdValues } from '../../accounts/index.js';
import { dayBounds, isCalendarDay, parseInstant } from '../../shared/time.js';
import type { AdsRow } from './ads/ads-record.js';

export function adOfRow(row: AdsRow, timezone: string): AdValues {
  return {
    adId: row.adId,
    entityType: row.entityType,
    campaignId: row.campaignId ?? row.adId,
    parentId: null,
    name: row.name,
    // An export that does not say is of objects that ran.
    status: row.status ?? 'active',
    dailyBudgetMinor: row.dailyBudgetMinor,
    minBudgetMinor: null,
    maxBudgetMinor: null,
    learningPhase: null,
    startedAt: startedAt(row.startedAt, timezone),
    creative: row.creative,
  };
}

/** Exports write local times without a zone: the day begins in the account's timezone. */
function startedAt(text: string | null, timezone: string): Date | null {
  if (text === null) return null;
  const withZone = parseInstant(text);
  if (withZone) return withZone;
  const day = /^(\d{4}-\d{2}-\d{2})/.exec(text)?.[1];
  return day === undefined || !isCalendarDay(day) ? null : dayBounds(day, timezone).start;
}
