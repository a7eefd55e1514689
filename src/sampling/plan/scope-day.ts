// Where an account's local day stands: whether a scope's window is open, and what a scope may spend on
// that day.
import { localDay } from '../../shared/time.js';

export interface LocalTime {
  /** YYYY-MM-DD of the account. */
  day: string;
  minutes: number;
}

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

/** `HH:MM-HH:MM`, both ends included; one that ends before it begins goes over midnight. */
export function isWithin(window: string, { minutes }: LocalTime): boolean {
  const [from = 0, to = 0] = window.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  return from <= to ? from <= minutes && minutes <= to : minutes >= from || minutes <= to;
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
