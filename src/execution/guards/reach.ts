// Which budgets the velocity guard would let through right now. A decision that asks first wants
// only what it can get: otherwise its reductions pass, its raises wait, and the money lies idle.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { liveAt, type Sighting, type VelocityWindow } from './velocity.js';

/** Integer minor units, both ends allowed. */
export interface Reach {
  loMinor: number;
  hiMinor: number;
}

/** Absorbs binary noise of percentages before rounding inwards. */
const NOISE = 1e-9;

/** The interval around the live budget; every value in it passes `budgetVelocity` at `now`. */
export function reachOf(
  liveMinor: number,
  now: number,
  sightings: readonly Sighting[],
  windows: readonly VelocityWindow[],
): Reach {
  const starts = windows.map(({ hours, limitPct }) => ({
    limitPct,
    startMinor: liveAt(sightings, now - hours * MILLIS_PER_HOUR, liveMinor),
  }));
  let lo = 0;
  let hi = Infinity;
  for (const { limitPct, startMinor } of starts) {
    // A share of nothing is not defined: from 0 only the ceiling applies.
    if (startMinor === 0) continue;
    lo = Math.max(lo, (startMinor * (100 - limitPct)) / 100);
    hi = Math.min(hi, (startMinor * (100 + limitPct)) / 100);
  }
  // The way back to where a window began always passes, so it widens what the windows allow.
  const within = lo <= liveMinor && liveMinor <= hi;
  const values = starts.map(({ startMinor }) => startMinor).concat(liveMinor);
  return {
    loMinor: Math.ceil(Math.min(...values, within ? lo : liveMinor) - NOISE),
    hiMinor: Math.floor(Math.max(...values, within ? hi : liveMinor) + NOISE),
  };
}
