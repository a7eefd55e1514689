// One ad's newest minutes and where scans of them may go on: events in the order of time cost a
// step each, late ones a scan from the last checkpoint before them.
import { MINUTE_MS } from '../belief/evidence-cell.js';
import { together, type Minute } from './minutes.js';
import { overdueAt, scanMinutes } from './scan.js';
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
  /** Clicks after the last checkpoint. */
  unseen: number;
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
  return { minutes, checkpoints: [base ?? BEGINNING], unseen: clicksOf(minutes), known };
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
    trail.unseen += one.clicks;
    if (checkpoints.length === 1 || lastOf(trail).until < one.minute) continue;
    while (checkpoints.length > 1 && lastOf(trail).until >= one.minute) checkpoints.pop();
    trail.unseen = clicksOf(trail.minutes.slice(placeOf(trail.minutes, lastOf(trail).until + 1)));
  }
}

/** The drifts of everything told. The newest minute may grow, so the checkpoints end before it. */
export function scanTrail(trail: Trail): FoundDrift[] {
  const { checkpoints, minutes } = trail;
  const from = lastOf(trail);
  const place = placeOf(minutes, from.until + 1);
  const first = minutes[place];
  if (!first) return from.scan.found;
  // Impressions whose clicks are still waited for prove nothing; most requests bring no more.
  const clicks = trail.unseen + (from.scan.waiting?.clicks ?? 0);
  const last = minutes.at(-1) as Minute;
  if (clicks === 0 && last.lastAt <= overdueAt(from.scan, first.minute * MINUTE_MS)) {
    return from.scan.found;
  }
  const rest = minutes.slice(place);
  const newest = rest.pop() as Minute;
  let { scan } = from;
  // Of a long history the place of the next base is passed on the way.
  const cut = placeOf(rest, newest.minute - LATE_MINUTES + 1);
  for (const part of [rest.slice(0, cut), rest.slice(cut)]) {
    const sealed = part.at(-1);
    if (!sealed) continue;
    scan = scanMinutes(scan, part);
    checkpoints.push({ until: sealed.minute, scan });
    trail.unseen = newest.clicks;
  }
  thin(checkpoints);
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
  trail.unseen = clicksOf(trail.minutes.slice(placeOf(trail.minutes, lastOf(trail).until + 1)));
  return base;
}

function lastOf({ checkpoints }: Trail): Checkpoint {
  return checkpoints.at(-1) as Checkpoint;
}

function clicksOf(minutes: readonly Minute[]): number {
  return minutes.reduce((sum, { clicks }) => sum + clicks, 0);
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
