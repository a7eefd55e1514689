// Where an account's local day stands: whether a scope's window is open, and what a scope may spend
// on that day.
import { addDays, localDay } from '../../shared/time.js';

export interface LocalTime {
  /** YYYY-MM-DD of the account. */
  day: string;
  minutes: number;
}

const DAY_MINUTES = 24 * 60;
/** The job looks every so often (allocate.jobs.ts). */
const RUN_MINUTES = 15;

const formats = new Map<string, Intl.DateTimeFormat>();

export function localTime(instant: Date, timezone: string): LocalTime {
  let format = formats.get(timezone);
  if (!format) {
    const shape = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...shape });
    formats.set(timezone, format);
  }
  const [hours = 0, minutes = 0] = format.format(instant).split(':').map(Number);
  return { day: localDay(instant, timezone), minutes: hours * 60 + minutes };
}

/**
 * The day whose window is open at a local time, null when none is: `HH:MM-HH:MM`, both ends
 * included. A window that ends before it begins goes over midnight and belongs to the day it begins
 * on, so a night is one window. One that lies between two runs of the job stays open until the
 * later of them.
 */
export function dayOfWindow(window: string, { day, minutes }: LocalTime): string | null {
  const [from = 0, end = 0] = window.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  const run = Math.ceil(from / RUN_MINUTES) * RUN_MINUTES;
  const to = from <= end && end < run ? run % DAY_MINUTES : end;
  if (from <= to) return from <= minutes && minutes <= to ? day : null;
  if (minutes >= from) return day;
  return minutes <= to ? addDays(day, -1) : null;
}

/** The first day of the month of a day. */
export function monthStart(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** Days of the month from this one on, itself included. */
export function remainingDays(day: string): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month, 0)).getUTCDate() - date + 1;
}

/** The unspent rest of the month over its remaining days, rounded down so that the month holds. */
export function pacedDay(monthlyMinor: number, spentMinor: number, day: string): number {
  return Math.max(0, Math.floor((monthlyMinor - spentMinor) / remainingDays(day)));
}

/** Daily totals that together stay under the ceiling: each gives up the same part. */
export function underCeiling(totals: readonly number[], ceilingMinor: number | null): number[] {
  const sum = totals.reduce((total, one) => total + one, 0);
  if (ceilingMinor === null || sum <= ceilingMinor) return [...totals];
  return totals.map((total) => Math.floor((total * ceilingMinor) / sum));
}
