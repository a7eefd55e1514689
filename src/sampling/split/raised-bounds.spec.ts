import { describe, expect, it } from '@jest/globals';
import type { Bounds } from './constraints.js';
import { raisedBounds } from './raised-bounds.js';

const step = (lo: number, hi: number): Bounds => ({ lo, hi, loBy: 'step', hiBy: 'step' });
const bounds = [step(80, 120), step(80, 120)];
const orders = [
  { currentMinor: 100, leastMinor: 120 },
  { currentMinor: 100, leastMinor: null },
];

describe('raisedBounds', () => {
  it('makes an order the least budget where the total has room for it', () => {
    expect(raisedBounds(bounds, orders, 200)).toEqual([
      { lo: 120, hi: 120, loBy: 'rule', hiBy: 'step' },
      bounds[1],
    ]);
  });

  it('asks for one unit more where a full step cannot be paid, and for nothing below that', () => {
    expect(raisedBounds(bounds, orders, 181)[0]).toEqual({ ...bounds[0], lo: 101, loBy: 'rule' });
    expect(raisedBounds(bounds, orders, 180)).toEqual(bounds);
  });

  it('never passes what limits an ad', () => {
    const ceiling: Bounds = { lo: 80, hi: 90, loBy: 'step', hiBy: 'ceiling' };
    expect(raisedBounds([ceiling, bounds[1]!], orders, 300)[0]).toEqual({
      ...ceiling,
      lo: 90,
      loBy: 'rule',
    });
  });
});
