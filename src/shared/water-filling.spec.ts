import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { waterFill, type WaterFillArm } from './water-filling.js';

const worthOf = (arms: WaterFillArm[], budgets: number[]): number =>
  arms.reduce(
    (sum, { worth, scale }, i) => sum + worth * scale * Math.log1p((budgets[i] ?? 0) / scale),
    0,
  );
const sumOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);

const arm = fc.record({
  worth: fc.double({ min: 0.01, max: 50, noNaN: true }),
  scale: fc.double({ min: 0.1, max: 2000, noNaN: true }),
});
const arms = fc.array(arm, { minLength: 1, maxLength: 15 });
const total = fc.double({ min: 0.5, max: 5000, noNaN: true });

describe('waterFill', () => {
  it('solves a two-arm example by hand', () => {
    // λ = (10·4 + 10·2)/(10 + 20) = 2 reaches the second arm's worth: the first takes everything.
    expect(
      waterFill(
        [
          { worth: 4, scale: 10 },
          { worth: 2, scale: 10 },
        ],
        10,
      ),
    ).toEqual([10, 0]);
    // λ = 60/(40 + 20) = 1: 10·(4 − 1) and 10·(2 − 1).
    expect(
      waterFill(
        [
          { worth: 2, scale: 10 },
          { worth: 4, scale: 10 },
        ],
        40,
      ),
    ).toEqual([10, 30]);
  });

  it('splits evenly among equal arms, and among arms of which none is worth anything', () => {
    const equal = waterFill(Array(4).fill({ worth: 3, scale: 5 }), 100);
    equal.forEach((budget) => expect(budget).toBeCloseTo(25, 9));
    expect(waterFill(Array(4).fill({ worth: 0, scale: 5 }), 100)).toEqual([25, 25, 25, 25]);
  });

  it('gives nothing to arms with zero, negative or unknown worth or scale', () => {
    const budgets = waterFill(
      [
        { worth: 0, scale: 5 },
        { worth: 2, scale: 0 },
        { worth: -1, scale: 5 },
        { worth: Number.NaN, scale: 5 },
        { worth: 1, scale: 5 },
      ],
      7,
    );
    expect(budgets).toEqual([0, 0, 0, 0, 7]);
  });

  it('answers zeros for no money and an empty list for no arms', () => {
    expect(waterFill([{ worth: 1, scale: 1 }], 0)).toEqual([0]);
    expect(waterFill([], 10)).toEqual([]);
  });

  it('sums to the total with no budget below zero', () => {
    fc.assert(
      fc.property(arms, total, (given, money) => {
        const budgets = waterFill(given, money);
        expect(sumOf(budgets)).toBeCloseTo(money, 6);
        expect(Math.min(...budgets)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('cannot be improved by moving a little money from any arm to any other', () => {
    fc.assert(
      fc.property(arms, total, (given, money) => {
        const budgets = waterFill(given, money);
        const best = worthOf(given, budgets);
        for (let from = 0; from < given.length; from += 1) {
          for (let to = 0; to < given.length; to += 1) {
            const moved = [...budgets];
            const amount = Math.min(money * 0.01, moved[from] ?? 0);
            moved[from] = (moved[from] ?? 0) - amount;
            moved[to] = (moved[to] ?? 0) + amount;
            expect(worthOf(given, moved)).toBeLessThanOrEqual(best + 1e-9 * Math.abs(best));
          }
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('answers each arm alike wherever it stands in the list', () => {
    fc.assert(
      fc.property(arms, total, (given, money) => {
        const backwards = waterFill([...given].reverse(), money).reverse();
        waterFill(given, money).forEach((budget, i) => expect(backwards[i]).toBeCloseTo(budget, 6));
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});
