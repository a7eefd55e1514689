import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reachOf } from './reach.js';
import { budgetVelocity, type Sighting } from './velocity.js';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const WINDOWS = [
  { hours: 24, limitPct: 20 },
  { hours: 168, limitPct: 60 },
];

describe('reachOf', () => {
  it('is one step around a budget that has not moved', () => {
    expect(reachOf(10_000, NOW, [], WINDOWS)).toEqual({ loMinor: 8000, hiMinor: 12_000 });
  });

  it('ends where the week ends, and goes back to where it began', () => {
    const sightings = [
      { at: NOW - 100 * HOUR, minor: 10_000 },
      { at: NOW - 30 * HOUR, minor: 15_000 },
    ];
    expect(reachOf(15_000, NOW, sightings, WINDOWS)).toEqual({ loMinor: 10_000, hiMinor: 16_000 });
  });

  it('holds only what the guard lets through, and ends where the guard ends', () => {
    const histories = fc.array(
      fc.record({
        ago: fc.integer({ min: 0, max: 300 }),
        minor: fc.integer({ min: 0, max: 50_000 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        histories,
        fc.integer({ min: 1, max: 50_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (past, liveMinor, share) => {
          const sightings: Sighting[] = past
            .map(({ ago, minor }) => ({ at: NOW - ago * HOUR, minor }))
            .sort((a, b) => a.at - b.at);
          const { loMinor, hiMinor } = reachOf(liveMinor, NOW, sightings, WINDOWS);
          fc.pre(Number.isFinite(hiMinor));
          const requestedMinor = Math.round(loMinor + share * (hiMinor - loMinor));
          const move = { requestedMinor, liveMinor, now: NOW, sightings, windows: WINDOWS };
          expect(budgetVelocity(move).kind).toBe('allowed');
        },
      ),
    );
  });
});
