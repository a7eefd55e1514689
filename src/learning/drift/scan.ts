// An ad's click rate scanned in the order of time: the drifts of a stream are a function of its
// minutes, whoever told them and when. A scan goes on from where another one ended, so a
// checkpoint of it is worth the minutes before it; its size does not grow with the stream.
import { MILLIS_PER_DAY } from '../../shared/time.js';
import { MINUTE_MS } from '../belief/evidence-cell.js';
import type { Minute } from './minutes.js';
import { observeEpoch, type DriftState } from './observe-epoch.js';
import { retryLast, tryDrift } from './proof.js';
import { addCount, type Scan } from './scan-state.js';

/** How long impressions and clicks wait for each other before they count as they are. */
const WAIT_MS = MILLIS_PER_DAY;
/** The first observation is as large as this: a few odd first counts are not an old regime. */
const FIRST_IMPRESSIONS = 1000;
/** What an ad is thought to get before its own first observation: one click in a hundred. */
const PRIOR = { clicks: 1, impressions: 100 };
/**
 * An observation holds this share of the regime's clicks, and never more than so many expected: the
 * scan of a year of clicks costs milliseconds, and a change is seen hardly later.
 */
const OBSERVED_SHARE = 1 / 200;
const OBSERVED_MAX = 50;

/** The scan after these minutes, which ascend and lie after those it has seen. */
export function scanMinutes(from: Scan, minutes: readonly Minute[]): Scan {
  const scan = { ...from, recent: [...from.recent] };
  for (const { minute, lastAt, impressions, clicks } of minutes) {
    const at = minute * MINUTE_MS;
    addCount(scan, { at, impressions, clicks });
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

/** The instant from which on impressions without clicks are no longer waited for. */
export function overdueAt({ waiting }: Scan, first: number): number {
  return (waiting?.at ?? first) + WAIT_MS;
}

function observe(scan: Scan): void {
  const { waiting, detector } = scan;
  if (!waiting) return;
  const { at, until, impressions, clicks } = waiting;
  const overdue = until - at > WAIT_MS;
  if (!overdue && (clicks === 0 || impressions < clicks)) return;
  // More clicks than impressions for a day: the impressions are not told, so there is no rate.
  if (impressions < clicks) scan.waiting = null;
  const least = detector.segments.length === 0 ? FIRST_IMPRESSIONS : 1;
  if (impressions < Math.max(clicks, least)) return;
  const expected = impressions * believedRate(detector);
  const next = Math.min(OBSERVED_MAX, detector.clicks * OBSERVED_SHARE);
  if (!overdue && expected < next) return;
  scan.waiting = null;
  const { state, drift } = observeEpoch(detector, { at, impressions, clicks, expected });
  scan.detector = state;
  if (drift) tryDrift(scan, drift.test, until);
  retryLast(scan);
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
