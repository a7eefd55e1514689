// What an ad spent and was shown per day: the points of its cost curve.
import { MILLIS_PER_DAY } from '../../shared/time.js';
import type { Cohort } from './posterior.js';
import type { SpendPoint } from './response.js';

export interface DayTotal {
  start: number;
  spendMinor: number;
  impressions: number;
}

/** Days of 24 h counted from the first dated cohort. */
export function addToDay(days: DayTotal[], { at, spendMinor, impressions }: Cohort): void {
  const origin = days[0]?.start ?? at;
  const start = origin + Math.floor((at - origin) / MILLIS_PER_DAY) * MILLIS_PER_DAY;
  let day = days.at(-1);
  if (day?.start !== start) {
    day = { start, spendMinor: 0, impressions: 0 };
    days.push(day);
  }
  day.spendMinor += spendMinor;
  day.impressions += impressions;
}

/** A day still running is scaled up to a whole one, and weighs less. */
export function spendPoint({ start, spendMinor, impressions }: DayTotal, asOf: number): SpendPoint {
  const since = (asOf - start) / MILLIS_PER_DAY;
  const weight = Math.min(1, since);
  return {
    spendMinor: spendMinor / weight,
    impressions: impressions / weight,
    ageDays: Math.max(0, since - 1),
    weight,
  };
}
