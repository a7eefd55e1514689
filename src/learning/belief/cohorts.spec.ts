import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COHORT_MS, cohortsFromSnapshots, type TotalsSnapshot } from './cohorts.js';
import type { Cohort } from './posterior.js';

const START = Date.UTC(2026, 0, 1);

function snapshot(cells: number, totals: Partial<TotalsSnapshot>): TotalsSnapshot {
  return {
    observedAt: START + cells * COHORT_MS,
    impressions: 0,
    clicks: 0,
    spendMinor: 0,
    conversions: null,
    revenueMinor: null,
    ...totals,
  };
}

function column(cohorts: Cohort[], metric: keyof Cohort): unknown[] {
  return cohorts.map((cohort) => cohort[metric]);
}

describe('cohortsFromSnapshots', () => {
  it('spreads the first totals from the start and every increment over the time it covers', () => {
    const cohorts = cohortsFromSnapshots(
      [
        snapshot(2, { impressions: 100, clicks: 10, spendMinor: 50 }),
        snapshot(3, { impressions: 160, clicks: 12, spendMinor: 80 }),
        snapshot(5, { impressions: 201, clicks: 12, spendMinor: 81 }),
      ],
      START,
    );
    const rest = { conversions: null, revenueMinor: null };
    expect(cohorts).toEqual([
      { at: START, impressions: 50, clicks: 5, spendMinor: 25, ...rest },
      { at: START + COHORT_MS, impressions: 50, clicks: 5, spendMinor: 25, ...rest },
      { at: START + 2 * COHORT_MS, impressions: 60, clicks: 2, spendMinor: 30, ...rest },
      { at: START + 3 * COHORT_MS, impressions: 21, clicks: 0, spendMinor: 1, ...rest },
      { at: START + 4 * COHORT_MS, impressions: 20, clicks: 0, spendMinor: 0, ...rest },
    ]);
  });

  it('splits an increment across a cohort boundary by time', () => {
    const cohorts = cohortsFromSnapshots(
      [snapshot(0.5, { impressions: 10 }), snapshot(1.5, { impressions: 110 })],
      START,
    );
    expect(column(cohorts, 'impressions')).toEqual([60, 50]);
  });

  it('keeps first totals of unknown age in one undated cohort', () => {
    const cohorts = cohortsFromSnapshots(
      [
        snapshot(4, { impressions: 100, clicks: 10, conversions: 2, revenueMinor: 900 }),
        snapshot(5, { impressions: 120, clicks: 11, conversions: 3, revenueMinor: 1000 }),
      ],
      null,
    );
    expect(cohorts).toEqual([
      {
        at: START + 3 * COHORT_MS,
        undated: true,
        impressions: 100,
        clicks: 10,
        spendMinor: 0,
        conversions: 2,
        revenueMinor: 900,
      },
      {
        at: START + 4 * COHORT_MS,
        impressions: 20,
        clicks: 1,
        spendMinor: 0,
        conversions: 1,
        revenueMinor: 100,
      },
    ]);
  });

  it('takes a correction downwards out of the latest cohorts and never makes a negative one', () => {
    const cohorts = cohortsFromSnapshots(
      [
        snapshot(1, { impressions: 100, clicks: 4 }),
        snapshot(2, { impressions: 200, clicks: 9 }),
        snapshot(3, { impressions: 60, clicks: 8 }),
        snapshot(4, { impressions: 90, clicks: 8 }),
      ],
      START,
    );
    expect(column(cohorts, 'impressions')).toEqual([60, 0, 30]);
    expect(column(cohorts, 'clicks')).toEqual([4, 4, 0]);
  });

  it('leaves conversions null where nobody reported them and zero where none were measured', () => {
    const unknown = cohortsFromSnapshots([snapshot(1, { clicks: 5 })], START);
    expect(column(unknown, 'conversions')).toEqual([null]);
    const zero = cohortsFromSnapshots([snapshot(1, { clicks: 5, conversions: 0 })], START);
    expect(column(zero, 'conversions')).toEqual([0]);
    const idle = cohortsFromSnapshots([snapshot(1, { conversions: 0 })], START);
    expect(column(idle, 'conversions')).toEqual([0]);
    const ended = cohortsFromSnapshots(
      [snapshot(1, { clicks: 5, conversions: 1 }), snapshot(2, { clicks: 9 })],
      START,
    );
    expect(column(ended, 'conversions')).toEqual([1, null]);
  });

  it('answers nothing for no snapshots and survives a start after the first observation', () => {
    expect(cohortsFromSnapshots([], START)).toEqual([]);
    const odd = cohortsFromSnapshots([snapshot(1, { clicks: 5 })], START + 9 * COHORT_MS);
    expect(column(odd, 'clicks')).toEqual([5]);
  });

  it('does not make tens of thousands of cohorts of a start date in 1970', () => {
    const cohorts = cohortsFromSnapshots([snapshot(0, { impressions: 1_000_000 })], 0);
    expect(cohorts.length).toBe(1600);
  });

  it('sums exactly to the latest known totals, whatever the totals do', () => {
    const total = fc.integer({ min: 0, max: 5000 });
    const totals = fc.record({
      gapHours: fc.integer({ min: 1, max: 60 }),
      impressions: total,
      clicks: total,
      spendMinor: total,
      conversions: fc.option(total),
      revenueMinor: fc.option(total),
    });
    fc.assert(
      fc.property(
        fc.array(totals, { minLength: 1, maxLength: 12 }),
        fc.option(fc.integer({ min: -100, max: 50 })),
        (steps, startHours) => {
          let observedAt = START;
          const snapshots = steps.map(({ gapHours, ...rest }) => {
            observedAt += gapHours * 3_600_000;
            return { observedAt, ...rest };
          });
          const startedAt = startHours === null ? null : START + startHours * 3_600_000;
          const cohorts = cohortsFromSnapshots(snapshots, startedAt);
          for (const metric of [
            'impressions',
            'clicks',
            'spendMinor',
            'conversions',
            'revenueMinor',
          ] as const) {
            const latest = snapshots.map((one) => one[metric]).findLast((value) => value !== null);
            const known = cohorts.map((one) => one[metric]).filter((value) => value !== null);
            const sum = known.reduce((all, value) => all + value, 0);
            expect(known.length > 0 ? sum : undefined).toBe(latest);
            expect(known.every((value) => value >= 0 && Number.isInteger(value))).toBe(true);
          }
          const dated = cohorts.filter((cohort) => !cohort.undated).map((cohort) => cohort.at);
          expect(dated).toEqual([...new Set(dated)].sort((left, right) => left - right));
        },
      ),
    );
  });
});
