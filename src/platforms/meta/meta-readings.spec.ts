import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toMajor } from '../../shared/money.js';
import { toAccountLimits, toObjectState, toReading, writeFields } from './meta-readings.js';

const NOW = new Date('2026-03-01T12:00:00Z');

describe('an object of Meta', () => {
  it('has budgets as texts of minor units, and "0" for the kind it does not use', () => {
    const body = { id: '7', status: 'ACTIVE', daily_budget: '5000', lifetime_budget: '0' };
    expect(toObjectState('7', { ...body, bid_amount: 250 })).toEqual({
      adId: '7',
      status: 'active',
      dailyBudgetMinor: 5000,
      lifetimeBudgetMinor: null,
      bidMinor: 250,
    });
  });

  it('is archived once deleted, and says its own status rather than the effective one', () => {
    const statusOf = (status: string) =>
      toObjectState('7', { status, effective_status: 'CAMPAIGN_PAUSED' }).status;
    expect(['ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED'].map(statusOf)).toEqual([
      'active',
      'paused',
      'archived',
      'archived',
    ]);
  });

  it.each([
    [null],
    [{}],
    [{ status: 'SLEEPING' }],
    [{ status: 'ACTIVE', daily_budget: '12.5' }],
    [{ status: 'ACTIVE', daily_budget: 'much' }],
    [{ status: 'ACTIVE', bid_amount: -1 }],
  ])('that reads %j is a transient fault', (body) => {
    expect(() => toObjectState('7', body)).toThrow(expect.objectContaining({ kind: 'transient' }));
  });
});

describe('a row of insights', () => {
  it('has texts for figures, spend in major units and no zeros', () => {
    const row = { adset_id: '7', impressions: '1200', spend: '12.34' };
    expect(toReading(row, 'adset', 'USD', NOW)).toEqual({
      adId: '7',
      observedAt: NOW,
      impressions: 1200,
      clicks: 0,
      spendMinor: 1234,
      conversions: null,
      revenueMinor: null,
    });
    const yen = toReading({ ad_id: '8', spend: '1234' }, 'ad', 'JPY', NOW);
    expect(yen.spendMinor).toBe(1234);
  });

  it('gives back every amount exactly', () => {
    const minors = fc.integer({ min: 0, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(minors, fc.constantFrom('USD', 'JPY', 'HUF', 'BHD'), (minor, currency) => {
        const spend = String(toMajor(minor, currency));
        return toReading({ ad_id: '8', spend }, 'ad', currency, NOW).spendMinor === minor;
      }),
    );
  });

  it.each([
    [{ impressions: '5' }],
    [{ ad_id: '8', clicks: '5.5' }],
    [{ ad_id: '8', spend: '-3' }],
    [{ ad_id: '8', spend: '1,234.00' }],
    ['text'],
  ])('that reads %j is a transient fault', (row) => {
    expect(() => toReading(row, 'ad', 'USD', NOW)).toThrow(
      expect.objectContaining({ kind: 'transient' }),
    );
  });
});

describe('the form of a write', () => {
  it('is one absolute value', () => {
    expect(writeFields({ adId: '7', changeType: 'budget', valueMinor: 5000 })).toEqual({
      daily_budget: '5000',
    });
    expect(writeFields({ adId: '7', changeType: 'bid', valueMinor: 120 })).toEqual({
      bid_amount: '120',
    });
    expect(writeFields({ adId: '7', changeType: 'status', value: 'archived' })).toEqual({
      status: 'ARCHIVED',
    });
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'is refused for an amount of %p',
    (valueMinor) => {
      expect(() => writeFields({ adId: '7', changeType: 'budget', valueMinor })).toThrow(
        expect.objectContaining({ kind: 'invalid' }),
      );
    },
  );
});

describe('the limits of an ad account', () => {
  it('are those of one that cannot spend when Meta has disabled or closed it', () => {
    const isDisabled = (account_status?: number) => toAccountLimits({ account_status }).isDisabled;
    expect([1, 2, 9, 101, undefined].map(isDisabled)).toEqual([false, true, false, true, false]);
  });
});
