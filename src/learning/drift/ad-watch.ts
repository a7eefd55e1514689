// From minutes to epochs of an ad's detector. Impressions and clicks are told apart, so they wait
// for each other: a request of impressions alone is no fall to zero, one of clicks alone no rise.
import type { Verdict } from './judge.js';
import { joined, type Minute } from './minutes.js';
import {
  keepAfter,
  newDriftState,
  observeEpoch,
  type Drift,
  type DriftState,
} from './observe-epoch.js';

/** Plain JSON, stored per account and ad. */
export interface AdWatch {
  detector: DriftState;
  /** What is no epoch yet. */
  waiting: Minute | null;
  /** The newest event that was seen, Unix milliseconds. */
  newestAt: number;
  /** Beginning of the present regime, Unix milliseconds; absent before the first drift. */
  regimeSince?: number;
}

export interface FoundDrift extends Omit<Drift, 'test'> {
  /** When the event happened that proved it, Unix milliseconds. */
  detectedAt: number;
}

export interface Suspicion {
  test: Drift['test'];
  /** The newest event told by then, Unix milliseconds. */
  raisedAt: number;
}

export interface WatchStep {
  watch: AdWatch;
  suspicion: Suspicion | null;
  /** Minutes not looked at yet: a suspicion comes before them. */
  rest: readonly Minute[];
}

/** How long impressions and clicks wait for each other; later than that an event says nothing new. */
const WAIT_MS = 86_400_000;
/** The first observation is as large as this: a few odd first counts are not an old regime. */
const FIRST_IMPRESSIONS = 1000;
/** After an unfounded suspicion this share of new clicks must come: an erratic ad costs few trials. */
const QUIET_GROWTH = 1.1;
/** What an ad is thought to get before its own first observation: one click in a hundred. */
const PRIOR = { clicks: 1, impressions: 100 };

export function newAdWatch(): AdWatch {
  return { detector: newDriftState(), waiting: null, newestAt: 0 };
}

/** The watch after these minutes, or after those up to a suspicion, which the caller has to try. */
export function watchMinutes(watch: AdWatch, minutes: readonly Minute[]): WatchStep {
  let { detector, waiting, newestAt } = watch;
  for (const [index, minute] of minutes.entries()) {
    if (minute.until < newestAt - WAIT_MS) continue;
    newestAt = Math.max(newestAt, minute.until);
    waiting = joined(waiting, minute);
    const next = due(waiting, detector.segments.length === 0);
    if (next === 'wait') continue;
    const observed = waiting;
    waiting = null;
    if (next === 'drop') continue;
    const { state, drift } = observeEpoch(detector, epochOf(observed, detector));
    detector = state;
    if (!drift) continue;
    const rest = minutes.slice(index + 1);
    // All of the request is stored: the more there is to judge by, the surer.
    const raisedAt = Math.max(newestAt, rest.at(-1)?.until ?? newestAt);
    const suspicion = { test: drift.test, raisedAt };
    return { watch: { ...watch, detector, waiting, newestAt }, suspicion, rest };
  }
  return { watch: { ...watch, detector, waiting, newestAt }, suspicion: null, rest: [] };
}

/** The watch goes on from what is stored, in its order of time, whatever the suspicion was worth. */
export function afterVerdict(
  watch: AdWatch,
  { raisedAt }: Suspicion,
  { change, segments }: Verdict,
): { watch: AdWatch; drift: FoundDrift | null } {
  const kept = change ? segments.slice(change.cut) : segments;
  const clicks = kept.reduce((total, segment) => total + segment.clicks, 0);
  const detector = { ...newDriftState(), segments: kept, clicks, drifts: watch.detector.drifts };
  if (!change) {
    const quietUntilClicks = Math.ceil(clicks * QUIET_GROWTH);
    const drifts = detector.drifts - 1;
    return {
      watch: { ...watch, detector: { ...detector, drifts, quietUntilClicks } },
      drift: null,
    };
  }
  const { since, before, after, clicksBefore } = change;
  const keep = keepAfter(before, after, clicksBefore);
  return {
    watch: { ...watch, detector, regimeSince: since },
    drift: { since, before, after, keep, detectedAt: raisedAt },
  };
}

function due({ since, until, impressions, clicks }: Minute, isFirst: boolean) {
  const paired = impressions >= Math.max(clicks, isFirst ? FIRST_IMPRESSIONS : 1);
  const overdue = until - since > WAIT_MS;
  if (paired && (clicks > 0 || overdue)) return 'observe';
  // More clicks than impressions for a day: the impressions are not told, so there is no rate.
  return overdue && impressions < clicks ? 'drop' : 'wait';
}

/** Expected by the running mean of the regime, which is the sum over the detector's segments. */
function epochOf({ since, impressions, clicks }: Minute, { segments }: DriftState) {
  const sums = { ...PRIOR };
  for (const segment of segments) {
    sums.clicks += segment.clicks;
    sums.impressions += segment.impressions;
  }
  // Late minutes join the present, so that segments ascend.
  const at = Math.max(since, segments.at(-1)?.since ?? since);
  return { at, impressions, clicks, expected: (impressions * sums.clicks) / sums.impressions };
}
