import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cohortsFromDays, dayBoundsIn, type DailyRow } from './daily-cohorts.js';

const HOUR = 3_600_000;
const LATE = Date.UTC(2030, 0, 1);

function day(date: string, counts: Partial<DailyRow> = {}): DailyRow {
  return {
    day: date,
    impressions: 0,
    clicks: 0,
    spendMinor: 0,
    conversions: null,
    revenueMinor: null,
    ...counts,
  };
}

describe('dayBoundsIn', () => {
  it('knows the days of the timezone, those of 23 and 25 hours too', () => {
    const boundsOf = dayBoundsIn('Europe/Berlin');
    const bounds = ['2026-01-15', '2026-03-29', '2026-10-25'].map((date) => {
      const { from, to } = boundsOf(date);
      return [new Date(from).toISOString(), (to - from) / HOUR];
    });
    expect(bounds).toEqual([
      ['2026-01-14T23:00:00.000Z', 24],
      ['2026-03-28T23:00:00.000Z', 23],
      ['2026-10-24T22:00:00.000Z', 25],
    ]);
  });
});

describe('cohortsFromDays', () => {
  it('cuts a day into four and keeps null apart from zero', () => {
    const row = day('2026-01-15', { impressions: 400, clicks: 8, spendMinor: 100, conversions: 0 });
    const from = Date.UTC(2026, 0, 15, 5);
    const cohorts = cohortsFromDays([row], dayBoundsIn('America/New_York'), LATE);
    expect(cohorts).toEqual(
      [0, 6, 12, 18].map((hours) => ({
        at: from + hours * HOUR,
        impressions: 100,
        clicks: 2,
        spendMinor: 25,
        conversions: 0,
        revenueMinor: null,
      })),
    );
  });

  it('spreads a running day over what has passed of it and leaves out days to come', () => {
    const rows = [day('2026-01-15', { clicks: 9 }), day('2026-01-16', { clicks: 5 })];
    const asOf = Date.UTC(2026, 0, 15, 11);
    const cohorts = cohortsFromDays(rows, dayBoundsIn('UTC'), asOf);
    expect(cohorts.map(({ at, clicks }) => [at, clicks])).toEqual([
      [Date.UTC(2026, 0, 15), 5],
      [Date.UTC(2026, 0, 15, 6), 4],
    ]);
  });

  it('lets a later report replace the day, and thirty days give their sum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 31 }), fc.nat(10_000)), { maxLength: 60 }),
        fc.constantFrom('UTC', 'Asia/Kolkata', 'America/Sao_Paulo', 'Europe/Berlin'),
        (reports, timezone) => {
          const rows = reports.map(([number, clicks]) =>
            day(`2026-03-${String(number).padStart(2, '0')}`, { clicks, conversions: clicks }),
          );
          const cohorts = cohortsFromDays(rows, dayBoundsIn(timezone), LATE);
          const latest = new Map(reports);
          const total = [...latest.values()].reduce((sum, clicks) => sum + clicks, 0);
          expect(cohorts.reduce((sum, { clicks }) => sum + clicks, 0)).toBe(total);
          expect(cohorts.reduce((sum, one) => sum + (one.conversions ?? 0), 0)).toBe(total);
          expect(cohorts.length).toBe(4 * latest.size);
        },
      ),
    );
  });
});
