// Daily rows become cohorts: a day of the account's timezone is cut into parts of about six hours.
// Insights credit a conversion to the day of its click or view already, so these cohorts need no
// crediting, unlike those made from lifetime totals.
import { MILLIS_PER_DAY, startOfLocalDay } from '../shared/time.js';
import { apportion } from './apportion.js';
import { COHORT_MS, emptyCohort } from './cohorts.js';
import type { Cohort } from './posterior.js';

/** One day of one ad. null = not reported. */
export interface DailyRow {
  /** `YYYY-MM-DD` in the account's timezone. */
  date: string;
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  revenueMinor: number | null;
}

export interface DayBounds {
  /** Unix milliseconds: first instant of the day, and of the next. */
  from: number;
  to: number;
}

/**
 * The cohorts of an ad's days, ascending; every metric sums to the sum of the days. A row that
 * repeats a date replaces the earlier one. Days after `asOf` are not there yet; a day that is still
 * running is spread over what has passed of it.
 */
export function cohortsFromDays(
  rows: readonly DailyRow[],
  boundsOf: (date: string) => DayBounds,
  asOf: number,
): Cohort[] {
  const byDate = new Map(rows.map((row) => [row.date, row]));
  return [...byDate.values()]
    .map((row) => ({ row, ...boundsOf(row.date) }))
    .filter(({ from }) => from < asOf)
    .sort((left, right) => left.from - right.from)
    .flatMap(({ row, from, to }) => partsOfDay(row, from, Math.min(to, asOf)));
}

function partsOfDay(row: DailyRow, from: number, to: number): Cohort[] {
  // A day of 25 hours keeps four parts: the last is an hour longer.
  const count = Math.max(1, Math.round((to - from) / COHORT_MS));
  const starts = Array.from({ length: count }, (_, index) => from + index * COHORT_MS);
  const widths = starts.map((start, index) => (index + 1 < count ? COHORT_MS : to - start));
  const parts = starts.map(emptyCohort);
  for (const metric of ['impressions', 'clicks', 'spendMinor'] as const) {
    apportion(row[metric], widths).forEach((share, index) => {
      (parts[index] as Cohort)[metric] = share;
    });
  }
  for (const metric of ['conversions', 'revenueMinor'] as const) {
    const amount = row[metric];
    const shares = amount === null ? null : apportion(amount, widths);
    parts.forEach((part, index) => (part[metric] = shares ? (shares[index] as number) : null));
  }
  return parts;
}

/** The bounds of calendar days in an IANA timezone, remembered, since ads share their days. */
export function dayBoundsIn(timezone: string): (date: string) => DayBounds {
  const seen = new Map<string, DayBounds>();
  return (date) => {
    const known = seen.get(date);
    if (known) return known;
    const next = new Date(Date.parse(`${date}T00:00:00Z`) + MILLIS_PER_DAY);
    const bounds = {
      from: startOfLocalDay(date, timezone).getTime(),
      to: startOfLocalDay(next.toISOString().slice(0, 10), timezone).getTime(),
    };
    seen.set(date, bounds);
    return bounds;
  };
}
