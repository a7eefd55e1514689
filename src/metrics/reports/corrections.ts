// Later news of a conversion told by its event: what may be taken from what stands. An event counts
// once however many tell it, so only one of the tellers may correct it, and never below nothing.
import { eventDigest, type AdEventValues } from '../events/ad-events.js';

export interface Correction {
  /** The event it corrects. */
  eventId: string;
  /** Whose news it is, in the teller's words, and which of its news; together unique. */
  teller: string;
  revision: number;
  count: -1 | 0;
  /** Signed; null = not known. */
  valueMinor: number | null;
}

/** A stored event with its corrections so far. */
export interface StandingEvent {
  digest: string;
  adId: string;
  occurredAt: Date;
  clickId: string | null;
  clickedAt: Date | null;
  /** Net. */
  count: number;
  valueMinor: number | null;
  /** Who corrected it first; null = nobody yet. */
  teller: string | null;
}

/**
 * The corrections as events at the place of what they correct; those without effect are left out.
 */
export function correctionEvents(
  corrections: readonly Correction[],
  standing: readonly StandingEvent[],
): AdEventValues[] {
  const events = new Map(standing.map((event) => [event.digest, { ...event }]));
  return corrections.flatMap((correction): AdEventValues[] => {
    const event = events.get(eventDigest(correction.eventId));
    if (!event || (event.teller !== null && event.teller !== correction.teller)) return [];
    const change = possibleChange(correction, event);
    if (change === null) return [];
    event.teller = correction.teller;
    event.count += change.count;
    if (event.valueMinor !== null) event.valueMinor += change.valueMinor ?? 0;
    const { adId, occurredAt, clickId, clickedAt } = event;
    const place = { adId, occurredAt, clickId, clickedAt };
    const eventId = `${event.digest}~${correction.teller}~${correction.revision}`;
    return [{ eventId, type: 'conversion', ...place, ...change, stage: null, features: null }];
  });
}

function possibleChange(
  { count, valueMinor }: Correction,
  standing: StandingEvent,
): Pick<AdEventValues, 'count' | 'valueMinor'> | null {
  if (standing.count <= 0) return null;
  if (standing.valueMinor === null) return count === 0 ? null : { count, valueMinor: null };
  // What is taken back whole takes its whole value with it.
  const isGone = standing.count + count === 0;
  const wanted = isGone ? -standing.valueMinor : (valueMinor ?? 0);
  const change = Math.max(wanted, -standing.valueMinor);
  return count === 0 && change === 0 ? null : { count, valueMinor: change };
}
