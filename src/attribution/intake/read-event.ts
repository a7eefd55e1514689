// One event in, either a fault or everything that will be stored: cleaned, hashed, without a raw
// identifier. The fbc needs the click's time from the database, so it is settled in a second step.
// Called by `conversion-intake`; hashes by `identity/user-data`.
import { isItemFault, type ItemFault } from '../../shared/item-fault.js';
import { looksPersonal } from '../../shared/personal-data.js';
import { fbclidInUrl, isBrowserId } from '../identity/click-ids.js';
import { countryCode } from '../identity/countries.js';
import { knownPerson, type Person } from '../identity/known-person.js';
import { cleanUserData, type FieldVerdict } from '../identity/user-data.js';
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
import { actionSourceFault, expiryOf, processingFault, readEventTime } from './event-rules.js';
import type { EventRules, ReadEvent } from './event-types.js';
import { readWorth } from './event-worth.js';
import { websiteWarnings } from './website-warnings.js';

/** A payload above this is no event; 1,000 of them still fit into a request to Meta. */
const PAYLOAD_CHARACTERS_MAX = 60_000;
const TOO_LARGE: ItemFault = {
  code: 'conversions.too_large',
  detail: `the event has more than ${PAYLOAD_CHARACTERS_MAX} characters`,
  field: '',
};

export function readEvent(event: NewConversion, rules: EventRules): ReadEvent | ItemFault {
  // Before anything looks at its texts: a huge one is refused cheaply.
  const { user_data: userData, ...others } = event;
  const otherText = JSON.stringify(others);
  if (otherText.length + sizeOf(userData) > 2 * PAYLOAD_CHARACTERS_MAX) return TOO_LARGE;
  const person = knownPerson(userData, otherText);
  const read = readParts(event, rules, person);
  // What a refusal quotes is no identifier, but a person may stand in it all the same.
  return isItemFault(read) ? { ...read, detail: person.without(read.detail) } : read;
}

function readParts(event: NewConversion, rules: EventRules, person: Person): ReadEvent | ItemFault {
  const actionSource = event.action_source.trim().toLowerCase();
  const early =
    actionSourceFault(actionSource) ?? processingFault(event) ?? nameFault(event, person);
  if (early) return early;
  const time = readEventTime(event.event_time, actionSource, rules);
  if (!(time instanceof Date)) return time;
  const given = event.custom_data ?? {};
  const worth = readWorth(event.event_name, given);
  if (isItemFault(worth)) return worth;
  const hasConsent = event.consent !== false;
  const keys = hasConsent ? event.user_data : {};
  const country = event.default_country ? countryCode(event.default_country) : null;
  const clean = cleanUserData(keys, country, rules.now, person);
  const browser = browserIds(keys);
  const category = withDeliveryCategory(cleanCustomData(given, worth, person));
  const url = cleanUrl(event.event_source_url, hasConsent, person);
  const referrer = cleanUrl(event.referrer_url, hasConsent, person);
  const content = {
    event_name: event.event_name,
    event_time: Math.floor(time.getTime() / 1000),
    action_source: actionSource,
    ...(url === null ? {} : { event_source_url: url }),
    ...(referrer === null ? {} : { referrer_url: referrer }),
    user_data: { ...clean.userData, ...(browser.fbp === null ? {} : { fbp: browser.fbp }) },
    ...(event.custom_data === undefined ? {} : { custom_data: category.customData }),
    ...otherKeys(event, person),
  };
  const eventId = eventIdOf(event, content, browser.fbc, person);
  const payload = JSON.stringify({ ...content, event_id: eventId });
  if (payload.length > PAYLOAD_CHARACTERS_MAX) return TOO_LARGE;
  return {
    eventName: event.event_name,
    eventId,
    eventTime: time,
    payload,
    hasConsent,
    expiresAt: expiryOf(time, actionSource),
    kind: kindOf(event.event_name, rules),
    fields: [
      ...clean.fields,
      ...browser.fields,
      ...category.fields,
      ...websiteWarnings(actionSource, event),
    ],
    matchKeys: [...clean.matchKeys, ...(browser.fbp === null ? [] : ['fbp'])],
    adId: idText(event.ad_id, person),
    clickId: idText(event.click_id, person),
    stage: idText(event.stage, person),
    orderId: idText(category.customData['order_id'], person),
    leadId: idText(clean.userData['lead_id'], person),
    valueMinor: minorValue(worth, rules.currency),
    utmIds: utmIdsOf(url),
    fbclid: hasConsent ? fbclidInUrl(url) : null,
    givenFbc: browser.fbc,
    externalIds: [clean.userData['external_id'] ?? []].flat(),
  };
}

function nameFault({ event_name: name }: NewConversion, person: Person): ItemFault | null {
  if (!looksPersonal(name) && !person.isWhollyIn(name)) return null;
  return {
    code: 'conversions.personal_data',
    detail: '/event_name holds an address or phone number',
    field: '/event_name',
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

function browserIds(userData: Record<string, unknown>) {
  const text = (name: string): string | null => {
    const value: unknown = userData[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const fbp = text('fbp');
  const isValid = fbp !== null && isBrowserId(fbp);
  const verdict: FieldVerdict = isValid
    ? { field: 'fbp', verdict: 'used' }
    : { field: 'fbp', verdict: 'dropped', reason: 'not_an_fbp' };
  return { fbp: isValid ? fbp : null, fbc: text('fbc'), fields: fbp === null ? [] : [verdict] };
}
