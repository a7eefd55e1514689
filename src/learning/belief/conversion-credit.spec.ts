import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COHORT_MS, emptyCohort } from './cohorts.js';
import { creditConversions } from './conversion-credit.js';
import { defaultDelayCurve } from './delay.js';
import type { Cohort } from './posterior.js';

const START = Date.UTC(2026, 0, 1);
const CURVE = [
  { lagHours: 6, cdf: 0.4, lo: 0.4, hi: 0.4 },
  { lagHours: 12, cdf: 1, lo: 1, hi: 1 },
];

function cohort(index: number, counts: Partial<Cohort>): Cohort {
  return { ...emptyCohort(START + index * COHORT_MS), ...counts };
}

function conversions(cohorts: Cohort[]): (number | null)[] {
  return cohorts.map((one) => one.conversions);
}

describe('creditConversions', () => {
  it('spreads an arrival over earlier clicks in proportion to clicks times delay density', () => {
    // Masses by lag: 0.2, 0.5, 0.3.
    const credited = creditConversions(
      [
        cohort(0, { clicks: 10 }),
        cohort(1, { clicks: 20 }),
        cohort(2, { clicks: 35, conversions: 4, revenueMinor: 200 }),
      ],
      CURVE,
    );
    conversions(credited).forEach((share, index) =>
      expect(share).toBeCloseTo([0.6, 2, 1.4][index] ?? NaN, 12),
    );
    expect(credited.map((one) => one.revenueMinor)).toEqual([30, 100, 70]);
  });

  it('credits no click that came after the conversion or before the window', () => {
    const credited = creditConversions(
      [
        cohort(0, { clicks: 99 }),
        cohort(4, { clicks: 5, conversions: 2 }),
        cohort(5, { clicks: 9 }),
      ],
      CURVE,
    );
    expect(conversions(credited)).toEqual([0, 2, 0]);
  });

  it('leaves a conversion without any possible click where it arrived', () => {
    expect(conversions(creditConversions([cohort(0, { conversions: 3 })], CURVE))).toEqual([3]);
  });

  it('neither takes from undated clicks nor gives to them, and keeps null as null', () => {
    const credited = creditConversions(
      [
        cohort(0, { clicks: 100, conversions: 7, undated: true }),
        cohort(0, { clicks: 5, conversions: null }),
        cohort(1, { clicks: 5, conversions: 2 }),
      ],
      CURVE,
    );
    expect(conversions(credited)).toEqual([7, null, 2]);
  });

  it('preserves the totals of conversions and revenue', () => {
    const counts = fc.record({
      clicks: fc.nat(500),
      conversions: fc.option(fc.nat(50)),
      revenueMinor: fc.option(fc.nat(100_000)),
    });
    const total = (cohorts: Cohort[], metric: 'conversions' | 'revenueMinor') =>
      cohorts.reduce((sum, one) => sum + (one[metric] ?? 0), 0);
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 60 }), (rows) => {
        const cohorts = rows.map((row, index) => cohort(index, row));
        const credited = creditConversions(cohorts, defaultDelayCurve(7));
        for (const metric of ['conversions', 'revenueMinor'] as const) {
          expect(total(credited, metric)).toBeCloseTo(total(cohorts, metric), 6);
          expect(credited.map((one) => one[metric] === null)).toEqual(
            cohorts.map((one) => one[metric] === null),
          );
        }
      }),
    );
  });
});
