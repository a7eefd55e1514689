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
  /** The present regime in the order of time; older neighbours are joined. */
  counts: TimedCount[];
  /** Impressions whose clicks are not told yet, or clicks without their impressions. */
  waiting: (TimedCount & { until: number }) | null;
  found: FoundDrift[];
  /** The regime before the last drift, until `retryAt` clicks of the new one put it to the test. */
  former: { counts: TimedCount[]; retryAt: number } | null;
}

/** A trial reads no more counts than this; the newer half is as fine as it was told. */
const COUNTS_MAX = 600;
export function newScan(): Scan {
  return { detector: newDriftState(), counts: [], waiting: null, found: [], former: null };
}

/** One more count; of many the older half is joined in pairs, the newer one stays as it was. */
export function withCount(counts: TimedCount[], count: TimedCount): TimedCount[] {
  const room = counts.length >= COUNTS_MAX ? thinned(counts) : counts;
  room.push(count);
  return room;
}

export function bounded(counts: TimedCount[]): TimedCount[] {
  return counts.length > COUNTS_MAX ? thinned(counts) : counts;
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
