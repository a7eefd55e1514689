import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Isolation } from './isolate.js';

/** Meta as it is: a set with a poisoned event is refused whole, in the words of one of them. */
function search(size: number, poisoned: Set<number>) {
  const events = Array.from({ length: size }, (_, index) => index);
  const words = (set: number[]) => `refused: ${set.find((event) => poisoned.has(event)) ?? ''}`;
  const isolation = new Isolation(events, words(events));
  const taken: number[] = [];
  const dead: { event: number; refusal: string }[] = [];
  let calls = 1;
  for (;;) {
    const set = isolation.next((culprit) => dead.push(culprit));
    if (set === null) return { taken: taken.sort((a, b) => a - b), dead, calls };
    calls += 1;
    const accepted = !set.some((event) => poisoned.has(event));
    if (accepted) taken.push(...set);
    isolation.answer(accepted ? { accepted } : { accepted, refusal: words(set) });
  }
}

describe('the search for poisoned events', () => {
  it.each([
    [[0, 1, 2], 40],
    [[3, 500, 999], 40],
    [[997, 998, 999], 40],
    [[512], 12],
  ])('finds %j among 1,000 within %i calls', (poisoned, most) => {
    const { taken, dead, calls } = search(1000, new Set(poisoned));
    expect(taken.length).toBe(1000 - poisoned.length);
    expect(dead.map(({ event }) => event).sort((a, b) => a - b)).toEqual(poisoned);
    expect(calls).toBeLessThanOrEqual(most);
  });

  it('takes every good event once and gives each culprit its own words', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.nat(199), { minLength: 1, maxLength: 12 }),
        (size, picks) => {
          const poisoned = new Set(picks.map((pick) => pick % size));
          const { taken, dead, calls } = search(size, poisoned);
          const good = Array.from({ length: size }, (_, i) => i).filter((i) => !poisoned.has(i));
          expect(taken).toEqual(good);
          expect(new Set(dead.map(({ event }) => event))).toEqual(poisoned);
          for (const { event, refusal } of dead) expect(refusal).toBe(`refused: ${event}`);
          // Of binary splitting alone, and the sets of the pool that were sent for nothing.
          const bound = 1 + poisoned.size * (Math.ceil(Math.log2(size)) + 1) + 8;
          expect(calls).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });

  it('finds any three among 1,000 within 40 calls, wherever they stand', () => {
    const three = fc.uniqueArray(fc.nat(999), { minLength: 3, maxLength: 3 });
    const near = fc
      .tuple(fc.nat(980), fc.uniqueArray(fc.nat(19), { minLength: 3, maxLength: 3 }))
      .map(([start, steps]) => steps.map((step) => start + step));
    fc.assert(
      fc.property(fc.oneof(three, near), (poisoned) => {
        expect(search(1000, new Set(poisoned)).calls).toBeLessThanOrEqual(40);
      }),
    );
  });

  it('spares calls where there are many, against one search each through all that is left', () => {
    const draws = Array.from({ length: 50 }, (_, draw) =>
      Array.from(
        { length: 30 },
        (__, index) => (draw * 37 + index * index * 31 + index * 7) % 1000,
      ),
    );
    for (const poisoned of draws) {
      const culprits = new Set(poisoned);
      // Ten calls and one that is refused for certain.
      expect(search(1000, culprits).calls).toBeLessThan(culprits.size * 11 * 0.8);
    }
  });
});
