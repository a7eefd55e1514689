import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { estimateStrength, gammaPrior, ratePrior } from './empirical-bayes.js';
import { DEFAULT_STRENGTH, SHIPPED_PRIOR } from './prior.js';

const PRIOR = { mean: 0.02, strength: 2, accountStrength: 1 };

/** Ads whose true rates are Gamma(k, k/mean), seen on `exposure` each. */
function account(ads: number, k: number, mean: number, exposure: number, seed: number) {
  const random = new SeededRandom(seed);
  return Array.from({ length: ads }, () => ({
    events: random.poisson(random.gamma(k, k / mean) * exposure),
    exposure,
  }));
}

describe('estimateStrength', () => {
  it('finds half of the true concentration from many ads with much data', () => {
    for (const k of [2, 4, 10]) {
      expect(estimateStrength(account(2000, k, 0.02, 2000, k), 2) / (k / 2)).toBeCloseTo(1, 0);
    }
  });

  it('stays within the clip: identical ads almost 25, wild ones a third', () => {
    const equal = Array.from({ length: 300 }, () => ({ events: 400, exposure: 20_000 }));
    expect(estimateStrength(equal, 2)).toBeGreaterThan(22);
    expect(estimateStrength(equal, 2)).toBeLessThanOrEqual(25);
    const wild = equal.map((ad, index) => (index % 50 === 0 ? { ...ad, events: 40_000 } : ad));
    expect(estimateStrength(wild, 2)).toBeCloseTo(1 / 3, 1);
  });

  it('answers the shipped strength where there is nothing to learn from', () => {
    expect(DEFAULT_STRENGTH).toBe(2);
    expect(estimateStrength([], 2)).toBe(2);
    expect(estimateStrength([{ events: 50, exposure: 1000 }], 2)).toBe(2);
    expect(estimateStrength(account(9, 2, 0.02, 0, 1), 2)).toBe(2);
  });

  it('moves little on a few ads with a few events', () => {
    const few = [1, 0, 2, 1].map((events) => ({ events, exposure: 60 }));
    const strength = estimateStrength(few, 2);
    expect(strength).toBeGreaterThan(1.5);
    expect(strength).toBeLessThan(2.5);
  });
});

describe('ratePrior', () => {
  it('counts an ad with much data as one ad and not as its clicks', () => {
    const points = [
      { events: 100_000, exposure: 1_000_000 },
      ...Array.from({ length: 20 }, () => ({ events: 200, exposure: 10_000 })),
    ];
    const { mean, own } = ratePrior(points, PRIOR);
    expect(mean).toBeLessThan(0.03);
    expect(mean).toBeGreaterThan(0.019);
    expect(own).toBe(true);
  });

  it('finds an account whose rate is a fiftieth of the shipped mean', () => {
    const points = account(12, 10, 0.0002, 200_000, 5);
    const { mean } = ratePrior(points, SHIPPED_PRIOR.ctr);
    expect(mean / 0.0002).toBeGreaterThan(0.7);
    expect(mean / 0.0002).toBeLessThan(1.4);
  });

  it('is the shipped prior without evidence, and falls when clicks bring nothing', () => {
    expect(ratePrior([], PRIOR)).toEqual({ mean: 0.02, strength: 2, own: false });
    const silent = ratePrior([{ events: 0, exposure: 1000 }], PRIOR);
    expect(silent.mean).toBeLessThan(0.004);
    expect(silent.mean).toBeGreaterThan(0);
    expect(silent.own).toBe(true);
  });

  it('is finite and positive for any counts, events without exposure included', () => {
    const point = fc.record({ events: fc.nat(1_000_000), exposure: fc.nat(1_000_000) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), (points) => {
        const { mean, strength } = ratePrior(points, PRIOR);
        expect(Number.isFinite(mean) && mean > 0).toBe(true);
        expect(strength).toBeGreaterThanOrEqual(1 / 3 - 1e-9);
        expect(strength).toBeLessThanOrEqual(25 + 1e-9);
      }),
    );
  });
});

describe('gammaPrior', () => {
  it('has the mean and the strength it was asked for', () => {
    expect(gammaPrior(0.02, 4)).toEqual({ shape: 4, rate: 200 });
  });
});
