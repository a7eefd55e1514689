// How far a budget may move: the net distance from what was live when each rolling window began
// (contract, section 6). Net, because a sum of steps would refuse the way back; several windows,
// because small steps that each pass a short one can still double a budget within a day.
import { MILLIS_PER_HOUR } from '../../shared/time.js';

export interface VelocityWindow {
  hours: number;
  limitPct: number;
}

/** One sighting of the live budget; `at` in milliseconds on the account's own clock. */
export interface Sighting {
  at: number;
  minor: number;
  /** Set by us; otherwise only seen, and different from before means that someone else set it. */
  own?: boolean;
}

export interface BudgetMove {
  requestedMinor: number;
  liveMinor: number;
  now: number;
  /** Oldest first, at least as far back as the longest window if anything is known of it. */
  sightings: readonly Sighting[];
  windows: readonly VelocityWindow[];
}

export type VelocityVerdict =
  | { kind: 'allowed' }
  | { kind: 'not_yet'; until: number; window: VelocityWindow; startMinor: number }
  | { kind: 'never'; window: VelocityWindow; startMinor: number };

/** Absorbs binary noise of percentages such as 12.6; far below one minor unit of any budget. */
const NOISE = 1e-9;

export function budgetVelocity(move: BudgetMove): VelocityVerdict {
  const broken = brokenWindow(move, move.now);
  if (broken === null) return { kind: 'allowed' };
  for (const instant of instantsOfChange(move)) {
    if (brokenWindow(move, instant) === null) return { kind: 'not_yet', until: instant, ...broken };
  }
  return { kind: 'never', ...broken };
}

/**
 * What was live at `at`: the last sighting until then, else the first one after. Someone else's
 * edit is dated to its first sighting, the latest it can have been: the mistake of waiting a little
 * longer is smaller than that of adding a step to a step just made by hand.
 */
export function liveAt(sightings: readonly Sighting[], at: number, liveMinor: number): number {
  const last = sightings.findLast((sighting) => sighting.at <= at);
  return (last ?? sightings[0])?.minor ?? liveMinor;
}

/** The first window whose limit the move would break if it were made at `at`, or null. */
function brokenWindow(
  move: BudgetMove,
  at: number,
): { window: VelocityWindow; startMinor: number } | null {
  const starts = move.windows.map((window) => ({
    window,
    startMinor: liveAt(move.sightings, at - window.hours * MILLIS_PER_HOUR, move.liveMinor),
  }));
  if (starts.some(({ startMinor }) => isWayBack(move, startMinor))) return null;
  return (
    starts.find(({ window, startMinor }) => {
      // A share of nothing is not defined: from 0 only the ceiling applies.
      if (startMinor === 0) return false;
      const distance = Math.abs(move.requestedMinor - startMinor) * 100;
      return distance > startMinor * window.limitPct * (1 + NOISE) + NOISE;
    }) ?? null
  );
}

/** Towards a value that was live at a window's start, and not past it. */
function isWayBack({ requestedMinor, liveMinor }: BudgetMove, startMinor: number): boolean {
  const low = Math.min(liveMinor, startMinor);
  const high = Math.max(liveMinor, startMinor);
  return requestedMinor >= low && requestedMinor <= high;
}

/** Between these instants no window's start changes, so it is enough to look at them. */
function instantsOfChange({ sightings, windows, now }: BudgetMove): number[] {
  const instants = sightings.flatMap(({ at }) =>
    windows.map(({ hours }) => at + hours * MILLIS_PER_HOUR),
  );
  return [...new Set(instants)].filter((instant) => instant > now).sort((a, b) => a - b);
}
