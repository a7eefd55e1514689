// The person whose raw data came with an event, recognised where they do not belong: names and national
// phone numbers look like nothing by themselves, but the event itself says whose they are.
import type { KnownPerson } from '../../shared/personal-places.js';
import { hashedAlready } from './hash-value.js';

/** Shorter names are words of every shop ("Rose", "Mark"); first and last name together are not. */
const NAME_LETTERS_MIN = 5;
/** The last digits of a number, whatever stands before them: country code, zero, nothing. */
const PHONE_DIGITS = 9;
const PHONE_DIGITS_MIN = 7;
/** Blanks, brackets, slashes and plus signs of URLs are written with digits of their own. */
const ENCODED_OR_NO_DIGIT = /%(?:25)*2[0-9a-f]|\D/g;
/** Nobody has more names; each is looked for in all of the event. */
const VALUES_MAX = 10;
const VALUE_LENGTH_MAX = 200;
const REMOVED = '[removed]';

export interface Person extends KnownPerson {
  /** For ids: only first and last name together, or the number, tell a person from a word. */
  isWhollyIn(text: string): boolean;
}

export const NOBODY: Person = {
  isIn: () => false,
  isWhollyIn: () => false,
  without: (text) => text,
};

/** `others` is the text of all else in the event: most events name nobody, and then this is cheap. */
export function knownPerson(userData: Record<string, unknown>, others: string): Person {
  const [first, last] = [namesOf(userData['fn']), namesOf(userData['ln'])];
  const text = others.toLowerCase();
  const digitsThere = text.replace(ENCODED_OR_NO_DIGIT, '');
  const numbers = textsOf(userData['ph'])
    .map((value) => value.replace(/\D/g, '').slice(-PHONE_DIGITS))
    .filter((digits) => digits.length >= PHONE_DIGITS_MIN && digitsThere.includes(digits))
    .map(numberForm);
  const isThere = (name: string) =>
    text.includes(name) || text.includes(encodeURIComponent(name).toLowerCase());
  const single = [...first, ...last].filter(
    (name) => name.length >= NAME_LETTERS_MIN && isThere(name),
  );
  const whole = first
    .filter(isThere)
    .flatMap((a) => last.filter(isThere).flatMap((b) => [fullName(a, b), fullName(b, a)]));
  const wholePattern = patternOf([...whole, ...numbers]);
  const anyPattern = patternOf([...whole, ...numbers, ...single.map(wordForm)]);
  if (anyPattern === null) return NOBODY;
  return {
    isIn: (given) => given.search(anyPattern) >= 0,
    isWhollyIn: (given) => wholePattern !== null && given.search(wholePattern) >= 0,
    without: (given) => given.replace(anyPattern, REMOVED),
  };
}

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
  return `(?<!\\p{L})${escaped(a)}[\\s._+,-]{0,3}${escaped(b)}(?!\\p{L})`;
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
