// Single events as minutes of an ad: what was shown and what was clicked. They add up, so any
// order, splitting and repetition (kept out before) of a stream ends in the same minutes.
import type { AdEventRow } from '../../metrics/index.js';
import { minuteOf } from '../belief/evidence-cell.js';

/** Impressions and clicks of one ad in one minute. */
export interface Minute {
  /** Unix minutes. */
  minute: number;
  /** Its newest event, Unix milliseconds. */
  lastAt: number;
  impressions: number;
  clicks: number;
}

/** Impressions and clicks per ad and minute, ascending, whatever the order of the events. */
export function minutesByAd(events: readonly AdEventRow[]): Map<string, Minute[]> {
  const ads = new Map<string, Map<number, Minute>>();
  for (const { adId, type, count, occurredAt } of events) {
    if (type === 'conversion') continue;
    const lastAt = occurredAt.getTime();
    const minutes = ads.get(adId) ?? new Map<number, Minute>();
    ads.set(adId, minutes);
    const impressions = type === 'impression' ? count : 0;
    const minute = minuteOf(lastAt);
    const one = { minute, lastAt, impressions, clicks: count - impressions };
    const known = minutes.get(minute);
    minutes.set(minute, known ? together(known, one) : one);
  }
  return new Map(
    [...ads]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([adId, minutes]) => [adId, ascending([...minutes.values()])]),
  );
}

export function ascending(minutes: Minute[]): Minute[] {
  return minutes.sort((left, right) => left.minute - right.minute);
}

/** Of the same minute. */
export function together(left: Minute, right: Minute): Minute {
  return {
    minute: left.minute,
    lastAt: Math.max(left.lastAt, right.lastAt),
    impressions: left.impressions + right.impressions,
    clicks: left.clicks + right.clicks,
  };
}
