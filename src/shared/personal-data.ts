// What looks like a person in a text that has no business holding one: addresses in URLs, phone
// numbers in free fields, keys named after them. Pure, and used before anything is stored, logged or
// told back. Removing too much costs a detail; keeping one address breaks a promise.
import { createHash } from 'node:crypto';

// Also as URLs write the "@", once or twice encoded. The lengths are bounded (RFC 5321 has 64 and
// 255): without bounds a long text without an "@" would take time by the square of its length.
const EMAIL =
  /[^\s@"'<>&?=/,;:#()]{1,128}(?:@|%(?:25)?40)[^\s@"'<>&?=/,;:#()%]{1,255}(?:\.|%2e)[\p{L}\p{N}-]{1,63}/giu;
// Written with +; the digits of ids and amounts never follow one.
const PHONE = /(?:\+|%(?:25)?2b)[\s(]{0,2}[1-9](?:[\s().\-/]|%20|\d){5,22}\d/gi;
// With 00 only as a whole value: inside longer texts it is too often a number.
const WHOLE_PHONE = /^\s*00[1-9][\d\s().\-/]{6,22}$/;
// Neither is written without one of these: most texts need no further look.
const MARK = /[@+%]/;
const REMOVED = '[removed]';

const PERSONAL_WORDS = new Set(
  'email mail em phone ph tel telephone telefon mobile msisdn cell fn ln dob birthday birthdate surname lastname firstname fullname vorname nachname'.split(
    ' ',
  ),
);
const PERSONAL_PAIRS = new Set([
  'e_mail',
  'first_name',
  'last_name',
  'full_name',
  'given_name',
  'family_name',
  'customer_name',
  'user_name',
  'date_birth',
]);
/** Bounds the walk through a hostile nesting; what lies deeper is left out. */
const DEPTH_MAX = 8;

export function looksPersonal(text: string): boolean {
  return found(EMAIL, text) || found(PHONE, text) || WHOLE_PHONE.test(text);
}

/** Whether a field or URL parameter is named after an address, a phone number or a name. */
export function isPersonalName(name: string): boolean {
  if (looksPersonal(name)) return true;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
  return words.some(
    (word, index) =>
      PERSONAL_WORDS.has(word) || PERSONAL_PAIRS.has(`${word}_${words[index + 1] ?? ''}`),
  );
}

/** The text with addresses and phone numbers taken out. */
export function withoutPersonalData(text: string): string {
  if (WHOLE_PHONE.test(text)) return REMOVED;
  if (!MARK.test(text)) return text;
  return text.replace(EMAIL, REMOVED).replace(PHONE, REMOVED);
}

/** An id in which somebody put an address: the same id gives the same digest, so it still joins. */
export function pseudonymousId(id: string): string {
  const isPersonal = found(EMAIL, id) || found(PHONE, id);
  return isPersonal
    ? `sha256:${createHash('sha256').update(id.trim().toLowerCase()).digest('hex')}`
    : id;
}

/** A URL without the parameters and path parts that name a person; fbclid and UTM stay. */
export function urlWithoutPersonalData(text: string): string {
  if (!URL.canParse(text)) return withoutPersonalData(decoded(text));
  const url = new URL(text);
  url.username = '';
  url.password = '';
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isPersonalPair(pair));
  url.search = kept.join('&');
  if (looksPersonal(decoded(url.pathname))) {
    url.pathname = url.pathname
      .split('/')
      .map((part) => (looksPersonal(decoded(part)) ? 'removed' : part))
      .join('/');
  }
  if (isPersonalFragment(url.hash)) url.hash = '';
  return looksPersonal(decoded(url.hostname)) ? 'https://removed.invalid/' : url.toString();
}

/** Every string inside a JSON value cleaned; keys that are named after a person are left out. */
export function jsonWithoutPersonalData(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return /^https?:\/\//i.test(value) ? urlWithoutPersonalData(value) : withoutPersonalData(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.map((item) => jsonWithoutPersonalData(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isPersonalName(name))
      .map(([name, part]) => [name, jsonWithoutPersonalData(part, depth + 1)]),
  );
}

function isPersonalPair(pair: string): boolean {
  const [name = '', ...rest] = pair.split('=');
  const raw = rest.join('=');
  const value = decoded(raw.replaceAll('+', ' '));
  return (
    isPersonalName(decoded(name)) ||
    looksPersonal(value) ||
    looksPersonal(raw) ||
    looksPersonal(decoded(raw))
  );
}

function isPersonalFragment(hash: string): boolean {
  return (
    hash !== '' && (looksPersonal(decoded(hash)) || hash.slice(1).split('&').some(isPersonalPair))
  );
}

/** Twice, because forms encode what was encoded before. */
function decoded(text: string): string {
  try {
    const once = decodeURIComponent(text);
    return once.includes('%') ? decodeURIComponent(once) : once;
  } catch {
    return text;
  }
}

function found(pattern: RegExp, text: string): boolean {
  if (!MARK.test(text)) return false;
  pattern.lastIndex = 0;
  const hit = pattern.test(text);
  pattern.lastIndex = 0;
  return hit;
}
