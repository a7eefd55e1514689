// The parts of an event beside user_data, made fit for storing: free keys stay, people in them do
// not.
import { createHash } from 'node:crypto';
import { MONEY_MINOR_MAX, toMinor } from '../../shared/money.js';
import { digestOfId, pseudonymousId } from '../../shared/personal-data.js';
import { isPersonalName } from '../../shared/personal-names.js';
import { jsonWithoutPersonalData, urlWithoutPersonalData } from '../../shared/personal-places.js';
import type { Person } from '../identity/known-person.js';
import type { NewConversion } from './conversions.dto.js';
import type { Worth } from './event-worth.js';

/** Ours, or rewritten one by one; every other key of Meta's event is passed on. */
const HANDLED = new Set(
  (
    'event_name event_time event_id action_source event_source_url referrer_url user_data ' +
    'custom_data ad_id click_id stage default_country consent'
  ).split(' '),
);
const ID_LENGTH_MAX = 128;

export function cleanCustomData(
  given: Record<string, unknown>,
  worth: Worth,
  person: Person,
): Record<string, unknown> {
  const { order_id: orderId, ...rest } = given;
  const order = idText(orderId, person);
  return {
    ...(jsonWithoutPersonalData(withoutNulls(rest), person) as Record<string, unknown>),
    ...(worth.value === null ? {} : { value: worth.value }),
    ...(worth.currency === null ? {} : { currency: worth.currency }),
    ...(order === null ? {} : { order_id: order }),
  };
}

/** Without consent the click's id goes as well: it is a key like any other. */
export function cleanUrl(
  url: string | undefined,
  hasConsent: boolean,
  person: Person,
): string | null {
  if (url === undefined || url.trim() === '') return null;
  const cleaned = urlWithoutPersonalData(url.trim(), person);
  if (hasConsent || !URL.canParse(cleaned)) return cleaned;
  const parsed = new URL(cleaned);
  parsed.searchParams.delete('fbclid');
  return parsed.toString();
}

export function otherKeys(event: NewConversion, person: Person): Record<string, unknown> {
  const others = Object.entries(event).filter(
    ([name, value]) =>
      !HANDLED.has(name) && value !== null && !isPersonalName(name) && !person.isIn(name),
  );
  return Object.fromEntries(
    others.map(([name, value]) => [name, jsonWithoutPersonalData(value, person)]),
  );
}

/** The caller's id, else one made from the whole content: the same content is the same event. */
export function eventIdOf(
  event: NewConversion,
  payload: object,
  givenFbc: string | null,
  person: Person,
): string {
  const given = idText(event.event_id, person);
  if (given !== null) return given;
  const content = canonicalJson({ payload, fbc: givenFbc, ours: ownKeys(event, person) });
  return `auto-${createHash('sha256').update(content).digest('hex').slice(0, 40)}`;
}

/** A text or number as a storable id, or null. */
export function idText(value: unknown, person: Person): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  // A cut may leave half a character at the end, which PostgreSQL cannot hold.
  const text = String(value)
    .trim()
    .slice(0, ID_LENGTH_MAX)
    .replace(/\p{Surrogate}$/u, '');
  if (text === '') return null;
  return person.isWhollyIn(text) ? digestOfId(text) : pseudonymousId(text);
}

/** null = not known in the account's currency. */
export function minorValue(worth: Worth, currency: string): number | null {
  if (worth.value === null || worth.currency !== currency) return null;
  return Math.min(toMinor(worth.value, currency), MONEY_MINOR_MAX);
}

export function kindOf(
  eventName: string,
  rules: { conversionEvents: string[]; leadEvents: string[] },
): 'conversion' | 'lead' | 'other' {
  if (rules.conversionEvents.includes(eventName)) return 'conversion';
  return rules.leadEvents.includes(eventName) ? 'lead' : 'other';
}

function ownKeys({ ad_id, click_id, stage }: NewConversion, person: Person) {
  return {
    ad_id: idText(ad_id, person),
    click_id: idText(click_id, person),
    stage: idText(stage, person),
  };
}

/** SDKs send what they do not know as null. */
export function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (!Object.values(value).includes(null)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null)) as T;
}

/** Keys sorted at every depth, so that their order makes no other event. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
