// What looks like a person in a text that has no business holding one: addresses and phone numbers.
// Pure, and used before anything is stored, logged or told back. Removing too much costs a detail;
// keeping one address breaks a promise.
import { hash } from 'node:crypto';

// Also as forms and pages write the "@": encoded any number of times, as an entity or an escape, in
// full width, between blanks. Searched for from the "@" on and then to its left: from left to right
// every character of a long text would be looked at as often as a name may be long. The lengths are
// bounded (RFC 5321 has 64 and 255).
const AT = '(?:[@\uff20]|%(?:25){0,9}40|%ef%bc%a0|&#0{0,5}64;|&#x0{0,5}40;|&commat;|\\\\u0040)';
const DOT = '(?:[.\u3002\uff0e\uff61]|%(?:25){0,9}2e)';
// Neither holds the beginning of another "@": so no two of them look at the same characters, and a
// text full of them costs as much as any other.
const DOMAIN = `(?:[^\\s@\uff20"'<>&?=/,;:#()%\\\\]|\\\\(?!u0040)){1,255}${DOT}`;
const IN_NAME = '[^\\s@\uff20"\'<>&?=/,;:#()]';
// "2 @ 3.50" is a price.
const FROM_AT = new RegExp(
  `(?<=${IN_NAME})(?:${AT}${DOMAIN}[\\p{L}\\p{N}-]{1,63}|` +
    `\\s{1,2}${AT}\\s{1,2}${DOMAIN}\\p{L}{2,63})`,
  'giu',
);
const BREAKS_NAME = /[\s@\uff20"'<>&?=/,;:#()]/;
const NAME_CHARACTERS_MAX = 128;
/** A display name in quotes goes with its address. */
const DISPLAY_NAME = /"[^"<>]{1,100}"\s{0,2}<$/;
const DISPLAY_NAME_CHARACTERS_MAX = 105;
const AT_MARK = new RegExp(AT, 'i');
// Written with +; the digits of ids and amounts never follow one.
const PHONE =
  /(?:[+\uff0b]|%(?:25){0,9}2b)[\s(]{0,2}[1-9\uff11-\uff19](?:[\s().\-\u2010-\u2015/\d\uff10-\uff19]|%(?:25){0,9}20){5,22}[\d\uff10-\uff19]/gi;
// Neither is written without one of these: most texts need no further look.
const MARK = /[@\uff20+\uff0b%&\\]/;
const PLUS_MARK = /[+\uff0b]|%(?:25){0,9}2b/i;
// With 00 a number alone may be short; inside longer texts it has the digits of a country's
// numbers.
const WHOLE_PHONE = /^\s*00[1-9][\d\s().\-\u2010-\u2015/]{6,22}$/;
const PHONE_IN_TEXT =
  /(?<![\p{L}\p{N}.,_-])00[1-9](?:[\s().\-\u2010-\u2015/]{0,3}\d){9,14}(?![\p{L}\p{N}])/gu;
/** Ids are often padded with zeros, to ten digits and less; numbers with a country have more. */
const PHONE_ID_DIGITS_MIN = 12;
// Links of newsletters carry the reader's address in base64; 16 characters are 12 bytes.
const BASE64_MIN = 16;
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const PRINTABLE = /^[\x20-\x7e\s]+$/;
const REMOVED = '[removed]';
const DIGEST = /^sha256:([0-9a-f]{64})$/;

export function looksPersonal(text: string): boolean {
  return holdsPerson(text) || WHOLE_PHONE.test(text) || hidesPerson(text);
}

/** The text with addresses and phone numbers taken out. */
export function withoutPersonalData(text: string): string {
  if (WHOLE_PHONE.test(text)) return REMOVED;
  const marked = MARK.test(text) ? withoutNumbers(withoutAddresses(text)) : text;
  const plain = marked.includes('00') ? marked.replace(PHONE_IN_TEXT, REMOVED) : marked;
  if (plain.length < BASE64_MIN) return plain;
  return plain.replace(BASE64, (token) => {
    if (isHiding(token)) return REMOVED;
    return token
      .split('/')
      .map((part) => (isHiding(part) ? REMOVED : part))
      .join('/');
  });
}

/** An id in which somebody put an address or a number: its digest, so that it still joins. */
export function pseudonymousId(given: string): string {
  const id = given.trim() || given;
  const isPhone = WHOLE_PHONE.test(id) && id.replace(/\D/g, '').length >= PHONE_ID_DIGITS_MIN;
  return isPhone || holdsPerson(id) || hidesPerson(id) ? digestOfId(id) : id;
}

/** What stands for an id that must not be kept. */
export function digestOfId(id: string): string {
  return `sha256:${hash('sha256', id.trim(), 'hex')}`;
}

/** The hexadecimal SHA-256 of an id, the same for the id itself and for its digest. */
export function hashOfId(id: string): string {
  return DIGEST.exec(id)?.[1] ?? hash('sha256', id, 'hex');
}

function holdsPerson(text: string): boolean {
  if (MARK.test(text)) {
    if (AT_MARK.test(text) && found(FROM_AT, text)) return true;
    if (PLUS_MARK.test(text) && found(PHONE, text)) return true;
  }
  return text.includes('00') && found(PHONE_IN_TEXT, text);
}

function withoutAddresses(text: string): string {
  if (!AT_MARK.test(text)) return text;
  let clean = '';
  let end = 0;
  for (const { index, 0: fromAt } of text.matchAll(FROM_AT)) {
    let start = index;
    const first = Math.max(end, index - NAME_CHARACTERS_MAX);
    while (start > first && !BREAKS_NAME.test(text.charAt(start - 1))) start -= 1;
    const ahead = text.slice(Math.max(end, start - DISPLAY_NAME_CHARACTERS_MAX), start);
    start -= DISPLAY_NAME.exec(ahead)?.[0].length ?? 0;
    clean += text.slice(end, start) + REMOVED;
    end = index + fromAt.length;
  }
  return clean + text.slice(end);
}

function withoutNumbers(text: string): string {
  return PLUS_MARK.test(text) ? text.replace(PHONE, REMOVED) : text;
}

/** A slash may belong to the base64 or stand between two parts of a path. */
function hidesPerson(text: string): boolean {
  if (text.length < BASE64_MIN) return false;
  return (text.match(BASE64) ?? []).some(
    (token) => isHiding(token) || (token.includes('/') && token.split('/').some(isHiding)),
  );
}

/** An address or number inside base64. Other ids decode to bytes that are no text. */
function isHiding(token: string): boolean {
  if (token.length < BASE64_MIN) return false;
  const bytes = Buffer.from(token, 'base64');
  if (!bytes.includes(0x40) && !bytes.includes(0x2b)) return false;
  const hidden = bytes.toString('utf8');
  return PRINTABLE.test(hidden) && holdsPerson(hidden);
}

function found(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  const hit = pattern.test(text);
  pattern.lastIndex = 0;
  return hit;
}
