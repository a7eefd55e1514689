import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { fitResponse, meanCost, type SpendPoint } from './response.js';

const PRIOR = { cost: 0.5, spendMinor: 2000, saturation: 25_000 };

/** Days of random spend on impressions (s/c)·ln(1 + b/s) with log-normal demand noise. */
function simulate(cost: number, saturation: number, days: number, noise: number, seed: number) {
  const random = new SeededRandom(seed);
  return Array.from({ length: days }, (_, day): SpendPoint => {
    const spendMinor = 2000 + random.uniform() * 40_000;
    const impressions =
      (saturation / cost) * Math.log1p(spendMinor / saturation) * Math.exp(random.normal(0, noise));
    return { spendMinor, impressions, ageDays: day, weight: 1 };
  });
}

describe('fitResponse', () => {
  it('is the prior for an ad without a day, with an honest width', () => {
    const response = fitResponse([], PRIOR);
    expect(meanCost(response, PRIOR.spendMinor)).toBeCloseTo(0.5, 12);
    expect(response.costLogSd).toBeCloseTo(0.3, 12);
    expect(response.saturation).toBeCloseTo(25_000, 6);
    expect(response.saturationLo).toBeLessThan(12_500);
    expect(response.saturationHi).toBe(150_000);
  });

  it('tells an ad that saturates early from one that hardly does', () => {
    const early = fitResponse(simulate(0.5, 8000, 28, 0.05, 1), PRIOR);
    const late = fitResponse(simulate(0.5, 120_000, 28, 0.05, 2), PRIOR);
    expect(early.saturation).toBeLessThan(13_000);
    expect(late.saturation).toBeGreaterThan(60_000);
    expect(early.saturationHi).toBeLessThan(late.saturationLo);
    expect(late.cost).toBeCloseTo(0.5, 1);
  });

  it('matches the mean cost that was observed at the spend that was tried', () => {
    const days = simulate(0.8, 30_000, 28, 0.02, 3);
    const spend = days.reduce((sum, day) => sum + day.spendMinor, 0) / 28;
    const cost = days.reduce((sum, day) => sum + day.spendMinor / day.impressions, 0) / 28;
    expect(meanCost(fitResponse(days, PRIOR), spend) / cost).toBeCloseTo(1, 1);
  });

  it('covers a true saturation near the prior in nine of ten accounts', () => {
    const covered = Array.from({ length: 200 }, (_, run) =>
      fitResponse(simulate(0.5, 30_000, 14, 0.15, 500 + run), PRIOR),
    ).filter((fit) => fit.saturationLo <= 30_000 && 30_000 <= fit.saturationHi).length;
    expect(covered / 200).toBeGreaterThan(0.9);
  });

  it('ignores days without spend or without impressions and weighs tiny days lightly', () => {
    const days = simulate(0.5, 30_000, 10, 0.05, 4);
    const empty = { spendMinor: 0, impressions: 900, ageDays: 0, weight: 1 };
    const unseen = { spendMinor: 900, impressions: 0, ageDays: 0, weight: 1 };
    expect(fitResponse([...days, empty, unseen], PRIOR)).toEqual(fitResponse(days, PRIOR));
    const dear = { spendMinor: 900, impressions: 3, ageDays: 0, weight: 1 };
    expect(fitResponse([dear], PRIOR).cost).toBeLessThan(1);
  });

  it('stays finite and within the clip for any days', () => {
    const point = fc.record({
      spendMinor: fc.nat(10_000_000),
      impressions: fc.nat(10_000_000),
      ageDays: fc.nat(1000),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), (days) => {
        const fit = fitResponse(days, PRIOR);
        expect(Object.values(fit).every((value) => Number.isFinite(value) && value > 0)).toBe(true);
        expect(fit.saturationLo).toBeGreaterThanOrEqual(0.25 * 25_000);
        expect(fit.saturationLo).toBeLessThanOrEqual(fit.saturation);
        expect(fit.saturation).toBeLessThanOrEqual(fit.saturationHi);
        expect(fit.saturationHi).toBeLessThanOrEqual(6 * 25_000);
      }),
    );
  });
});
