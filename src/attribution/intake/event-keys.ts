// Under what an event is known, so that telling it again changes nothing.
import { hash } from 'node:crypto';
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

function digest(...parts: string[]): Buffer {
  return hash('sha256', JSON.stringify(parts), 'buffer');
}
