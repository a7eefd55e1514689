import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { budgetVelocity, liveAt, type BudgetMove, type Sighting } from './velocity.js';

const HOUR = 3_600_000;
const WINDOWS = [
  { hours: 6, limitPct: 20 },
  { hours: 24, limitPct: 20 },
  { hours: 168, limitPct: 60 },
];

function move(
  requestedMinor: number,
  seen: [hours: number, minor: number][],
  nowHours: number,
): BudgetMove {
  const sightings = seen.map(([hours, minor]): Sighting => ({ at: hours * HOUR, minor }));
  const liveMinor = sightings.at(-1)?.minor ?? 0;
  return { requestedMinor, liveMinor, now: nowHours * HOUR, sightings, windows: WINDOWS };
}

/** Asks for a factor of the live budget at each instant; what is allowed takes effect. */
function simulate(startMinor: number, factor: number, atHours: number[]): Sighting[] {
  const sightings: Sighting[] = [{ at: 0, minor: startMinor }];
  let liveMinor = startMinor;
  for (const hours of atHours) {
    const now = hours * HOUR;
    const requestedMinor = Math.floor(liveMinor * factor);
    const known = [...sightings, { at: now, minor: liveMinor }];
    const verdict = budgetVelocity({
      ...{ requestedMinor, liveMinor, now, sightings: known, windows: WINDOWS },
    });
    if (verdict.kind !== 'allowed') continue;
    liveMinor = requestedMinor;
    sightings.push({ at: now, minor: liveMinor });
  }
  return sightings;
}

describe('the velocity of a budget', () => {
  it('allows exactly the limit and not a cent more', () => {
    expect(budgetVelocity(move(12_000, [[0, 10_000]], 0))).toEqual({ kind: 'allowed' });
    expect(budgetVelocity(move(8_000, [[0, 10_000]], 0))).toEqual({ kind: 'allowed' });
    const startMinor = 10_000;
    const never = { kind: 'never', window: WINDOWS[0], startMinor };
    expect(budgetVelocity(move(12_001, [[0, 10_000]], 0))).toEqual(never);
    expect(budgetVelocity(move(7_999, [[0, 10_000]], 0))).toEqual(never);
  });

  it('says when a second step may follow the first', () => {
    const seen: [number, number][] = [
      [0, 10_000],
      [1, 12_000],
    ];
    expect(budgetVelocity(move(14_400, seen, 2))).toEqual({
      kind: 'not_yet',
      until: 25 * HOUR,
      window: WINDOWS[0],
      startMinor: 10_000,
    });
    expect(budgetVelocity(move(14_400, seen, 25))).toEqual({ kind: 'allowed' });
  });

  it('ends eight requests of +20 % within 48 h at no more than 1.44 times', () => {
    const everySixHours = [0, 6, 12, 18, 24, 30, 36, 42];
    expect(simulate(10_000, 1.2, everySixHours).at(-1)?.minor).toBe(14_400);
  });

  it('lets the way back pass, at once and after all windows but one have moved on', () => {
    const climbed: [number, number][] = [
      [0, 10_000],
      [1, 12_000],
      [25, 14_400],
    ];
    expect(budgetVelocity(move(12_000, climbed, 26))).toEqual({ kind: 'allowed' });
    expect(budgetVelocity(move(10_000, climbed, 48))).toEqual({ kind: 'allowed' });
    // Past the start of every window it is no way back any more.
    expect(budgetVelocity(move(7_900, climbed, 48)).kind).toBe('never');
  });

  it('applies no percentage from 0 and allows the way back to it', () => {
    const started: [number, number][] = [
      [0, 0],
      [1, 50_000],
    ];
    expect(budgetVelocity(move(50_000, [[0, 0]], 0))).toEqual({ kind: 'allowed' });
    expect(budgetVelocity(move(0, started, 2))).toEqual({ kind: 'allowed' });
  });

  it("counts people's own edits from their first sighting", () => {
    // We set 110 at 0 h; a person made it 130, which nobody saw before 30 h.
    const seen: [number, number][] = [
      [-1, 10_000],
      [0, 11_000],
      [30, 13_000],
    ];
    expect(budgetVelocity(move(14_000, seen, 30))).toEqual({
      kind: 'not_yet',
      until: 54 * HOUR,
      window: WINDOWS[0],
      startMinor: 11_000,
    });
  });

  it('takes the last sighting until an instant, else the first one after it', () => {
    const seen = [
      { at: 10, minor: 1 },
      { at: 20, minor: 2 },
    ];
    expect([5, 10, 19, 20, 99].map((at) => liveAt(seen, at, 7))).toEqual([1, 1, 1, 2, 2]);
    expect(liveAt([], 5, 7)).toBe(7);
  });

  it('never lets any series of requests leave the limits of a window', () => {
    const request = fc.record({
      gapHours: fc.double({ min: 0, max: 40, noNaN: true }),
      factor: fc.double({ min: 0.3, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const sightings: Sighting[] = [{ at: 0, minor: 10_000 }];
        let [now, liveMinor] = [0, 10_000];
        for (const { gapHours, factor } of requests) {
          now += gapHours * HOUR;
          const requestedMinor = Math.round(liveMinor * factor);
          const known = [...sightings, { at: now, minor: liveMinor }];
          const facts = { requestedMinor, liveMinor, now, sightings: known, windows: WINDOWS };
          const verdict = budgetVelocity(facts);
          if (verdict.kind !== 'allowed') continue;
          const starts = WINDOWS.map(({ hours }) => liveAt(known, now - hours * HOUR, liveMinor));
          const highest = Math.max(liveMinor, ...starts);
          const within = starts.every(
            (start, i) => requestedMinor <= start * (1 + (WINDOWS[i]?.limitPct ?? 0) / 100) + 1e-6,
          );
          // Either within every limit, or on the way back and so not above what was live.
          expect(within || requestedMinor <= highest).toBe(true);
          liveMinor = requestedMinor;
          sightings.push({ at: now, minor: liveMinor });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is allowed at the instant that it names, if nothing else happens', () => {
    const budget = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(budget, budget, budget, fc.integer({ min: 0, max: 200 }), (a, b, wanted, gap) => {
        const facts = move(wanted, [[0, a], [gap, b]], gap); // prettier-ignore
        const verdict = budgetVelocity(facts);
        if (verdict.kind !== 'not_yet') return;
        expect(verdict.until).toBeGreaterThan(facts.now);
        expect(budgetVelocity({ ...facts, now: verdict.until })).toEqual({ kind: 'allowed' });
        expect(budgetVelocity({ ...facts, now: verdict.until - 1 }).kind).toBe('not_yet');
      }),
    );
  });
});
