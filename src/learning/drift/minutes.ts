// Single events as minutes of an ad: what was shown and what was clicked.
import type { AdEventRow } from '../../metrics/index.js';

/** Impressions and clicks of one ad in one minute. */
export interface Minute {
  /** First and last event, Unix milliseconds. */
  since: number;
  until: number;
  impressions: number;
  clicks: number;
}

const MINUTE_MS = 60_000;

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

function pairable(minutes: Minute[]): Minute[] {
  const [first, ...others] = minutes;
  const isPair =
    minutes.some(({ impressions }) => impressions > 0) && minutes.some(({ clicks }) => clicks > 0);
  return isPair || !first ? minutes : [others.reduce(joined, first)];
}

export function joined(left: Minute | null, right: Minute): Minute {
  if (!left) return right;
  return {
    since: Math.min(left.since, right.since),
    until: Math.max(left.until, right.until),
    impressions: left.impressions + right.impressions,
    clicks: left.clicks + right.clicks,
  };
}
