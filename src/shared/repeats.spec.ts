import { describe, expect, it } from '@jest/globals';
import { Repeats } from './repeats.js';

const RULE = { linesMax: 2, windowMillis: 1000, kindsMax: 3 };

describe('Repeats', () => {
  it('writes the first few of a kind, leaves the rest of the window out, and tells how many', () => {
    const repeats = new Repeats(RULE);
    const taken = [0, 10, 20, 30, 999, 1000, 1001, 1002].map((at) => repeats.take('away', at));
    expect(taken).toEqual([0, 0, null, null, null, 3, 0, null]);
  });

  it('counts every kind by itself', () => {
    const repeats = new Repeats(RULE);
    for (let at = 0; at < 5; at++) repeats.take('away', at);
    expect(repeats.take('other', 5)).toBe(0);
  });

  it('forgets the oldest kind where there are too many', () => {
    const repeats = new Repeats(RULE);
    for (const kind of ['a', 'a', 'a', 'b', 'c', 'd']) repeats.take(kind, 0);
    expect(repeats.take('a', 1)).toBe(0);
    expect(repeats.take('d', 1)).toBe(0);
  });
});
