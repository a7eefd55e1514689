// Lifetime totals say when a conversion arrived, belief needs the click it came from. Counting it
// for the cohort of its arrival would make yesterday's clicks look rich and last week's poor; so it
// is shared out over the earlier cohorts by how likely each is to have sent it now. Computed at
// read time: a better delay curve then improves old beliefs too, and what is stored stays what was
// seen.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { COHORT_MS } from './cohorts.js';
import { cdfAt, lagMasses, type DelayCurve } from './delay.js';
import type { Cohort } from './posterior.js';

/**
 * The cohorts (ascending) with conversions and revenue moved from arrival to click: each arrival is
 * spread over earlier cohorts e in proportion to clicks_e · f(arrival − e), the expectation step of
 * Chapelle's delayed-feedback model (2014). Fractions stay; totals are preserved. Undated cohorts
 * count as matured and so take no part; what has no possible click stays where it arrived.
 */
export function creditConversions(cohorts: readonly Cohort[], curve: DelayCurve): Cohort[] {
  if (cohorts.length === 0) return [];
  const masses = lagMasses(curve);
  const conversions = credited(cohorts, 'conversions', masses);
  const revenue = credited(cohorts, 'revenueMinor', masses);
  return cohorts.map((cohort, index) => ({
    ...cohort,
    conversions: conversions[index] ?? null,
    revenueMinor: revenue[index] ?? null,
  }));
}

function credited(
  cohorts: readonly Cohort[],
  metric: 'conversions' | 'revenueMinor',
  masses: readonly number[],
): (number | null)[] {
  const result = cohorts.map((cohort): number | null => (cohort[metric] === null ? null : 0));
  cohorts.forEach((arrival, arrivedIn) => {
    const amount = arrival[metric];
    if (amount === null || amount === 0) return;
    const weights: number[] = [];
    let sum = 0;
    for (let index = arrivedIn; index >= 0; index--) {
      const cohort = cohorts[index] as Cohort;
      const lag = Math.round((arrival.at - cohort.at) / COHORT_MS);
      if (cohort.undated || lag >= masses.length) break;
      // Clicks of a time when nobody counted conversions cannot be given any: null stays null.
      const weight = cohort[metric] === null ? 0 : cohort.clicks * (masses[lag] ?? 0);
      weights.push(weight);
      sum += weight;
    }
    if (sum === 0) result[arrivedIn] = (result[arrivedIn] ?? 0) + amount;
    else {
      weights.forEach((weight, back) => {
        if (weight === 0) return;
        const index = arrivedIn - back;
        result[index] = (result[index] ?? 0) + (amount * weight) / sum;
      });
    }
  });
  return result;
}

/**
 * Of clicks from before the first event nobody counted the early sales, and the late ones are among
 * the events'; where all of them came early, or nobody knows when, they are not known, not none.
 */
export function countedSince(one: Cohort, since: number, delay: DelayCurve): Cohort {
  const ageHours = (since - one.at - COHORT_MS / 2) / MILLIS_PER_HOUR;
  const missed = one.undated === true ? 1 : cdfAt(delay, ageHours);
  if (missed >= 1) return { ...one, conversions: null, revenueMinor: null };
  const known = { ...one, conversions: 0, revenueMinor: 0 };
  return missed > 0 ? { ...known, missed } : known;
}
