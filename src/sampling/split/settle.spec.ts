import { describe, expect, it } from '@jest/globals';
import { fixedAt, type Bounds } from './constraints.js';
import { settle } from './settle.js';

const free: Bounds = { lo: 0, hi: Infinity, loBy: null, hiBy: null };
const within = (lo: number, hi: number): Bounds => ({ lo, hi, loBy: 'step', hiBy: 'step' });
const budgets = (targets: number[], bounds: Bounds[], total: number): number[] =>
  settle(Float64Array.from(targets), bounds, total, new Float64Array(targets.length)).budgets;

describe('settle', () => {
  it('scales all budgets alike until the clipped ones keep the total', () => {
    // 0 and 700 clip to 80 and 120 at any factor near; the middle takes what is left.
    expect(
      budgets([0, 200, 700], [within(80, 120), within(80, 240), within(80, 120)], 400),
    ).toEqual([80, 200, 120]);
    expect(budgets([0, 100], [within(40, 60), within(40, 60)], 100)).toEqual([40, 60]);
  });

  it('gives what a capped ad cannot take to the others in proportion to what they deserve', () => {
    expect(budgets([600, 300, 100], [within(0, 400), free, free], 1_000)).toEqual([400, 450, 150]);
    // One that deserves nothing gets what is left only when all others are at their ends.
    expect(budgets([600, 0], [within(0, 400), free], 1_000)).toEqual([400, 600]);
    expect(budgets([600, 400, 0], [within(0, 400), free, free], 1_000)).toEqual([400, 600, 0]);
    expect(budgets([0, 0, 0], [free, free, within(0, 10)], 110)).toEqual([50, 50, 10]);
  });

  it('hands out the last units by largest remainder, the worthier of equals first', () => {
    expect(budgets([33.2, 33.3, 33.5], [free, free, free], 100)).toEqual([33, 33, 34]);
    const equal = Float64Array.from([50.5, 50.5]);
    expect(settle(equal, [free, free], 101, Float64Array.from([1, 2])).budgets).toEqual([50, 51]);
  });

  it('never rounds past a bound', () => {
    expect(budgets([10.9, 10.1], [within(0, 10), within(0, 12)], 21)).toEqual([10, 11]);
    // Binary noise of a huge total leaves many units over; the arm at its bound takes none of them.
    const half = 500_000_000_000_000;
    const arms = [within(0, half), within(0, 2 * half)];
    expect(budgets([half, half - 200], arms, 2 * half)).toEqual([half, half]);
  });

  it('stands at the bounds and reports the rest when they forbid the total', () => {
    const narrow = [within(80, 120), fixedAt(50, 'learning')];
    const wanted = Float64Array.from([1, 1]);
    expect(settle(wanted, narrow, 300, wanted)).toEqual({ budgets: [120, 50], restMinor: 130 });
    expect(settle(wanted, narrow, 100, wanted)).toEqual({ budgets: [80, 50], restMinor: -30 });
  });

  it('refuses an amount that is no whole number instead of dealing it out for ever', () => {
    expect(() => budgets([10, 20], [within(0, 40), within(0, 40)], 30.5)).toThrow(
      /cannot be placed/,
    );
    expect(() => budgets([NaN, 20], [within(0, 40), within(0, 40)], 30)).toThrow(
      /cannot be placed/,
    );
  });
});
