// From the raw list of a request to events that may be stored: shapes, rules, and who repeats whom
// inside the request itself.
import { createHash } from 'node:crypto';
import type { ReadEvent } from './event-types.js';

export interface EventKeys {
  identity: Buffer;
  /** A second Purchase of one order is a duplicate whatever its event_id. */
  order: Buffer | null;
}

/**
 * (pixel, event_name, event_id). The account's own pixel counts the same before and after it was
 * configured, so an event that is sent again then stays one.
 */
export function keysOf(event: ReadEvent, pixelId: string, ownPixelId: string | null): EventKeys {
  const pixel = pixelId === '' || pixelId === ownPixelId ? 'own' : pixelId;
  return {
    identity: digest('event', pixel, event.eventName, event.eventId),
    order:
      event.eventName === 'Purchase' && event.orderId !== null
        ? digest('order', pixel, event.eventName, event.orderId)
        : null,
  };
}

/** The first of every identity and order; the others are duplicates. */
export function firstOfEach<T extends { keys: EventKeys }>(events: T[]): T[] {
  const seen = new Set<string>();
  return events.filter(({ keys }) => {
    const names = [keys.identity, keys.order].flatMap((key) => key?.toString('base64') ?? []);
    if (names.some((name) => seen.has(name))) return false;
    for (const name of names) seen.add(name);
    return true;
  });
}

function digest(...parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
