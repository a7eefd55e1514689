import { describe, expect, it } from '@jest/globals';
import { anAd } from '../../../test/fixtures/allocation.js';
import { fixedAt, type Bounds } from './constraints.js';
import type { Draws } from './draws.js';
import { pricesWithin, weighMoves } from './worth-of-moves.js';
import { atSameMoney, expectedOf, referenceBudgets } from './worth-of-splits.js';
import { finished } from '../../shared/steps.js';

/** One draw: arms of worth 4 and 2 with scale 10, whose level at a total of 40 is 1. */
const draws: Draws = {
  arms: 2,
  count: 1,
  worth: Float64Array.from([4, 2]),
  scale: Float64Array.from([10, 10]),
  level: Float64Array.from([1]),
};

describe('referenceBudgets', () => {
  it('takes the split of spend where no budget is known', () => {
    const known = anAd('a', { spendMinor: 300 });
    const unknown = anAd('b', { spendMinor: 100 }, { currentMinor: null });
    expect(referenceBudgets([known, unknown], 2_000)).toEqual([1_000, 500]);
    const unspent = anAd('c', { spendMinor: 0 }, { currentMinor: null });
    expect(referenceBudgets([unspent], 2_000)).toEqual([null]);
  });
});

describe('atSameMoney', () => {
  it('carries a split to another sum, and knows when there is none to carry', () => {
    expect(atSameMoney([30, 10], 80)).toEqual(Float64Array.from([60, 20]));
    expect(atSameMoney([30, null], 80)).toBeNull();
    expect(atSameMoney([0, 0], 80)).toBeNull();
  });
});

describe('expectedOf', () => {
  it('values splits by the response curve', () => {
    const best = Float64Array.from([30, 10]);
    const references = [20, 20];
    const expected = finished(
      expectedOf(draws, {
        references,
        sameMoney: atSameMoney(references, 40),
        proposed: best,
        uncapped: best,
      }),
    );
    const value = 40 * Math.log(4) + 20 * Math.log(2);
    expect(expected).toEqual({
      currentMinorPerDay: expect.closeTo(60 * Math.log(3), 9),
      sameMoneyMinorPerDay: expect.closeTo(60 * Math.log(3), 9),
      proposedMinorPerDay: expect.closeTo(value, 9),
      uncappedMinorPerDay: expect.closeTo(value, 9),
      pBetter: 1,
      horizonDays: 1,
    });
  });

  it('finds a split neither better nor worse than itself', () => {
    const same = Float64Array.from([20, 20]);
    const splits = { references: [20, 20], sameMoney: same, proposed: same, uncapped: same };
    expect(finished(expectedOf(draws, splits)).pBetter).toBe(0.5);
  });
});

describe('weighMoves', () => {
  it("sets each ad's next unit against the account's marginal unit", () => {
    const [up, held] = finished(weighMoves(draws, draws.level, [20, 20], [30, 20]));
    // 4/(1 + 20/10) is above the level of 1; ten more units cost ten at that level.
    const gain = 40 * (Math.log(4) - Math.log(3)) - 10;
    expect(up).toMatchObject({ up: 1, down: 0, marginalAfter: 1 });
    expect(up?.marginal.mean).toBeCloseTo(4 / 3, 12);
    expect(up?.gainMinor.mean).toBeCloseTo(gain, 12);
    expect(held).toMatchObject({ up: 0, down: 1, gainMinor: { mean: 0, lo: 0, hi: 0 } });
  });
});

describe('pricesWithin', () => {
  const step: Bounds = { lo: 16, hi: 24, loBy: 'step', hiBy: 'step' };

  it('prices money where the limits let it go', () => {
    // The first arm stands at its 24, so the next unit is the second's: 2/(1 + 16/10).
    const open: Bounds = { lo: 0, hi: Infinity, loBy: null, hiBy: null };
    const [price] = finished(pricesWithin(draws, [step, open], Float64Array.from([24, 16])));
    expect(price).toBeCloseTo(2 / 2.6, 9);
  });

  it('falls back on the free level where the limits leave no choice', () => {
    const fixed = [fixedAt(20, 'learning'), fixedAt(20, 'learning')];
    const [price] = finished(pricesWithin(draws, fixed, Float64Array.from([20, 20])));
    expect(price).toBeCloseTo(1, 12);
  });
});
