import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { waterFill } from '../../shared/water-filling.js';
import type { Bounds } from './constraints.js';
import { fillTo, waterLevels, type ArmMatrix } from './water-level.js';
import { finished } from '../../shared/steps.js';

/** One draw per inner list of [worth, scale]. */
function matrixOf(draws: [number, number][][]): ArmMatrix {
  const count = draws.length;
  const arms = draws[0]!.length;
  const worth = new Float64Array(arms * count);
  const scale = new Float64Array(arms * count);
  draws.forEach((draw, k) =>
    draw.forEach(([m, s], i) => {
      worth[i * count + k] = m;
      scale[i * count + k] = s;
    }),
  );
  return { arms, count, worth, scale };
}

const arm = fc.tuple(
  fc.double({ min: 0.001, max: 100, noNaN: true }),
  fc.double({ min: 0.1, max: 1e6, noNaN: true }),
);

describe('waterLevels', () => {
  it('finds the level of a two-arm example by hand, draw by draw', () => {
    // Both fed: (10·4 + 10·2)/(40 + 20) = 1. Little money: only the first, 40/(10 + 10) = 2.
    const draw: [number, number][] = [
      [4, 10],
      [2, 10],
    ];
    expect([...finished(waterLevels(matrixOf([draw]), 40, null))]).toEqual([1]);
    expect([...finished(waterLevels(matrixOf([draw, draw]), 10, null))]).toEqual([2, 2]);
    expect([fillTo(4, 10, 1), fillTo(2, 10, 1), fillTo(2, 10, 2)]).toEqual([30, 10, 0]);
  });

  it('gives every arm what sorting would give it', () => {
    fc.assert(
      fc.property(
        fc.array(arm, { minLength: 1, maxLength: 20 }),
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        (draw, total) => {
          const [level] = finished(waterLevels(matrixOf([draw]), total, null));
          const sorted = waterFill(
            draw.map(([worth, scale]) => ({ worth, scale })),
            total,
          );
          draw.forEach(([m, s], i) => {
            expect(Math.abs(fillTo(m, s, level!) - sorted[i]!)).toBeLessThan(1e-6 * (total + s));
          });
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('spends the total within bounds', () => {
    const bounded = fc.tuple(
      arm,
      fc.integer({ min: 0, max: 500 }),
      fc.integer({ min: 1, max: 900 }),
    );
    fc.assert(
      fc.property(
        fc.array(bounded, { minLength: 1, maxLength: 15 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (arms, part) => {
          const bounds: Bounds[] = arms.map(([, lo, width]) => ({
            lo,
            hi: lo + width,
            loBy: null,
            hiBy: null,
          }));
          const lowest = bounds.reduce((sum, { lo }) => sum + lo, 0);
          const highest = bounds.reduce((sum, { hi }) => sum + hi, 0);
          const total = lowest + part * (highest - lowest);
          const draw = arms.map(([known]) => known);
          const [level] = finished(waterLevels(matrixOf([draw]), total, bounds));
          const given = draw.reduce((sum, [m, s], i) => {
            const { lo, hi } = bounds[i]!;
            return sum + Math.min(hi, Math.max(lo, s * (m / level! - 1)));
          }, 0);
          // Scales of a million against budgets of a hundred leave six digits.
          expect(Math.abs(given - total)).toBeLessThan(1e-3);
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it('is zero where no arm is worth anything, and then splits by scale', () => {
    expect([...finished(waterLevels(matrixOf([[[0, 5]]]), 10, null))]).toEqual([0]);
    expect(fillTo(0, 5, 0)).toBe(5);
  });
});
