import { describe, expect, it } from '@jest/globals';
import { bringsConversions, dayValues, isMetricFault, snapshotValues } from './metric-values.js';

const context = {
  currency: 'JPY',
  timezone: 'Asia/Tokyo',
  asOf: new Date('2026-11-22T16:00:00Z'),
  oldest: new Date('2023-10-21T00:00:00Z'),
};

describe('snapshotValues', () => {
  it('keeps minor units of the currency and tells unknown from zero', () => {
    const input = {
      ad_id: 'a',
      observed_at: '2026-11-22T10:00:00+09:00',
      impressions: 10,
      clicks: 1,
      spend: 1200,
      conversions: 0,
    };
    expect(snapshotValues(input, context)).toEqual({
      adId: 'a',
      observedAt: new Date('2026-11-22T01:00:00Z'),
      impressions: 10,
      clicks: 1,
      spendMinor: 1200,
      conversions: 0,
      leads: null,
      revenueMinor: null,
      pipelineValueMinor: null,
    });
  });

  it('refuses the future beyond ten minutes', () => {
    const at = (observed_at: string) =>
      snapshotValues({ ad_id: 'a', observed_at, impressions: 0, clicks: 0, spend: 0 }, context);
    expect(isMetricFault(at('2026-11-22T16:10:00Z'))).toBe(false);
    expect(at('2026-11-22T16:10:01Z')).toEqual(
      expect.objectContaining({ code: 'metrics.in_future' }),
    );
  });
});

describe('dayValues', () => {
  it('takes the day that has begun in the account’s timezone, and not the next', () => {
    const on = (date: string) =>
      dayValues({ ad_id: 'a', date, impressions: 0, clicks: 0, spend: 0 }, context);
    expect(on('2026-11-23')).toEqual(expect.objectContaining({ day: '2026-11-23' }));
    expect(on('2026-11-24')).toEqual(expect.objectContaining({ code: 'metrics.in_future' }));
  });
});

describe('bringsConversions', () => {
  it('asks for a conversion, not for a column', () => {
    expect(bringsConversions([{ conversions: null }, { conversions: 0 }])).toBe(false);
    expect(bringsConversions([{ conversions: 0 }, { conversions: 1 }])).toBe(true);
  });
});
