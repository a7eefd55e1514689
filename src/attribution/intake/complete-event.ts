// The second step of reading an event, once the database has told of the click behind it.
import type { ItemFault } from '../../shared/item-fault.js';
import { chooseFbc } from '../identity/click-ids.js';
import { combinationFault } from '../identity/key-combinations.js';
import type { FieldVerdict } from '../identity/user-data.js';
import { isMissing } from './website-warnings.js';
import type { ReadEvent } from './event-types.js';

/** Settles the fbc and judges what Meta can match on. `seen` is the click behind the event. */
export function completeEvent(
  event: ReadEvent,
  seen: { fbclid: string; firstSeenAt: Date } | null,
): ReadEvent | ItemFault {
  const { fbc, reason } = chooseFbc(event.givenFbc, event.hasConsent ? seen : null);
  const matchKeys = fbc === null ? event.matchKeys : [...event.matchKeys, 'fbc'];
  const broken = event.hasConsent ? keysFault(matchKeys, event.fields) : null;
  if (broken) return broken;
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

/** Meta matches nobody by these keys; says what was sent beside them. */
export function keysFault(matchKeys: string[], fields: FieldVerdict[]): ItemFault | null {
  const broken = combinationFault(matchKeys);
  if (broken === null) return null;
  const detail = `/user_data ${broken}${droppedOf(fields)}`;
  return { code: 'conversions.invalid_key_combination', detail, field: '/user_data' };
}

/** What was sent and cannot be used: mostly the reason why nothing is left. */
function droppedOf(fields: FieldVerdict[]): string {
  const dropped = fields
    .filter(({ verdict, reason }) => verdict === 'dropped' && !isMissing(reason))
    .map(({ field, reason }) => `${field} (${reason ?? 'not usable'})`);
  return dropped.length === 0 ? '' : `; sent and dropped: ${dropped.join(', ')}`;
}

/** In the text, because payloads are long. Nothing that stands before user_data is an object. */
function withFbc(payload: string, fbc: string): string {
  const pair = `"fbc":${JSON.stringify(fbc)}`;
  return payload.replace(/"user_data":\{(\}?)/, (_, end: string) =>
    end === '' ? `"user_data":{${pair},` : `"user_data":{${pair}}`,
  );
}
