import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHANGE_STATES } from '../../src/execution/objects/change-states.js';
import { afterStep, canBecome, isTerminal, type Held, type Step } from './change-states.js';

describe('the states of a change', () => {
  it('end in exactly seven ways', () => {
    expect(CHANGE_STATES.filter(isTerminal)).toEqual([
      ...['completed', 'blocked', 'failed', 'dead', 'cancelled', 'superseded', 'shadowed'],
    ]);
  });

  it('never lead from a write back to a repetition without a look or an answer', () => {
    expect(canBecome('executing', 'claimed')).toBe(false);
    expect(canBecome('unknown', 'executing')).toBe(false);
    expect(canBecome('executing', 'cancelled')).toBe(false);
    expect(canBecome('executing', 'superseded')).toBe(false);
  });

  it('let every state reach an end', () => {
    const reaches = (from: (typeof CHANGE_STATES)[number], seen = new Set<string>()): boolean => {
      if (isTerminal(from)) return true;
      if (seen.has(from)) return false;
      seen.add(from);
      return CHANGE_STATES.some((to) => canBecome(from, to) && reaches(to, seen));
    };
    expect(CHANGE_STATES.filter((state) => !reaches(state))).toEqual([]);
  });

  const workers = ['a', 'b', 'c'];
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ by: fc.constantFrom(...workers), step: fc.constant('claim' as const) }),
    fc.record({
      by: fc.constantFrom(...workers),
      fence: fc.nat(4),
      step: fc.constant('move' as const),
      to: fc.constantFrom(...CHANGE_STATES),
    }),
    fc.record({ step: fc.constant('lapse' as const) }),
  );

  it('change nothing for a holder with an old fence, and nothing after the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let row: Held = { status: 'pending', fence: 0, holder: null };
        for (const one of steps) {
          const next = afterStep(row, one);
          if (isTerminal(row.status)) expect(next).toBe(row);
          if (one.step === 'move' && (one.fence !== row.fence || one.by !== row.holder)) {
            expect(next).toBe(row);
          }
          expect(next.fence).toBeGreaterThanOrEqual(row.fence);
          if (next.status === 'claimed' && row.status !== 'claimed') {
            expect(next.fence).toBe(row.fence + 1);
          }
          const isHeld = next.status === 'claimed' || next.status === 'executing';
          expect(next.holder !== null).toBe(isHeld);
          row = next;
        }
      }),
      { numRuns: 500 },
    );
  });
});
