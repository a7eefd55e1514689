import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  SHARE_MAX,
  cappedShares,
  roundedAccounts,
  secretDraws,
  settled,
  winsorised,
} from './privacy.js';

describe('cappedShares', () => {
  it('lets nobody have more than a quarter and leaves small weights in proportion', () => {
    const shares = cappedShares([100, 4, 3, 2, 1]);
    expect(Math.max(...shares)).toBeCloseTo(SHARE_MAX, 12);
    expect(cappedShares([1, 1, 1, 1, 1])).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
    const small = cappedShares([50, 2, 2, 2, 1, 1, 1]);
    expect((small[1] ?? 0) / (small[4] ?? 1)).toBeCloseTo(2, 9);
  });

  it('sums to 1, caps and keeps the order for any five or more weights', () => {
    const weights = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), {
      minLength: 5,
      maxLength: 40,
    });
    fc.assert(
      fc.property(weights, (all) => {
        const shares = cappedShares(all);
        expect(shares.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 9);
        expect(Math.max(...shares)).toBeLessThanOrEqual(SHARE_MAX + 1e-9);
        all.forEach((weight, index) => {
          all.forEach((other, at) => {
            if (weight > other) {
              expect((shares[index] ?? 0) >= (shares[at] ?? 1) - 1e-12).toBe(true);
            }
          });
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('settled', () => {
  it('rounds on a grid of equal factors', () => {
    expect(settled(1.1, 1.25, null)).toBe(1);
    expect(settled(1.2, 1.25, null)).toBe(1.25);
    expect(settled(0.0213, 1.25, null) / 0.0213).toBeGreaterThan(1 / 1.12);
    expect(settled(0.0213, 1.25, null) / 0.0213).toBeLessThan(1.12);
  });

  it('stays at what was published until the value is three quarters of a step away', () => {
    expect(settled(1.17, 1.25, 1)).toBe(1);
    expect(settled(1.19, 1.25, 1)).toBe(1.25);
    expect(settled(1.1, 1.25, 1.25)).toBe(1.25);
  });
});

describe('the other measures', () => {
  it('draw the same factor for an account and quantity for ever, another for any other', () => {
    const draw = secretDraws('secret');
    expect(draw('a', 'cvr')).toBe(secretDraws('secret')('a', 'cvr'));
    const others = [draw('b', 'cvr'), draw('a', 'ctr'), secretDraws('other')('a', 'cvr')];
    expect(new Set([draw('a', 'cvr'), ...others]).size).toBe(4);
    const many = Array.from({ length: 2000 }, (_, index) => draw(`account ${index}`, 'cvr'));
    const mean = many.reduce((total, one) => total + one, 0) / many.length;
    const variance = many.reduce((total, one) => total + one ** 2, 0) / many.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(variance).toBeCloseTo(1, 0);
  });

  it('pull outliers to within a factor of five of the median', () => {
    expect(winsorised([1, 2, 3, 4, 1000])).toEqual([1, 2, 3, 4, 15]);
    expect(winsorised([0.1, 2, 3, 4, 5])).toEqual([0.6, 2, 3, 4, 5]);
    expect(winsorised([0, 0, 0, 1])).toEqual([0, 0, 0, 1]);
  });

  it('tell the number of accounts in fives', () => {
    expect([4, 5, 9, 10, 14].map(roundedAccounts)).toEqual([0, 5, 5, 10, 10]);
  });
});
