// Fields, URL parameters and features that are named after an address, a phone number or a name:
// what such a field holds is a person's, whatever it looks like.
import { looksPersonal } from './personal-data.js';

const NAME_WORDS = new Set('fn ln surname lastname firstname fullname vorname nachname'.split(' '));
const PHONE_WORDS = new Set('phone ph tel telephone telefon mobile msisdn cell'.split(' '));
const OTHER_WORDS = new Set('email mail em dob birthday birthdate'.split(' '));
const NAME_PAIRS = new Set([
  'first_name',
  'last_name',
  'full_name',
  'given_name',
  'family_name',
  'customer_name',
  'user_name',
]);
const OTHER_PAIRS = new Set(['e_mail', 'date_birth']);
const PHONE_DIGITS_MIN = 7;

/** Callers use the same names in every event; a hostile one may make the list full, never long. */
const NAMES_MAX = 1000;
const NAME_LENGTH_MAX = 64;
const judgedNames = new Map<string, boolean>();

/** Whether a field or URL parameter is named after an address, a phone number or a name. */
export function isPersonalName(name: string): boolean {
  const known = judgedNames.get(name);
  if (known !== undefined) return known;
  const isPersonal = judgeName(name);
  if (judgedNames.size < NAMES_MAX && name.length <= NAME_LENGTH_MAX) {
    judgedNames.set(name, isPersonal);
  }
  return isPersonal;
}

function judgeName(name: string): boolean {
  const words = wordsOf(name);
  return looksPersonal(name) || isNamedLike(words, OTHER_WORDS, OTHER_PAIRS) || isPersonKind(words);
}

/**
 * Whether a feature tells of a person: `mobile: "ios"` is a device, `mobile: 4915112345678` is not.
 * Names are judged by the feature's name alone.
 */
export function isPersonalFeature(name: string, value: number | string | null): boolean {
  if (looksPersonal(name) || (typeof value === 'string' && looksPersonal(value))) return true;
  const words = wordsOf(name);
  if (isNamedLike(words, NAME_WORDS, NAME_PAIRS)) return typeof value === 'string';
  if (!words.some((word) => PHONE_WORDS.has(word))) return false;
  return String(value ?? '').replace(/\D/g, '').length >= PHONE_DIGITS_MIN;
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
}

function isPersonKind(words: string[]): boolean {
  return isNamedLike(words, NAME_WORDS, NAME_PAIRS) || words.some((word) => PHONE_WORDS.has(word));
}

function isNamedLike(words: string[], single: Set<string>, pairs: Set<string>): boolean {
  return words.some(
    (word, index) => single.has(word) || pairs.has(`${word}_${words[index + 1] ?? ''}`),
  );
}
