// One event of an ad, and the digests that make it count once: of its id, and of what it says.
import { hash } from 'node:crypto';
import { hashOfId } from '../../shared/personal-data.js';

export type AdEventType = 'impression' | 'click' | 'conversion';

/** null stands for a number that JSON could not carry (NaN, infinity). */
export type EventFeatures = Record<string, number | string | null>;

export interface AdEventValues {
  eventId: string;
  adId: string;
  type: AdEventType;
  /** Above 0; a correction of a conversion has -1 (taken back) or 0 (another value). */
  count: number;
  /** Of the whole event, minor units, in a correction the signed change; null = not known. */
  valueMinor: number | null;
  stage: string | null;
  occurredAt: Date;
  clickId: string | null;
  clickedAt: Date | null;
  features: EventFeatures | null;
}

export interface AdEventRow extends AdEventValues {
  eventDigest: string;
}

/** Corrections change what is counted; nothing happened in them that a model could learn from. */
export function isCorrection({ count }: Pick<AdEventValues, 'count'>): boolean {
  return count <= 0;
}

/** The key under which an event id is known for ever, as it was told or as its digest. */
export function eventDigest(eventId: string): string {
  return hashOfId(eventId).slice(0, 32);
}

/**
 * Equal for equal content, however it was written: key order and explicit defaults do not count.
 */
export function contentDigest(event: AdEventValues): string {
  const { adId, type, count, valueMinor, stage, occurredAt, clickId, clickedAt, features } = event;
  const sorted =
    features === null
      ? null
      : Object.keys(features)
          .sort()
          .map((name) => [name, features[name]]);
  const times = [occurredAt.getTime(), clickedAt?.getTime() ?? null];
  return uuidOf(JSON.stringify([adId, type, count, valueMinor, stage, times, clickId, sorted]));
}

/** The first 128 bits of SHA-256 in the form that PostgreSQL stores in 16 bytes. */
function uuidOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
