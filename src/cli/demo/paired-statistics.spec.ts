import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../shared/random.js';
import { meanInterval, pairedLift } from './paired-statistics.js';

describe('meanInterval', () => {
  it("is Student's interval", () => {
    // t(.975; 2) = 4.302653, s = 1, n = 3.
    const half = 4.302652729911275 / Math.sqrt(3);
    expect(meanInterval([1, 2, 3])).toEqual({
      mean: 2,
      lo: expect.closeTo(2 - half, 9),
      hi: expect.closeTo(2 + half, 9),
      count: 3,
    });
  });

  it('knows no spread below two values', () => {
    expect(meanInterval([])).toEqual({ mean: 0, lo: null, hi: null, count: 0 });
    expect(meanInterval([7])).toEqual({ mean: 7, lo: null, hi: null, count: 1 });
  });

  it('holds the true mean in about 95 of 100 samples', () => {
    const random = randomStream(3, 'coverage');
    const covered = Array.from({ length: 2000 }, () => {
      const { lo, hi } = meanInterval(Array.from({ length: 8 }, () => random.normal(5, 2)));
      return (lo ?? 0) < 5 && 5 < (hi ?? 0);
    }).filter(Boolean).length;
    expect(covered / 2000).toBeCloseTo(0.95, 1);
    expect(Math.abs(covered / 2000 - 0.95)).toBeLessThan(0.015);
  });
});

describe('pairedLift', () => {
  it('compares pair by pair, so that rich and poor seeds weigh the same', () => {
    expect(pairedLift([110, 2200], [100, 2000])).toEqual({
      mean: expect.closeTo(0.1, 12),
      lo: expect.closeTo(0.1, 12),
      hi: expect.closeTo(0.1, 12),
      count: 2,
    });
  });

  it('leaves out pairs without a base', () => {
    expect(pairedLift([5, 12], [0, 10])).toMatchObject({ mean: expect.closeTo(0.2, 12), count: 1 });
  });
});
