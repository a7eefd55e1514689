import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DayValues, SnapshotValues } from './metric-values.js';
import { NO_TOTALS, addTotals, daysStandAlone, sumOf } from './totals.js';

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

describe('sumOf', () => {
  it('is the latest snapshot plus the days that stand beside it', () => {
    const totals = sumOf(
      {
        snapshots: [snapshot('2026-11-01T00:00:00Z'), snapshot('2026-11-03T12:00:00Z')],
        days: [day('2026-11-04'), day('2026-11-05')],
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

  it('is the sum of days alone, and nothing for nothing', () => {
    expect(sumOf({ snapshots: [], days: [day('2026-11-01'), day('2026-11-02')] }, 'UTC')).toEqual(
      expect.objectContaining({ clicks: 20, conversions: 2 }),
    );
    expect(sumOf({ snapshots: [], days: [] }, 'UTC')).toEqual(NO_TOTALS);
  });

  it('adds the days of long ago, and ends with the newest of all', () => {
    const earlier = { ...day('2026-01-31', { clicks: 400, conversions: null }) };
    const reports = { snapshots: [], earlier: { ...earlier, lastDay: '2026-01-31' } };
    expect(sumOf({ ...reports, days: [] }, 'UTC')).toMatchObject({
      ...{ clicks: 400, conversions: null, observedAt: new Date('2026-02-01T00:00:00Z') },
    });
    expect(sumOf({ ...reports, days: [day('2026-11-01')] }, 'UTC')).toMatchObject({
      ...{ clicks: 410, conversions: 1, observedAt: new Date('2026-11-02T00:00:00Z') },
    });
  });

  it('never falls in impressions because snapshots begin late', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(3000), fc.nat(500), (own, covered, after) => {
        const before = { ...day('2026-11-05', { impressions: covered }), lastDay: '2026-11-05' };
        const last = snapshot('2026-11-05T12:00:00Z', { impressions: own });
        const days = [day('2026-11-06', { impressions: after })];
        const reports = daysStandAlone(last, before)
          ? { snapshots: [], days, earlier: before }
          : { snapshots: [last], days };
        const both = sumOf(reports, 'UTC').impressions;
        expect(both).toBe(Math.max(covered, own) + after);
      }),
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
