// An ad's click rate scanned in the order of time: the drifts of a stream are a function of its
// minutes, whoever told them and when. A scan goes on from where another one ended, so a
// checkpoint of it is worth the minutes before it; its size does not grow with the stream.
import { COHORT_MS } from '../belief/cohorts.js';
import { MINUTE_MS, cohortOf } from '../belief/evidence-cell.js';
import { isBorneOut, judge, segmentsOf, type TimedCount } from './judge.js';
import type { Minute } from './minutes.js';
import {
  keepAfter,
  newDriftState,
  observeEpoch,
  type Drift,
  type DriftState,
} from './observe-epoch.js';

export interface FoundDrift extends Omit<Drift, 'test'> {
  /** When the event happened that proved it, Unix milliseconds. */
  detectedAt: number;
  /** What the six-hour cohort in which the change fell had seen before it. */
  cohort: { impressions: number; clicks: number };
}

/** Plain JSON. */
export interface Scan {
  detector: DriftState;
  /** The present regime in the order of time; older neighbours are joined. */
  counts: TimedCount[];
  /** Impressions whose clicks are not told yet, or clicks without their impressions. */
  waiting: (TimedCount & { until: number }) | null;
  found: FoundDrift[];
  /** The regime before the last drift, until `retryAt` clicks of the new one put it to the test. */
  former: { counts: TimedCount[]; retryAt: number } | null;
}

/** How long impressions and clicks wait for each other before they count as they are. */
const WAIT_MS = 86_400_000;
/** The first observation is as large as this: a few odd first counts are not an old regime. */
const FIRST_IMPRESSIONS = 1000;
/** After an unfounded suspicion this share of new clicks must come: an erratic ad costs little. */
const QUIET_GROWTH = 1.1;
/** What an ad is thought to get before its own first observation: one click in a hundred. */
const PRIOR = { clicks: 1, impressions: 100 };
/**
 * An observation holds this share of the regime's clicks, and never more than so many expected: the
 * scan of a year of clicks costs milliseconds, and a change is seen hardly later.
 */
const OBSERVED_SHARE = 1 / 200;
const OBSERVED_MAX = 50;
/** A trial reads no more counts than this; the newer half is as fine as it was told. */
const COUNTS_MAX = 600;
/** A drift is put to the test again whenever the new regime has grown by this factor. */
const RETRY_GROWTH = 1.25;
/** Older drifts are of no belief's concern; an ad that drifts daily must not grow for ever. */
const FOUND_MAX = 200;

export function newScan(): Scan {
  return { detector: newDriftState(), counts: [], waiting: null, found: [], former: null };
}

/** The scan after these minutes, which ascend and lie after those it has seen. */
export function scanMinutes(from: Scan, minutes: readonly Minute[]): Scan {
  const scan = { ...from, counts: [...from.counts] };
  for (const { minute, lastAt, impressions, clicks } of minutes) {
    const at = minute * MINUTE_MS;
    if (scan.counts.length >= COUNTS_MAX) scan.counts = thinned(scan.counts);
    scan.counts.push({ at, impressions, clicks });
    scan.waiting = {
      at: scan.waiting?.at ?? at,
      until: lastAt,
      impressions: (scan.waiting?.impressions ?? 0) + impressions,
      clicks: (scan.waiting?.clicks ?? 0) + clicks,
    };
    observe(scan);
  }
  return scan;
}

function observe(scan: Scan): void {
  const { waiting, detector } = scan;
  if (!waiting) return;
  const { at, until, impressions, clicks } = waiting;
  const expected = impressions * believedRate(detector);
  const overdue = until - at > WAIT_MS;
  const enough =
    detector.segments.length === 0 ? impressions >= FIRST_IMPRESSIONS : impressions > 0;
  const next = Math.min(OBSERVED_MAX, detector.clicks * OBSERVED_SHARE);
  if (enough && impressions >= clicks && ((clicks > 0 && expected >= next) || overdue)) {
    scan.waiting = null;
    const { state, drift } = observeEpoch(detector, { at, impressions, clicks, expected });
    scan.detector = state;
    if (drift) tryDrift(scan, drift.test, until);
    retryLast(scan);
  } else if (overdue && impressions < clicks) {
    // More clicks than impressions for a day: the impressions are not told, so there is no rate.
    scan.waiting = null;
  }
}

/** A detector suspects; the counts of the regime prove or clear, and the scan goes on from them. */
function tryDrift(scan: Scan, test: Drift['test'], detectedAt: number): void {
  const { change, segments } = judge(scan.counts, test);
  const kept = change ? segments.slice(change.cut) : segments;
  const clicks = kept.reduce((total, segment) => total + segment.clicks, 0);
  const quiet = change ? {} : { quietUntilClicks: Math.ceil(clicks * QUIET_GROWTH) };
  scan.detector = { ...newDriftState(), segments: kept, clicks, ...quiet };
  if (!change) return;
  const { since, before, after, clicksBefore } = change;
  const keep = keepAfter(before, after, clicksBefore);
  const cohort = cohortBefore(scan, since);
  scan.found = [...scan.found, { since, before, after, keep, detectedAt, cohort }].slice(
    -FOUND_MAX,
  );
  scan.former = {
    counts: scan.counts.filter((count) => count.at < since),
    retryAt: Math.ceil(clicks * RETRY_GROWTH),
  };
  scan.counts = scan.counts.filter((count) => count.at >= since);
}

/** What later evidence disproves is taken back, and both regimes are one again. */
function retryLast(scan: Scan): void {
  const { former, detector } = scan;
  const last = scan.found.at(-1);
  if (!former || !last || detector.clicks < former.retryAt) return;
  const counts = [...former.counts, ...scan.counts];
  if (isBorneOut(counts, last.since)) {
    const retryAt = Math.ceil(detector.clicks * RETRY_GROWTH);
    scan.former = { ...former, retryAt };
    return;
  }
  const segments = segmentsOf(counts);
  const clicks = segments.reduce((total, segment) => total + segment.clicks, 0);
  scan.detector = { ...newDriftState(), segments, clicks };
  scan.counts = counts.length > COUNTS_MAX ? thinned(counts) : counts;
  scan.found = scan.found.slice(0, -1);
  scan.former = null;
}

function cohortBefore({ counts, found }: Scan, since: number): FoundDrift['cohort'] {
  // `since` begins a minute, and what happens on a boundary belongs to the one that ends there.
  const start = cohortOf(since + 1);
  const last = found.at(-1);
  const sums =
    last && last.since >= start && last.since < start + COHORT_MS
      ? { ...last.cohort }
      : { impressions: 0, clicks: 0 };
  for (const { at, impressions, clicks } of counts) {
    if (at < start || at >= since) continue;
    sums.impressions += impressions;
    sums.clicks += clicks;
  }
  return sums;
}

/** By the running mean of the regime, which is the sum over the detector's segments. */
function believedRate({ segments }: DriftState): number {
  const sums = { ...PRIOR };
  for (const segment of segments) {
    sums.clicks += segment.clicks;
    sums.impressions += segment.impressions;
  }
  return sums.clicks / sums.impressions;
}

/** The older half in pairs, the newer one as it was. */
function thinned(counts: readonly TimedCount[]): TimedCount[] {
  const half = Math.floor(counts.length / 4) * 2;
  const joined: TimedCount[] = [];
  for (let index = 0; index < half; index += 2) {
    const [left, right] = [counts[index], counts[index + 1]] as [TimedCount, TimedCount];
    const impressions = left.impressions + right.impressions;
    joined.push({ at: left.at, impressions, clicks: left.clicks + right.clicks });
  }
  return [...joined, ...counts.slice(half)];
}
