import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apportion } from './apportion.js';

describe('apportion', () => {
  it('gives the largest remainders the units that rounding down left over', () => {
    expect(apportion(10, [1, 1, 4])).toEqual([2, 1, 7]);
    expect(apportion(7, [5])).toEqual([7]);
    expect(apportion(0, [1, 2])).toEqual([0, 0]);
  });

  it('deals units out evenly where all remainders are equal', () => {
    const shares = apportion(
      4,
      Array.from({ length: 16 }, () => 1),
    );
    const quarters = [0, 4, 8, 12].map((start) =>
      shares.slice(start, start + 4).reduce((total, share) => total + share, 0),
    );
    expect(quarters).toEqual([1, 1, 1, 1]);
  });

  it('always sums to the amount, in whole shares within one of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 }),
        (amount, weights) => {
          const sum = weights.reduce((total, weight) => total + weight, 0);
          const shares = apportion(amount, weights);
          expect(shares.reduce((total, share) => total + share, 0)).toBe(amount);
          shares.forEach((share, index) => {
            expect(Number.isInteger(share)).toBe(true);
            const exact = (amount * (weights[index] ?? 0)) / sum;
            expect(Math.abs(share - exact)).toBeLessThan(1 + 1e-6);
          });
        },
      ),
    );
  });
});
