// One event in, either a fault or everything that will be stored: cleaned, hashed, without a raw
// identifier. The fbc needs the click's time from the database, so it is settled in a second step.
import { looksPersonal } from '../../shared/personal-data.js';
import { fbclidInUrl, isBrowserId } from '../identity/click-ids.js';
import { countryCode } from '../identity/countries.js';
import { knownPerson } from '../identity/known-person.js';
import { cleanUserData, type FieldVerdict } from '../identity/user-data.js';
import type { NewConversion } from './conversions.dto.js';
import {
  cleanCustomData,
  cleanUrl,
  eventIdOf,
  idText,
  kindOf,
  minorValue,
  otherKeys,
  websiteWarnings,
} from './event-content.js';
import {
  actionSourceFault,
  expiryOf,
  isEventFault,
  processingFault,
  readEventTime,
  type EventFault,
} from './event-rules.js';
import type { EventRules, ReadEvent } from './event-types.js';
import { readWorth } from './event-worth.js';

/** A payload above this is no event; 1,000 of them still fit into a request to Meta. */
const PAYLOAD_CHARACTERS_MAX = 60_000;
const TOO_LARGE: EventFault = {
  code: 'conversions.too_large',
  detail: `the event has more than ${PAYLOAD_CHARACTERS_MAX} characters`,
  field: '',
};

export function readEvent(event: NewConversion, rules: EventRules): ReadEvent | EventFault {
  // Before anything looks at its texts: a huge one is refused cheaply.
  const { user_data: userData, ...others } = event;
  const otherText = JSON.stringify(others);
  if (otherText.length + sizeOf(userData) > 2 * PAYLOAD_CHARACTERS_MAX) return TOO_LARGE;
  const actionSource = event.action_source.trim().toLowerCase();
  const early = actionSourceFault(actionSource) ?? processingFault(event);
  if (early) return early;
  const person = knownPerson(userData, otherText);
  if (looksPersonal(event.event_name) || person.isWhollyIn(event.event_name)) {
    return {
      code: 'conversions.personal_data',
      detail: '/event_name holds an address or phone number',
      field: '/event_name',
    };
  }
  const time = readEventTime(event.event_time, actionSource, rules.now, rules.allowsIsoTime);
  if (!(time instanceof Date)) return time;
  const given = event.custom_data ?? {};
  const worth = readWorth(event.event_name, given);
  if (isEventFault(worth)) return worth;
  const hasConsent = event.consent !== false;
  const keys = hasConsent ? userData : {};
  const country = event.default_country ? countryCode(event.default_country) : null;
  const clean = cleanUserData(keys, country, rules.now, person);
  const browser = browserIds(keys);
  const customData = cleanCustomData(given, worth, person);
  const url = cleanUrl(event.event_source_url, hasConsent, person);
  const referrer = cleanUrl(event.referrer_url, hasConsent, person);
  const content = {
    event_name: event.event_name,
    event_time: Math.floor(time.getTime() / 1000),
    action_source: actionSource,
    ...(url === null ? {} : { event_source_url: url }),
    ...(referrer === null ? {} : { referrer_url: referrer }),
    user_data: { ...clean.userData, ...(browser.fbp === null ? {} : { fbp: browser.fbp }) },
    ...(event.custom_data === undefined ? {} : { custom_data: customData }),
    ...otherKeys(event, person),
  };
  const eventId = eventIdOf(event, content, browser.fbc, person);
  const payload = JSON.stringify({ ...content, event_id: eventId });
  if (payload.length > PAYLOAD_CHARACTERS_MAX) return TOO_LARGE;
  const externalId = clean.userData['external_id'];
  return {
    eventName: event.event_name,
    eventId,
    eventTime: time,
    expiresAt: expiryOf(time, actionSource),
    kind: kindOf(event.event_name, rules),
    payload,
    fields: [...clean.fields, ...browser.fields, ...websiteWarnings(actionSource, event)],
    matchKeys: [...clean.matchKeys, ...(browser.fbp === null ? [] : ['fbp'])],
    adId: idText(event.ad_id, person),
    clickId: idText(event.click_id, person),
    stage: idText(event.stage, person),
    orderId: idText(customData['order_id'], person),
    leadId: idText(clean.userData['lead_id'], person),
    valueMinor: minorValue(worth, rules.currency),
    url,
    fbclid: hasConsent ? fbclidInUrl(url) : null,
    givenFbc: browser.fbc,
    externalIds: typeof externalId === 'string' ? [externalId] : (externalId ?? []),
    hasConsent,
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
