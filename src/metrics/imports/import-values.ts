// From a row of an export to what the rooms store.
import type { AdValues } from '../../accounts/index.js';
import { EARLIEST_MILLIS } from '../../shared/history.js';
import { dayBounds, isCalendarDay, parseInstant } from '../../shared/time.js';
import type { AdsRow } from './ads/ads-record.js';

/** First and last day of which an import takes figures, in the account's timezone. */
export interface DaysTaken {
  first: string;
  last: string;
}

/** Why a row's time cannot be; null when it can. An end to come is cut at the present. */
export function timeFault({ date, periodEnd }: AdsRow, { first, last }: DaysTaken): string | null {
  const day = date ?? periodEnd;
  if (day === null) return null;
  if (day < first) return `${day} lies before ${first}: figures are taken 37 months back`;
  if (date !== null && date > last) return `${date} has not begun in the account's timezone`;
  return isCalendarDay(day) ? null : `${day} is not a plausible day`;
}

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
  const day = /^(\d{4}-\d{2}-\d{2})/.exec(text)?.[1];
  // A start that cannot be is not worth losing the row.
  if (day === undefined || !isCalendarDay(day) || Date.parse(day) < EARLIEST_MILLIS) return null;
  return parseInstant(text) ?? dayBounds(day, timezone).start;
}
