import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intervalOf } from './interval.js';

describe('intervalOf', () => {
  it('answers the mean and the 10 % and 90 % quantiles of eleven values', () => {
    const values = Float64Array.from([7, 3, 10, 1, 5, 9, 0, 2, 8, 6, 4]);
    expect(intervalOf(values)).toEqual({ mean: 5, lo: 1, hi: 9 });
  });

  it('selects what sorting would select', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 250 }),
        (values) => {
          const sorted = values.toSorted((a, b) => a - b);
          const last = values.length - 1;
          expect(intervalOf(Float64Array.from(values))).toMatchObject({
            lo: sorted[Math.floor(0.1 * last)],
            hi: sorted[Math.ceil(0.9 * last)],
          });
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
