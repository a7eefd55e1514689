// A suspicion becomes a drift or none, and a drift is taken back when later evidence disproves it.
import { COHORT_MS } from '../belief/cohorts.js';
import { cohortOf } from '../belief/evidence-cell.js';
import { isBorneOut, judge, segmentsOf, type TimedCount } from './judge.js';
import { keepAfter, newDriftState, type Drift } from './observe-epoch.js';
import { countsOf, setCounts, type FoundDrift, type Scan } from './scan-state.js';

/** After an unfounded suspicion this share of new clicks must come: an erratic ad costs little. */
const QUIET_GROWTH = 1.1;
/** A drift is put to the test again whenever the new regime has grown by this factor. */
const RETRY_GROWTH = 1.1;
/** Older drifts are of no belief's concern; an ad that drifts daily must not grow for ever. */
const FOUND_MAX = 200;

/** A detector suspects; the counts of the regime prove or clear, and the scan goes on from them. */
export function tryDrift(scan: Scan, test: Drift['test'], detectedAt: number): void {
  const counts = countsOf(scan);
  const { change, segments } = judge(counts, test);
  const kept = change ? segments.slice(change.cut) : segments;
  const clicks = kept.reduce((total, segment) => total + segment.clicks, 0);
  const quiet = change ? {} : { quietUntilClicks: Math.ceil(clicks * QUIET_GROWTH) };
  scan.detector = { ...newDriftState(), segments: kept, clicks, ...quiet };
  if (!change) return;
  const { since, before, after, clicksBefore } = change;
  const keep = keepAfter(before, after, clicksBefore);
  const cohort = cohortBefore(counts, scan.found.at(-1), since);
  scan.found = [...scan.found, { since, before, after, keep, detectedAt, cohort }].slice(
    -FOUND_MAX,
  );
  scan.former = {
    counts: counts.filter((count) => count.at < since),
    retryAt: Math.ceil(clicks * RETRY_GROWTH),
  };
  setCounts(
    scan,
    counts.filter((count) => count.at >= since),
  );
}

/** What later evidence disproves is taken back, and both regimes are one again. */
export function retryLast(scan: Scan): void {
  const { former, detector } = scan;
  const last = scan.found.at(-1);
  if (!former || !last || detector.clicks < former.retryAt) return;
  const counts = [...former.counts, ...countsOf(scan)];
  if (isBorneOut(counts, last.since)) {
    const retryAt = Math.ceil(detector.clicks * RETRY_GROWTH);
    scan.former = { ...former, retryAt };
    return;
  }
  const segments = segmentsOf(counts);
  const clicks = segments.reduce((total, segment) => total + segment.clicks, 0);
  scan.detector = { ...newDriftState(), segments, clicks };
  setCounts(scan, counts);
  scan.found = scan.found.slice(0, -1);
  scan.former = null;
}

function cohortBefore(
  counts: readonly TimedCount[],
  last: FoundDrift | undefined,
  since: number,
): FoundDrift['cohort'] {
  // `since` begins a minute, and what happens on a boundary belongs to the one that ends there.
  const start = cohortOf(since + 1);
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
