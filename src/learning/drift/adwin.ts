// ADWIN, the adaptive window of Bifet & Gavaldà ("Learning from time-changing data with adaptive
// windowing", SDM 2007): it keeps the longest suffix of a stream whose parts have one mean.
// Two-sided, because a click rate that falls matters most. The state is plain JSON, to be stored
// beside an ad. An exponential histogram holds the window: row i has up to five buckets of 2^i
// values each.

interface AdwinBucket {
  total: number;
  /** Sum of squared deviations from the bucket's mean. */
  deviation: number;
}

export interface AdwinState {
  /** Row i holds buckets of 2^i values, the oldest first. */
  rows: AdwinBucket[][];
  width: number;
  total: number;
  deviation: number;
  ticks: number;
  detections: number;
  /** A cut was reported: the next value opens a new window (as river does). */
  spent: boolean;
}

/** Means on both sides of the reported cut. */
export interface AdwinCut {
  before: number;
  after: number;
}

/** Confidence of the paper's bound, per look. */
const ADWIN_DELTA = 0.002;
/** Looks for a cut every so many values: looking at each costs much and finds little sooner. */
const CLOCK = 32;
const BUCKETS_PER_ROW = 5;
/** Both sides of a cut hold at least so many values. */
const SIDE_MIN = 5;
/** No cut in a window as short as this. */
const GRACE = 10;

export function newAdwin(): AdwinState {
  return {
    rows: [[]],
    width: 0,
    total: 0,
    deviation: 0,
    ticks: 0,
    detections: 0,
    spent: false,
  };
}

/** The state after one more value, and the cut if this value made one. `state` is not changed. */
export function observeValue(
  state: AdwinState,
  value: number,
): { state: AdwinState; cut: AdwinCut | null } {
  const next: AdwinState = state.spent
    ? { ...newAdwin(), detections: state.detections }
    : { ...state, rows: state.rows.map((row) => [...row]) };
  append(next, value);
  next.ticks += 1;
  if (next.ticks % CLOCK !== 0 || next.width <= GRACE) return { state: next, cut: null };
  let first: AdwinCut | null = null;
  // One bucket goes per cut found, until no cut is left; the first one is the news.
  for (let cut = findCut(next); cut !== null; cut = findCut(next)) {
    first ??= cut;
    dropOldest(next);
  }
  if (first) {
    next.detections += 1;
    next.spent = true;
  }
  return { state: next, cut: first };
}

/** Mean of the window; 0 when it is empty. */
export function adwinMean({ total, width }: AdwinState): number {
  return width > 0 ? total / width : 0;
}

function append(state: AdwinState, value: number): void {
  state.deviation += spread(state.width, adwinMean(state), 1, value);
  state.width += 1;
  state.total += value;
  (state.rows[0] ??= []).push({ total: value, deviation: 0 });
  for (let row = 0; ; row += 1) {
    const buckets = state.rows[row] as AdwinBucket[];
    if (buckets.length <= BUCKETS_PER_ROW) return;
    const [left, right] = buckets.splice(0, 2) as [AdwinBucket, AdwinBucket];
    const size = 2 ** row;
    (state.rows[row + 1] ??= []).push({
      total: left.total + right.total,
      deviation:
        left.deviation +
        right.deviation +
        spread(size, left.total / size, size, right.total / size),
    });
  }
}

function dropOldest(state: AdwinState): void {
  const row = state.rows.length - 1;
  const size = 2 ** row;
  const bucket = state.rows[row]?.shift();
  if (!bucket) return;
  state.width -= size;
  state.total -= bucket.total;
  state.deviation -=
    bucket.deviation + spread(size, bucket.total / size, state.width, adwinMean(state));
  while (state.rows.length > 1 && state.rows.at(-1)?.length === 0) state.rows.pop();
}

/** The first cut from the old end whose sides differ by more than chance allows. */
function findCut(state: AdwinState): AdwinCut | null {
  let size0 = 0;
  let total0 = 0;
  for (let row = state.rows.length - 1; row >= 0; row -= 1) {
    for (const bucket of state.rows[row] ?? []) {
      size0 += 2 ** row;
      total0 += bucket.total;
      const size1 = state.width - size0;
      if (size1 < SIDE_MIN) return null;
      if (size0 < SIDE_MIN) continue;
      const before = total0 / size0;
      const after = (state.total - total0) / size1;
      if (Math.abs(before - after) > allowed(state, size0, size1)) return { before, after };
    }
  }
  return null;
}

/** ε of the paper's section 3: 1/m the harmonic sum of both sides, δ' = ln(2 ln W / δ). */
function allowed({ width, deviation }: AdwinState, size0: number, size1: number): number {
  const doubt = Math.log((2 * Math.log(width)) / ADWIN_DELTA);
  const sides = 1 / (size0 - SIDE_MIN + 1) + 1 / (size1 - SIDE_MIN + 1);
  const variance = Math.max(0, deviation) / width;
  return Math.sqrt(2 * sides * variance * doubt) + (2 / 3) * sides * doubt;
}

/** What two groups' distance adds to the squared deviations of their union. */
function spread(size0: number, mean0: number, size1: number, mean1: number): number {
  const size = size0 + size1;
  return size0 === 0 || size1 === 0 ? 0 : (size0 * size1 * (mean0 - mean1) ** 2) / size;
}
