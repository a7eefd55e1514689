import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../shared/random.js';
import { formPosteriors, type AdBelief } from './belief.js';
import type { AdEvidence } from './posterior.js';
import { gammaInterval, summariseBelief, summariseResponse } from './summary.js';

const NOW = Date.UTC(2026, 2, 1);
const SETTINGS = { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 };

function form(ads: AdEvidence[]) {
  const { posteriors, account } = formPosteriors({ ads, asOf: NOW, settings: SETTINGS });
  return { belief: posteriors[0] as AdBelief, account };
}

function undated(counts: { conversions: number | null; revenueMinor: number | null }): AdEvidence {
  const cohort = { at: NOW, impressions: 50_000, clicks: 1000, spendMinor: 40_000, ...counts };
  return { adId: 'a', campaignId: 'c', undated: true, cohorts: [cohort] };
}

describe('gammaInterval', () => {
  it('is the central 95 % of the Gamma: 0.2422 to 5.5716 for shape 2', () => {
    const { mean, lo, hi } = gammaInterval({ shape: 2, rate: 1 });
    expect([mean, lo, hi].map((value) => Number(value.toFixed(4)))).toEqual([2, 0.2422, 5.5716]);
    expect(gammaInterval({ shape: 2, rate: 100 }).hi).toBeCloseTo(hi / 100, 12);
  });
});

describe('summariseBelief', () => {
  it('gives means, intervals, evidence and prior in the shape callers know', () => {
    const { belief, account } = form([undated({ conversions: 40, revenueMinor: 200_000 })]);
    const summary = summariseBelief(belief, account, 'USD', new SeededRandom(1));
    expect(summary.evidence).toEqual({
      impressions: 50_000,
      clicks: 1000,
      conversions: 40,
      matured_clicks: 1000,
      effective_impressions: 50_000,
      effective_clicks: 1000,
      effective_matured_clicks: 1000,
      effective_conversions: 40,
    });
    expect(summary.prior).toEqual({ source: 'account', accounts: 1, strength: 2 });
    expect(summary.value_per_conversion?.mean).toBe(50);
    for (const interval of [summary.ctr, summary.cvr, summary.value_per_conversion, summary.roas]) {
      expect(interval && interval.lo < interval.mean && interval.mean < interval.hi).toBe(true);
    }
    // 2,000 of revenue on 400 of spend.
    expect(summary.roas?.mean ?? NaN).toBeGreaterThan(4.5);
    expect(summary.roas?.mean ?? NaN).toBeLessThan(5.5);
  });

  it('says null and not zero where nobody reports conversions', () => {
    const { belief, account } = form([undated({ conversions: null, revenueMinor: null })]);
    const summary = summariseBelief(belief, account, 'USD', new SeededRandom(1));
    expect(summary).toMatchObject({ cvr: null, value_per_conversion: null, roas: null });
    expect(summary.evidence.conversions).toBeNull();
    expect(summary.evidence.effective_conversions).toBeNull();
    expect(summary.ctr.mean).toBeCloseTo(0.02, 3);
  });

  it('knows a rate but no value where conversions carry none', () => {
    const { belief, account } = form([undated({ conversions: 40, revenueMinor: null })]);
    const summary = summariseBelief(belief, account, 'USD', new SeededRandom(1));
    expect(summary.cvr?.mean).toBeCloseTo(0.04, 2);
    expect(summary).toMatchObject({ value_per_conversion: null, roas: null });
  });

  it('answers the same for the same seed, and in the units of the currency', () => {
    const { belief, account } = form([undated({ conversions: 40, revenueMinor: 200_000 })]);
    const of = (currency: string) =>
      summariseBelief(belief, account, currency, new SeededRandom(7));
    expect(of('USD')).toEqual(of('USD'));
    expect(of('JPY').value_per_conversion?.mean).toBe(5000);
    expect(of('JPY').roas).toEqual(of('USD').roas);
  });
});

describe('summariseResponse', () => {
  it('draws a rising, bending curve through the present spend', () => {
    const { belief, account } = form([undated({ conversions: 40, revenueMinor: 200_000 })]);
    const { saturation, lo, hi, curve } = summariseResponse(
      belief,
      account,
      'USD',
      new SeededRandom(3),
    );
    expect(lo < saturation && saturation < hi).toBe(true);
    expect(curve[0]).toEqual({ budget: 0, value: 0, lo: 0, hi: 0 });
    expect(curve.find(({ budget }) => budget === 400)?.value ?? NaN).toBeGreaterThan(1500);
    const gains = curve.slice(1).map((point, index) => {
      const before = curve[index];
      return ((point.value ?? 0) - (before?.value ?? 0)) / (point.budget - (before?.budget ?? 0));
    });
    expect(gains.every((gain) => gain > 0)).toBe(true);
    expect(gains).toEqual([...gains].sort((left, right) => right - left));
  });

  it('shows no value where none is known', () => {
    const { belief, account } = form([undated({ conversions: 40, revenueMinor: null })]);
    const { curve } = summariseResponse(belief, account, 'USD', new SeededRandom(3));
    expect(curve.every((point) => point.value === null && point.lo === null)).toBe(true);
  });
});
