// From minutes to epochs of an ad's detector. Impressions and clicks are told apart, so they wait
// for each other: a request of impressions alone is no fall to zero, one of clicks alone no rise.
// Pairing needs a few numbers, observing the whole detector; most events only pair.
import type { Verdict } from './judge.js';
import { joined, type Minute } from './minutes.js';
import {
  keepAfter,
  newDriftState,
  observeEpoch,
  type Drift,
  type DriftState,
} from './observe-epoch.js';

/** What is known of an ad besides its detector. */
export interface AdPairing {
  /** What is no epoch yet. */
  waiting: Minute | null;
  /** The newest event that was seen, Unix milliseconds. */
  newestAt: number;
  /** The detector has seen something. */
  isStarted: boolean;
}

export interface FoundDrift extends Omit<Drift, 'test'> {
  /** When the event happened that proved it, Unix milliseconds. */
  detectedAt: number;
}

/** The detector after some minutes, up to a suspicion, which the caller has to try. */
export interface WatchStep {
  detector: DriftState;
  suspicion: Drift['test'] | null;
  /** Minutes not looked at yet: the suspicion comes before them. */
  rest: readonly Minute[];
}

/**
 * How long impressions and clicks wait for each other; later than that an event says nothing new.
 */
const WAIT_MS = 86_400_000;
/** The first observation is as large as this: a few odd first counts are not an old regime. */
const FIRST_IMPRESSIONS = 1000;
/**
 * After an unfounded suspicion this share of new clicks must come: an erratic ad costs few trials.
 */
const QUIET_GROWTH = 1.1;
/** What an ad is thought to get before its own first observation: one click in a hundred. */
const PRIOR = { clicks: 1, impressions: 100 };

export function newPairing(): AdPairing {
  return { waiting: null, newestAt: 0, isStarted: false };
}

/** The pairing after these minutes, and impressions with their clicks, to be observed. */
export function pairMinutes(
  { waiting, newestAt, isStarted }: AdPairing,
  minutes: readonly Minute[],
): { pairing: AdPairing; paired: Minute[] } {
  const paired: Minute[] = [];
  for (const minute of minutes) {
    if (minute.until < newestAt - WAIT_MS) continue;
    newestAt = Math.max(newestAt, minute.until);
    waiting = joined(waiting, minute);
    const next = due(waiting, !isStarted);
    if (next === 'wait') continue;
    if (next === 'observe') {
      paired.push(waiting);
      isStarted = true;
    }
    waiting = null;
  }
  return { pairing: { waiting, newestAt, isStarted }, paired };
}

export function observeMinutes(detector: DriftState, paired: readonly Minute[]): WatchStep {
  for (const [index, minute] of paired.entries()) {
    const { state, drift } = observeEpoch(detector, epochOf(minute, detector));
    detector = state;
    if (drift) return { detector, suspicion: drift.test, rest: paired.slice(index + 1) };
  }
  return { detector, suspicion: null, rest: [] };
}

/**
 * The detector goes on from what is stored, in its order of time, whatever the suspicion was worth.
 * `raisedAt`: the newest event told by then, Unix milliseconds.
 */
export function afterVerdict(
  before: DriftState,
  raisedAt: number,
  { change, segments }: Verdict,
): { detector: DriftState; drift: FoundDrift | null } {
  const kept = change ? segments.slice(change.cut) : segments;
  const clicks = kept.reduce((total, segment) => total + segment.clicks, 0);
  const { drifts, regimeSince } = before;
  const detector = { ...newDriftState(), segments: kept, clicks, drifts, regimeSince };
  if (!change) {
    const quietUntilClicks = Math.ceil(clicks * QUIET_GROWTH);
    return { detector: { ...detector, drifts: drifts - 1, quietUntilClicks }, drift: null };
  }
  const { since, before: old, after, clicksBefore } = change;
  const keep = keepAfter(old, after, clicksBefore);
  return {
    detector: { ...detector, regimeSince: since },
    drift: { since, before: old, after, keep, detectedAt: raisedAt },
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
