// The second step of reading an event, once the database has told of the click behind it.
import { chooseFbc } from '../identity/click-ids.js';
import { combinationFault } from '../identity/key-combinations.js';
import type { FieldVerdict } from '../identity/user-data.js';
import type { EventFault } from './event-rules.js';
import type { ReadEvent } from './event-types.js';

/** Settles the fbc and judges what Meta can match on. `seen` is the click behind the event. */
export function completeEvent(
  event: ReadEvent,
  seen: { fbclid: string; firstSeenAt: Date } | null,
): ReadEvent | EventFault {
  const { fbc, reason } = chooseFbc(event.givenFbc, event.hasConsent ? seen : null);
  const matchKeys = fbc === null ? event.matchKeys : [...event.matchKeys, 'fbc'];
  const broken = event.hasConsent ? combinationFault(matchKeys) : null;
  if (broken) {
    return {
      code: 'conversions.invalid_key_combination',
      detail: `/user_data ${broken}`,
      field: '/user_data',
    };
  }
  if (fbc === null && reason === null) return event;
  const verdict: FieldVerdict = {
    field: 'fbc',
    verdict: fbc === null ? 'dropped' : 'used',
    ...(reason === null ? {} : { reason }),
  };
  return {
    ...event,
    matchKeys,
    fields: [...event.fields, verdict],
    payload: fbc === null ? event.payload : withFbc(event.payload, fbc),
  };
}

function withFbc(payload: string, fbc: string): string {
  const content = JSON.parse(payload) as { user_data: Record<string, unknown> };
  return JSON.stringify({ ...content, user_data: { ...content.user_data, fbc } });
}
