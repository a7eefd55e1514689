import { isCalendarDay } from '../../../shared/time.js';

/** YYYY-MM-DD of a real day, a time of day after it left aside; null otherwise. Never guesses. */
export function isoDay(text: string): string | null {
  const day = /^(.{10})(?:[T ]\d{2}:\d{2}.*)?$/.exec(text)?.[1];
  return day !== undefined && isCalendarDay(day) ? day : null;
}
