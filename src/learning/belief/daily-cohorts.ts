// Daily rows become cohorts: a day of the account's timezone is cut into parts of about six hours.
// Insights credit a conversion to the day of its click or view already, so these cohorts need no
// crediting, unlike those made from lifetime totals.
import { dayBounds } from '../../shared/time.js';
import { apportion } from './apportion.js';
import { COHORT_MS } from './cohorts.js';
import type { Cohort } from './posterior.js';

/** One day of one ad. null = not reported. */
export interface DailyRow {
  /** `YYYY-MM-DD` in the account's timezone. */
  day: string;
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
 * repeats a day replaces the earlier one. Days after `asOf` are not there yet; a day that is still
 * running is spread over what has passed of it.
 */
export function cohortsFromDays(
  rows: readonly DailyRow[],
  boundsOf: (date: string) => DayBounds,
  asOf: number,
): Cohort[] {
  const byDay = new Map<string, DailyRow>();
  for (const row of rows) byDay.set(row.day, row);
  const cohorts: Cohort[] = [];
  const begun = [...byDay.values()]
    .map((row) => ({ row, bounds: boundsOf(row.day) }))
    .filter(({ bounds }) => bounds.from < asOf)
    .sort((left, right) => left.bounds.from - right.bounds.from);
  for (const { row, bounds } of begun) addParts(cohorts, row, bounds, asOf);
  return cohorts;
}

function addParts(cohorts: Cohort[], row: DailyRow, { from, to }: DayBounds, asOf: number): void {
  const widths = widthsOf(Math.min(to, asOf) - from);
  const impressions = apportion(row.impressions, widths);
  const clicks = apportion(row.clicks, widths);
  const spend = apportion(row.spendMinor, widths);
  const conversions = row.conversions === null ? null : apportion(row.conversions, widths);
  const revenue = row.revenueMinor === null ? null : apportion(row.revenueMinor, widths);
  for (let part = 0; part < widths.length; part += 1) {
    cohorts.push({
      at: from + part * COHORT_MS,
      impressions: impressions[part] as number,
      clicks: clicks[part] as number,
      spendMinor: spend[part] as number,
      conversions: conversions && (conversions[part] as number),
      revenueMinor: revenue && (revenue[part] as number),
    });
  }
}

/** A day of 25 hours keeps four parts: the last is an hour longer. */
function widthsOf(length: number): number[] {
  const widths = new Array<number>(Math.max(1, Math.round(length / COHORT_MS))).fill(COHORT_MS);
  widths[widths.length - 1] = length - (widths.length - 1) * COHORT_MS;
  return widths;
}

/** The bounds of calendar days in an IANA timezone, remembered: all ads have the same days. */
export function dayBoundsIn(timezone: string): (date: string) => DayBounds {
  const seen = new Map<string, DayBounds>();
  return (date) => {
    const known = seen.get(date);
    if (known) return known;
    const { start, end } = dayBounds(date, timezone);
    const bounds = { from: start.getTime(), to: end.getTime() };
    seen.set(date, bounds);
    return bounds;
  };
}
