// Names, gender, date of birth and the older offline keys, as Meta's documents prescribe.
import type { Normalised } from './contact.js';
import { parseBirthDate } from './birth-date.js';

const WOMEN =
  'f female woman girl w weiblich frau femme feminin mujer femenino femenina donna mrs ms miss mme';
const MEN = 'm male man boy mannlich mann homme masculin hombre masculino uomo mr herr monsieur';
const GENDERS: ReadonlyMap<string, 'f' | 'm'> = new Map([
  ...WOMEN.split(' ').map((word): [string, 'f'] => [word, 'f']),
  ...MEN.split(' ').map((word): [string, 'm'] => [word, 'm']),
]);

/** Most names; for them the rules below change nothing else. */
const PLAIN_LETTERS = /^[A-Za-z]+$/;

/** "lower, no punctuation, UTF-8 kept": accents stay, a blank between two names stays one. */
export function normaliseName(value: string): Normalised {
  if (PLAIN_LETTERS.test(value)) return { text: value.toLowerCase() };
  const text = value
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}\p{C}]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  return text === '' ? { reason: 'no_letters' } : { text };
}

export function normaliseGender(value: string): Normalised {
  const word = value
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}]/gu, '');
  const gender = GENDERS.get(word);
  return gender === undefined ? { reason: 'not_f_or_m' } : { text: gender };
}

/** "YYYYMMDD, year 1900..now", from any common way of writing a date. */
export function normaliseBirthDate(value: string, country: string | null, now: Date): Normalised {
  const date = parseBirthDate(value, country, now);
  return date === null ? { reason: 'not_a_date_of_birth' } : { text: date };
}

/** The first five letters, or the first one (`fi`), of a normalised name. */
export function normaliseInitials(value: string, letters: number): Normalised {
  const name = normaliseName(value);
  return 'text' in name ? { text: [...name.text].slice(0, letters).join('') } : name;
}

/** A whole number within bounds, padded: day, month or year of birth. */
export function normalisePart(value: string, min: number, max: number, width: number): Normalised {
  const text = value.trim();
  const number = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return number >= min && number <= max
    ? { text: String(number).padStart(width, '0') }
    : { reason: 'out_of_range' };
}
