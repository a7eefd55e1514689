// One ad's newest minutes and where scans of them may go on: events in the order of time cost a
// step each, late ones a scan from the last checkpoint before them.
import { together, type Minute } from './minutes.js';
import { scanMinutes } from './scan.js';
import { newScan, type FoundDrift, type Scan } from './scan-state.js';

/** A scan of everything up to a minute. */
export interface Checkpoint {
  /** Unix minutes; the last minute behind it. */
  until: number;
  scan: Scan;
}

export interface Trail {
  /** Ascending, all after the first checkpoint. */
  minutes: Minute[];
  /** Ascending. The first is the base: what is older than it is looked up where it is stored. */
  checkpoints: Checkpoint[];
  /** The drifts as they are stored. */
  known: FoundDrift[];
}

/** Before everything. */
const BEGINNING: Checkpoint = { until: -Infinity, scan: newScan() };
/** Late events reach back a day without a look at what is stored; a base moves once a day. */
const LATE_MINUTES = 1440;
/** Of two checkpoints the older one lies so many times as far back: four reach over a day. */
const THINNING = 6;

export function newTrail(base: Checkpoint | null, minutes: Minute[], known: FoundDrift[]): Trail {
  return { minutes, checkpoints: [base ?? BEGINNING], known };
}

/** Whether the minute lies behind the base, so that the trail must be read anew. */
export function isBehind({ checkpoints }: Trail, minute: number): boolean {
  return minute <= (checkpoints[0] as Checkpoint).until;
}

/** Unix minutes of the newest event; -Infinity without one. */
export function newestOf({ minutes, checkpoints }: Trail): number {
  return minutes.at(-1)?.minute ?? (checkpoints[0] as Checkpoint).until;
}

/** None of the minutes is behind the base. */
export function addMinutes(trail: Trail, minutes: readonly Minute[]): void {
  const { checkpoints } = trail;
  for (const one of minutes) {
    const place = placeOf(trail.minutes, one.minute);
    const there = trail.minutes[place];
    if (there?.minute === one.minute) trail.minutes[place] = together(there, one);
    else trail.minutes.splice(place, 0, one);
    while (checkpoints.length > 1 && (checkpoints.at(-1) as Checkpoint).until >= one.minute) {
      checkpoints.pop();
    }
  }
}

/** The drifts of everything told. The newest minute may grow, so the checkpoints end before it. */
export function scanTrail(trail: Trail): FoundDrift[] {
  const { checkpoints, minutes } = trail;
  const from = checkpoints.at(-1) as Checkpoint;
  const rest = minutes.slice(placeOf(minutes, from.until + 1));
  const newest = rest.pop();
  if (!newest) return from.scan.found;
  let { scan } = from;
  const last = rest.at(-1);
  if (last) {
    scan = scanMinutes(scan, rest);
    checkpoints.push({ until: last.minute, scan });
    thin(checkpoints);
  }
  return scanMinutes(scan, [newest]).found;
}

/** The new base, to be stored, when the old one lies far enough back; to be called after a scan. */
export function moveBase(trail: Trail): Checkpoint | null {
  const { minutes, checkpoints } = trail;
  const first = (checkpoints[0] as Checkpoint).until;
  const oldest = Number.isFinite(first) ? first : (minutes[0]?.minute ?? Infinity);
  const until = newestOf(trail) - LATE_MINUTES;
  if (until - oldest < LATE_MINUTES) return null;
  const known = checkpoints.filter((one) => one.until <= until);
  const from = known.at(-1) as Checkpoint;
  const place = placeOf(minutes, until + 1);
  const passed = minutes.slice(placeOf(minutes, from.until + 1), place);
  const base = { until, scan: scanMinutes(from.scan, passed) };
  trail.checkpoints = [base, ...checkpoints.slice(known.length)];
  trail.minutes = minutes.slice(place);
  return base;
}

function thin(checkpoints: Checkpoint[]): void {
  const { until: head } = checkpoints.at(-1) as Checkpoint;
  for (let index = checkpoints.length - 2; index > 0; index -= 1) {
    const [older, one, newer] = checkpoints.slice(index - 1, index + 2) as [
      Checkpoint,
      Checkpoint,
      Checkpoint,
    ];
    if (head - older.until < THINNING * Math.max(1, head - newer.until))
      checkpoints.splice(index, 1);
    else if (one.until === older.until) checkpoints.splice(index, 1);
  }
}

/** Of the first minute that is not before `minute`. */
function placeOf(minutes: readonly Minute[], minute: number): number {
  let [low, high] = [0, minutes.length];
  // Most come in order.
  if ((minutes.at(-1)?.minute ?? -Infinity) < minute) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((minutes[middle] as Minute).minute < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
