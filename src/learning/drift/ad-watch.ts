// From single events to epochs of an ad's detector. Impressions and clicks are told apart, so they wait
// for each other: a request of impressions alone is no fall to zero, one of clicks alone no rise.
// Pairing needs a few numbers, observing the whole detector; most events only pair.
import type { AdEventRow } from '../../metrics/index.js';
import { observeEpoch, type Drift, type DriftState } from './observe-epoch.js';

/** Impressions and clicks of one ad in one minute. */
export interface Minute {
  /** First and last event, Unix milliseconds. */
  since: number;
  until: number;
  impressions: number;
  clicks: number;
}

/** What is known of an ad besides its detector. */
export interface AdPairing {
  /** What is no epoch yet. */
  waiting: Minute | null;
  /** The newest event that was seen, Unix milliseconds. */
  newestAt: number;
  /** The detector has seen something. */
  isStarted: boolean;
}

/** Impressions with their clicks. */
export interface PairedMinute extends Minute {
  /** The newest event by then, Unix milliseconds. */
  newestAt: number;
}

export interface FoundDrift extends Drift {
  /** When the event happened that proved it, Unix milliseconds. */
  detectedAt: number;
}

const MINUTE_MS = 60_000;
/** How long impressions and clicks wait for each other; later than that an event says nothing new. */
const WAIT_MS = 86_400_000;
/** The first observation is as large as this: a few odd first counts are not an old regime. */
const FIRST_IMPRESSIONS = 1000;
/** What an ad is thought to get before its own first observation: one click in a hundred. */
const PRIOR = { clicks: 1, impressions: 100 };

export function newPairing(): AdPairing {
  return { waiting: null, newestAt: 0, isStarted: false };
}

/**
 * Impressions and clicks per ad and minute, ascending, whatever the order of the events. Where only
 * one of the two is told of an ad its minutes are one: their counterpart comes as a whole as well.
 */
export function minutesByAd(events: readonly AdEventRow[]): Map<string, Minute[]> {
  const ads = new Map<string, Map<number, Minute>>();
  for (const { adId, type, count, occurredAt } of events) {
    if (type === 'conversion') continue;
    const at = occurredAt.getTime();
    const minutes = ads.get(adId) ?? new Map<number, Minute>();
    ads.set(adId, minutes);
    const impressions = type === 'impression' ? count : 0;
    const minute = { since: at, until: at, impressions, clicks: count - impressions };
    const key = Math.floor(at / MINUTE_MS);
    minutes.set(key, joined(minutes.get(key) ?? null, minute));
  }
  return new Map(
    [...ads]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([adId, minutes]) => [
        adId,
        pairable([...minutes.values()].sort((left, right) => left.since - right.since)),
      ]),
  );
}

/** The pairing after these minutes, and what is to be observed. */
export function pairMinutes(
  { waiting, newestAt, isStarted }: AdPairing,
  minutes: readonly Minute[],
): { pairing: AdPairing; paired: PairedMinute[] } {
  const paired: PairedMinute[] = [];
  for (const minute of minutes) {
    if (minute.until < newestAt - WAIT_MS) continue;
    newestAt = Math.max(newestAt, minute.until);
    waiting = joined(waiting, minute);
    const next = due(waiting, !isStarted);
    if (next === 'wait') continue;
    if (next === 'observe') {
      paired.push({ ...waiting, newestAt });
      isStarted = true;
    }
    waiting = null;
  }
  return { pairing: { waiting, newestAt, isStarted }, paired };
}

/** The detector after these minutes, and the drifts that they proved. */
export function observeMinutes(
  detector: DriftState,
  paired: readonly PairedMinute[],
): { detector: DriftState; drifts: FoundDrift[] } {
  const drifts: FoundDrift[] = [];
  for (const minute of paired) {
    const step = observeEpoch(detector, epochOf(minute, detector));
    detector = step.state;
    if (step.drift) drifts.push({ ...step.drift, detectedAt: minute.newestAt });
  }
  return { detector, drifts };
}

function pairable(minutes: Minute[]): Minute[] {
  const [first, ...others] = minutes;
  const isPair =
    minutes.some(({ impressions }) => impressions > 0) && minutes.some(({ clicks }) => clicks > 0);
  return isPair || !first ? minutes : [others.reduce(joined, first)];
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

function joined(left: Minute | null, right: Minute): Minute {
  if (!left) return right;
  return {
    since: Math.min(left.since, right.since),
    until: Math.max(left.until, right.until),
    impressions: left.impressions + right.impressions,
    clicks: left.clicks + right.clicks,
  };
}
