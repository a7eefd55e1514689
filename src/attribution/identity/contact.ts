// E-mail addresses and phone numbers in the form that Meta's documents prescribe for hashing.
import { CALLING_CODES } from './calling-codes.js';

/** A normalised text, or why there is none. Reasons are codes for people, never values. */
export type Normalised = { text: string } | { reason: string };

const EMAIL_LENGTH_MAX = 254;
// One @, no blanks, a dotted domain; a one-letter top level is allowed, the documents forbid none.
const EMAIL_SHAPE = /^[^\s@<>()",;:\\[\]]+@[^\s@.<>()",;:\\[\]]+(\.[^\s@.<>()",;:\\[\]]+)+$/u;

/** E.164 allows 15 digits; no number with its country code has fewer than 7. */
const PHONE_DIGITS_MIN = 7;
const PHONE_DIGITS_MAX = 15;
/** No national number is longer than ten digits in the numbering plans that lack a trunk prefix. */
const WITH_COUNTRY_CODE_MIN = 11;

/** "trim, lower". */
export function normaliseEmail(value: string): Normalised {
  const text = value.trim().toLowerCase();
  if (text.length > EMAIL_LENGTH_MAX || !EMAIL_SHAPE.test(text)) return { reason: 'not_an_email' };
  const [local = ''] = text.split('@');
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) {
    return { reason: 'not_an_email' };
  }
  return { text };
}

/**
 * "drop symbols, letters, leading zeros; country code required". A number without one is completed
 * from `country` (ISO alpha-2, lower case); without that it is dropped, because a national number
 * that is hashed as it stands belongs to somebody else in another country.
 */
export function normalisePhone(value: string, country: string | null): Normalised {
  // Keyboards of East Asia write digits in full width.
  const trimmed = value
    .normalize('NFKC')
    .trim()
    .replace(/\s*(?:ext\.?|extension|x|#)\s*\d{1,6}$/i, '');
  const isInternational = /^\D*(?:\+|00)/.test(trimmed);
  // The zero in "+49 (0)30" is dialled inside the country only.
  const written = isInternational ? trimmed.replace(/\(0\)/, '') : trimmed;
  const digits = written.replace(/\D/g, '');
  if (digits === '') return { reason: 'no_digits' };
  if (isInternational) return checkedLength(digits.replace(/^0+/, ''));
  const callingCode = country === null ? undefined : CALLING_CODES.get(country);
  if (country !== null && callingCode !== undefined) {
    return checkedLength(withCallingCode(digits, country, callingCode));
  }
  if (digits.startsWith('0') || digits.length < WITH_COUNTRY_CODE_MIN) {
    return { reason: 'no_country_code' };
  }
  return checkedLength(digits);
}

function withCallingCode(digits: string, country: string, code: string): string {
  // What is dialled in North America to get abroad.
  if (code === '1' && digits.startsWith('011')) return digits.slice(3);
  // The Italian zero is part of the number; 8 and 06 are the trunk prefixes of these countries.
  if (country === 'it' && digits.startsWith('0')) return code + digits;
  if (code === '7' && digits.length === 11 && digits.startsWith('8')) return code + digits.slice(1);
  if (country === 'hu' && digits.startsWith('06')) return code + digits.slice(2);
  const national = digits.replace(/^0+/, '');
  if (national.length < digits.length) return code + national;
  const hasCode = digits.startsWith(code) && digits.length >= nationalDigitsMin(code) + code.length;
  return hasCode ? digits : code + digits;
}

/** From how many national digits on a leading country code is taken for one. */
function nationalDigitsMin(code: string): number {
  return code === '1' || code === '7' ? 10 : 8;
}

function checkedLength(digits: string): Normalised {
  return digits.length >= PHONE_DIGITS_MIN && digits.length <= PHONE_DIGITS_MAX
    ? { text: digits }
    : { reason: 'not_a_phone_number' };
}
