// E-mail addresses and phone numbers in the form that Meta's documents prescribe for hashing.
import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
} from 'libphonenumber-js/core';
import plans from 'libphonenumber-js/min/metadata';

/** A normalised text, or why there is none. Reasons are codes for people, never values. */
export type Normalised = { text: string } | { reason: string };

const EMAIL_LENGTH_MAX = 254;
// One @, no blanks, a dotted domain; a one-letter top level is allowed, the documents forbid none.
const EMAIL_SHAPE = /^[^\s@<>()",;:\\[\]]+@[^\s@.<>()",;:\\[\]]+(\.[^\s@.<>()",;:\\[\]]+)+$/u;

/** A number with everything written around it; longer texts are not searched for one. */
const PHONE_LENGTH_MAX = 64;
/** No national number is longer than ten digits in the numbering plans that lack a trunk prefix. */
const WITH_COUNTRY_CODE_MIN = 11;
/**
 * What was dialled before its numbers until 2019 still stands in many files; the library forgot it
 * with that plan.
 */
const MEXICO = { country: 'mx', code: '52', retired: /^(?:01|044|045|1)(?=\d{10}$)/ };

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
  if (value.length > PHONE_LENGTH_MAX) return { reason: 'not_a_phone_number' };
  // Keyboards of East Asia write digits in full width.
  const written = value
    .normalize('NFKC')
    .trim()
    .replace(/\s{0,3}(?:ext\.?|extension|x|#)\s{0,3}\d{1,6}$/i, '');
  const digits = written.replace(/\D/g, '');
  if (digits === '') return { reason: 'no_digits' };
  if (/^\D*(?:\+|00)/.test(written)) {
    // The zero in "+49 (0)30" is dialled inside the country only, that in "+39 (0)6" always.
    const withoutZero = written.replace('(0)', '').replace(/\D/g, '');
    return international(digits) ?? international(withoutZero) ?? NOT_A_NUMBER;
  }
  const region = (country?.toUpperCase() ?? '') as CountryCode;
  if (country !== null && isSupportedCountry(region, plans)) {
    const current = country === MEXICO.country ? digits.replace(MEXICO.retired, '') : digits;
    return parsed(current, region) ?? NOT_A_NUMBER;
  }
  if (digits.startsWith('0') || digits.length < WITH_COUNTRY_CODE_MIN) {
    return { reason: 'no_country_code' };
  }
  return international(digits) ?? NOT_A_NUMBER;
}

const NOT_A_NUMBER: Normalised = { reason: 'not_a_phone_number' };

/** The digits from the country code on, without a trunk prefix behind it; null when it is none. */
function international(digits: string): Normalised | null {
  const code = digits.replace(/^0+/, '');
  const isMexican = code.startsWith(MEXICO.code) && MEXICO.retired.test(code.slice(2));
  return parsed(`+${isMexican ? MEXICO.code + code.slice(2).replace(MEXICO.retired, '') : code}`);
}

function parsed(number: string, region?: CountryCode): Normalised | null {
  const options = { extract: false, ...(region === undefined ? {} : { defaultCountry: region }) };
  const found = parsePhoneNumberFromString(number, options, plans);
  return found?.isPossible() ? { text: found.number.slice(1) } : null;
}
