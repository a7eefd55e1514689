// The person whose raw data came with an event, recognised where they do not belong: names and
// national phone numbers look like nothing by themselves, but the event itself says whose they are.
import type { KnownPerson } from '../../shared/personal-places.js';
import { hashedAlready } from './hash-value.js';

/** Shorter names are words of every shop ("Rose", "Mark"); first and last name together are not. */
const NAME_LETTERS_MIN = 5;
/** The last digits of a number, whatever stands before them: country code, zero, nothing. */
const PHONE_DIGITS = 9;
const PHONE_DIGITS_MIN = 7;
/** Nobody has more names; every pair of them is looked for in all of the event. */
const VALUES_MAX = 3;
const VALUE_LENGTH_MAX = 200;
/** Blanks, dots, commas; also as URLs write them. */
const BETWEEN_NAMES = '(?:[\\s._+,-]|%(?:25){0,3}2[0-9a-f]){0,3}';
const REMOVED = '[removed]';

export interface Person extends KnownPerson {
  /** For ids: only first and last name together, or the number, tell a person from a word. */
  isWhollyIn(text: string): boolean;
}

export const NOBODY: Person = {
  isIn: () => false,
  isWhollyIn: () => false,
  without: (text) => text,
  get whole() {
    return NOBODY;
  },
};

/**
 * `others` is the text of all else in the event: most events name nobody, and then this is cheap.
 */
export function knownPerson(userData: Record<string, unknown>, others: string): Person {
  const [first, last] = [namesOf(userData['fn']), namesOf(userData['ln'])];
  const phones = textsOf(userData['ph']);
  if (first.length + last.length + phones.length === 0) return NOBODY;
  const text = others.toLowerCase();
  const numbers = phones.length === 0 ? [] : numbersIn(text, phones);
  const isThere = (name: string) => {
    if (text.includes(name)) return true;
    const encoded = encodeURIComponent(name).toLowerCase();
    return encoded !== name && text.includes(encoded);
  };
  const [firstThere, lastThere] = [first.filter(isThere), last.filter(isThere)];
  const single = [...firstThere, ...lastThere].filter((name) => name.length >= NAME_LETTERS_MIN);
  const whole = firstThere.flatMap((a) =>
    lastThere.flatMap((b) => [fullName(a, b), fullName(b, a)]),
  );
  const wholePattern = patternOf([...whole, ...numbers]);
  const anyPattern = patternOf([...whole, ...numbers, ...single.map(wordForm)]);
  if (anyPattern === null) return NOBODY;
  const wholly = wholePattern === null ? NOBODY : personOf(wholePattern);
  return { ...personOf(anyPattern), isWhollyIn: wholly.isIn, whole: wholly };
}

function personOf(pattern: RegExp): Person {
  const isIn = (given: string) => given.search(pattern) >= 0;
  const without = (given: string) => given.replace(pattern, REMOVED);
  const person: Person = {
    isIn,
    isWhollyIn: isIn,
    without,
    get whole() {
      return person;
    },
  };
  return person;
}

/** Patterns for those numbers whose digits are there, whatever stands between them. */
function numbersIn(text: string, phones: string[]): string[] {
  // Blanks, brackets, slashes and plus signs of URLs are written with digits of their own.
  const plain = text.includes('%') ? text.replace(/%(?:25)*2[0-9a-f]/g, '') : text;
  return phones
    .map((value) => value.replace(/\D/g, '').slice(-PHONE_DIGITS))
    .filter((digits) => digits.length >= PHONE_DIGITS_MIN && hasDigits(plain, digits))
    .map(numberForm);
}

/**
 * Whether the digits of the text hold these, as a number that rolls over it: every event is
 * searched.
 */
function hasDigits(text: string, wanted: string): boolean {
  const modulus = 10 ** wanted.length;
  const target = Number(wanted);
  let [window, seen] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) continue;
    window = (window * 10 + digit) % modulus;
    seen += 1;
    if (window === target && seen >= wanted.length) return true;
  }
  return false;
}

const ZERO = 0x30;

function namesOf(given: unknown): string[] {
  return textsOf(given).map((name) => name.toLowerCase());
}

/** What was hashed by the caller is known to nobody. */
function textsOf(given: unknown): string[] {
  return [given]
    .flat()
    .flatMap((item: unknown) =>
      typeof item === 'string' || typeof item === 'number' ? [String(item).trim()] : [],
    )
    .filter((text) => text.length > 1 && text.length <= VALUE_LENGTH_MAX)
    .filter((text) => hashedAlready(text) === null)
    .slice(0, VALUES_MAX);
}

function fullName(a: string, b: string): string {
  return `(?<!\\p{L})${escaped(a)}${BETWEEN_NAMES}${escaped(b)}(?!\\p{L})`;
}

function wordForm(name: string): string {
  return `(?<!\\p{L})${escaped(name)}(?!\\p{L})`;
}

function numberForm(digits: string): string {
  return `\\+?(?:\\d{1,4}[\\s().\\/-]{0,3})?${[...digits].join('[\\s().\\/-]{0,3}')}(?!\\d)`;
}

function patternOf(forms: string[]): RegExp | null {
  return forms.length === 0 ? null : new RegExp(forms.join('|'), 'giu');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
