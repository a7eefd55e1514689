// What a scan of an ad's minutes knows at one of them; plain JSON, of bounded size.
import type { TimedCount } from './judge.js';
import { newDriftState, type Drift, type DriftState } from './observe-epoch.js';

export interface FoundDrift extends Omit<Drift, 'test'> {
  /** When the event happened that proved it, Unix milliseconds. */
  detectedAt: number;
  /** What the six-hour cohort in which the change fell had seen before it. */
  cohort: { impressions: number; clicks: number };
}

export interface Scan {
  detector: DriftState;
  /** The present regime in the order of time; older neighbours are joined. Never changed. */
  counts: readonly TimedCount[];
  /** The newest, few enough to be copied with every step of a scan. */
  recent: TimedCount[];
  /** Impressions whose clicks are not told yet, or clicks without their impressions. */
  waiting: (TimedCount & { until: number }) | null;
  found: FoundDrift[];
  /** The regime before the last drift, until `retryAt` clicks of the new one put it to the test. */
  former: { counts: TimedCount[]; retryAt: number } | null;
}

/** A trial reads hardly more counts than this; the newer half is as fine as it was told. */
const COUNTS_MAX = 600;
const RECENT_MAX = 64;

export function newScan(): Scan {
  return {
    ...{ detector: newDriftState(), counts: [], recent: [] },
    ...{ waiting: null, found: [], former: null },
  };
}

export function addCount(scan: Scan, count: TimedCount): void {
  scan.recent.push(count);
  if (scan.recent.length >= RECENT_MAX) setCounts(scan, countsOf(scan));
}

export function countsOf({ counts, recent }: Scan): TimedCount[] {
  return [...counts, ...recent];
}

/** Of many the older half is joined in pairs, the newer one stays as it was. */
export function setCounts(scan: Scan, counts: TimedCount[]): void {
  scan.counts = counts.length > COUNTS_MAX ? thinned(counts) : counts;
  scan.recent = [];
}

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
