// One event in, either its faults or everything that will be stored: cleaned, hashed, without a raw
// identifier. The fbc needs the click's time from the database, so it is settled in a second step.
// Called by `conversion-intake`; judged by `judge-event`.
import type { ItemFault } from '../../shared/item-fault.js';
import { fbclidInUrl } from '../identity/click-ids.js';
import { knownPerson, type Person } from '../identity/known-person.js';
import { utmIdsOf } from '../matching/match.js';
import type { NewConversion } from './conversions.dto.js';
import { withDeliveryCategory } from './delivery-category.js';
import {
  cleanCustomData,
  cleanUrl,
  eventIdOf,
  idText,
  kindOf,
  minorValue,
  otherKeys,
} from './event-content.js';
import { expiryOf } from './event-rules.js';
import type { EventRules, ReadEvent } from './event-types.js';
import { judgeEvent } from './judge-event.js';
import { readUserKeys } from './user-keys.js';
import { websiteWarnings } from './website-warnings.js';

/** A payload above this is no event; 1,000 of them still fit into a request to Meta. */
const PAYLOAD_CHARACTERS_MAX = 60_000;
const TOO_LARGE: ItemFault = {
  code: 'conversions.too_large',
  detail: `the event has more than ${PAYLOAD_CHARACTERS_MAX} characters`,
  field: '',
};

export function readEvent(event: NewConversion, rules: EventRules): ReadEvent | ItemFault {
  const person = personIn(event);
  if (person === null) return TOO_LARGE;
  const read = readParts(event, rules, person);
  if (!Array.isArray(read)) return read;
  const [first, ...more] = withoutPerson(read, person);
  return { ...first!, detail: [first!, ...more].map(({ detail }) => detail).join('; ') };
}

/** What the rules say of the rest of an event, some of whose fields were refused already. */
export function furtherFaults(event: Partial<NewConversion>, rules: EventRules): ItemFault[] {
  const person = personIn(event);
  if (person === null) return [];
  const judged = judgeEvent(event, rules, person);
  return Array.isArray(judged) ? withoutPerson(judged, person) : [];
}

/** null for an event that is huge: it is refused cheaply, before anything looks at its texts. */
function personIn({ user_data: userData = {}, ...others }: Partial<NewConversion>): Person | null {
  const otherText = JSON.stringify(others);
  if (otherText.length + sizeOf(userData) > 2 * PAYLOAD_CHARACTERS_MAX) return null;
  return knownPerson(userData, otherText);
}

/** What a refusal quotes is no identifier, but a person may stand in it all the same. */
function withoutPerson(faults: ItemFault[], person: Person): ItemFault[] {
  return faults.map((fault) => ({ ...fault, detail: person.without(fault.detail) }));
}

function readParts(
  event: NewConversion,
  rules: EventRules,
  person: Person,
): ReadEvent | ItemFault[] {
  const judged = judgeEvent(event, rules, person);
  if (Array.isArray(judged)) return judged;
  const { actionSource, time, worth } = judged;
  const given = event.custom_data ?? {};
  const hasConsent = event.consent !== false;
  const sent = hasConsent ? event.user_data : {};
  const keys = readUserKeys(sent, event.default_country, rules.now, person);
  const category = withDeliveryCategory(cleanCustomData(given, worth, person));
  const url = cleanUrl(event.event_source_url, hasConsent, person);
  const referrer = cleanUrl(event.referrer_url, hasConsent, person);
  const content = {
    event_name: event.event_name,
    event_time: Math.floor(time.getTime() / 1000),
    action_source: actionSource,
    ...(url === null ? {} : { event_source_url: url }),
    ...(referrer === null ? {} : { referrer_url: referrer }),
    user_data: keys.userData,
    ...(event.custom_data === undefined ? {} : { custom_data: category.customData }),
    ...otherKeys(event, person),
  };
  const eventId = eventIdOf(event, content, keys.givenFbc, person);
  const payload = JSON.stringify({ ...content, event_id: eventId });
  if (payload.length > PAYLOAD_CHARACTERS_MAX) return [TOO_LARGE];
  return {
    eventName: event.event_name,
    eventId,
    eventTime: time,
    payload,
    hasConsent,
    expiresAt: expiryOf(time, actionSource),
    kind: kindOf(event.event_name, rules),
    fields: [...keys.fields, ...category.fields, ...websiteWarnings(actionSource, event)],
    matchKeys: keys.matchKeys,
    adId: idText(event.ad_id, person),
    clickId: idText(event.click_id, person),
    stage: idText(event.stage, person),
    orderId: idText(category.customData['order_id'], person),
    leadId: idText(keys.userData['lead_id'], person),
    valueMinor: minorValue(worth, rules.currency),
    utmIds: utmIdsOf(url),
    fbclid: hasConsent ? fbclidInUrl(url) : null,
    givenFbc: keys.givenFbc,
    externalIds: [keys.userData['external_id'] ?? []].flat(),
  };
}

/**
 * About the characters of its JSON: most values are texts, and those need not be written to be
 * counted.
 */
function sizeOf(userData: Record<string, unknown>): number {
  return Object.entries(userData).reduce((size, [name, value]) => {
    const length = typeof value === 'string' ? value.length : JSON.stringify(value).length;
    return size + name.length + length;
  }, 0);
}
