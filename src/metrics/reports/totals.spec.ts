import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DayValues, SnapshotValues } from './metric-values.js';
import { NO_TOTALS, addTotals, totalsOf } from './totals.js';

const snapshot = (at: string, numbers: Partial<SnapshotValues> = {}): SnapshotValues => ({
  adId: 'a',
  observedAt: new Date(at),
  impressions: 1000,
  clicks: 100,
  spendMinor: 5000,
  conversions: null,
  leads: null,
  revenueMinor: null,
  pipelineValueMinor: null,
  ...numbers,
});

const day = (date: string, numbers: Partial<DayValues> = {}): DayValues => ({
  adId: 'a',
  day: date,
  attributionSetting: '',
  impressions: 100,
  clicks: 10,
  spendMinor: 500,
  conversions: 1,
  viewConversions: 7,
  leads: null,
  revenueMinor: null,
  ...numbers,
});

describe('totalsOf', () => {
  it('is the latest snapshot plus the days after its own', () => {
    const totals = totalsOf(
      {
        snapshots: [snapshot('2026-11-01T00:00:00Z'), snapshot('2026-11-03T12:00:00Z')],
        days: [day('2026-11-02'), day('2026-11-03'), day('2026-11-04'), day('2026-11-05')],
      },
      'UTC',
    );
    expect(totals).toEqual({
      ...NO_TOTALS,
      impressions: 1200,
      clicks: 120,
      spendMinor: 6000,
      conversions: 2,
      observedAt: new Date('2026-11-06T00:00:00Z'),
    });
  });

  it('judges which day a snapshot covers in the timezone of the account', () => {
    const reports = {
      snapshots: [snapshot('2026-11-04T03:00:00Z')],
      days: [day('2026-11-03'), day('2026-11-04')],
    };
    expect(totalsOf(reports, 'UTC').clicks).toBe(100);
    expect(totalsOf(reports, 'America/New_York').clicks).toBe(110);
  });

  it('is the sum of days alone, and nothing for nothing', () => {
    expect(
      totalsOf({ snapshots: [], days: [day('2026-11-01'), day('2026-11-02')] }, 'UTC'),
    ).toEqual(expect.objectContaining({ clicks: 20, conversions: 2 }));
    expect(totalsOf({ snapshots: [], days: [] }, 'UTC')).toEqual(NO_TOTALS);
  });

  it('never falls in impressions because snapshots begin late', () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.array(fc.nat(500), { minLength: 1, maxLength: 9 }),
        (own, daily) => {
          const days = daily.map((impressions, index) =>
            day(`2026-11-0${index + 1}`, { impressions }),
          );
          const alone = totalsOf({ snapshots: [], days }, 'UTC').impressions;
          const snapshots = [snapshot('2026-11-05T12:00:00Z', { impressions: own })];
          const both = totalsOf({ snapshots, days }, 'UTC').impressions;
          expect(both).toBeGreaterThanOrEqual(Math.max(alone, own));
        },
      ),
    );
  });
});

describe('addTotals', () => {
  it('keeps unknown apart from zero', () => {
    const known = { ...NO_TOTALS, conversions: 0 };
    expect(addTotals(NO_TOTALS, NO_TOTALS).conversions).toBeNull();
    expect(addTotals(NO_TOTALS, known).conversions).toBe(0);
  });
});
