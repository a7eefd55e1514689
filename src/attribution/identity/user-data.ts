// The whole of `user_data`: every field normalised and hashed as Meta's documents say, every
// dropped one with its reason. Nothing raw that identifies a person leaves this file. Called by
// `read-event`.
import { looksPersonal } from '../../shared/personal-data.js';
import { normaliseEmail, normalisePhone, type Normalised } from './contact.js';
import { hashedAlready, looksLikeMd5, sha256 } from './hash-value.js';
import {
  normaliseBirthDate,
  normaliseGender,
  normaliseInitials,
  normaliseName,
  normalisePart,
} from './person.js';
import { NOBODY, type Person } from './known-person.js';
import { RAW, externalId, rawValue } from './raw-fields.js';
import { normaliseCity, normaliseCountry, normalisePostcode, normaliseState } from './place.js';
import { countryCode } from './countries.js';

export interface FieldVerdict {
  field: string;
  verdict: 'used' | 'dropped';
  reason?: string;
}

export interface CleanUserData {
  /** Ready to be sent; hashes, and raw values only where Meta forbids hashing. */
  userData: Record<string, string | string[]>;
  fields: FieldVerdict[];
  /** The kinds that Meta can match on, in the order in which they were given. */
  matchKeys: string[];
}

interface Context {
  country: string | null;
  now: Date;
  person: Person;
}

const VALUES_PER_FIELD_MAX = 100;
const VALUE_LENGTH_MAX = 1000;

const HASHED_BY: Record<string, (value: string, context: Context) => Normalised> = {
  em: (value) => normaliseEmail(value),
  ph: (value, { country }) => normalisePhone(value, country),
  fn: (value) => normaliseName(value),
  ln: (value) => normaliseName(value),
  db: (value, { country, now }) => normaliseBirthDate(value, country, now),
  ge: (value) => normaliseGender(value),
  ct: (value) => normaliseCity(value),
  st: (value, { country }) => normaliseState(value, country),
  zp: (value, { country }) => normalisePostcode(value, country),
  country: (value) => normaliseCountry(value),
  f5first: (value) => normaliseInitials(value, 5),
  f5last: (value) => normaliseInitials(value, 5),
  fi: (value) => normaliseInitials(value, 1),
  dobd: (value) => normalisePart(value, 1, 31, 2),
  dobm: (value) => normalisePart(value, 1, 12, 2),
  doby: (value, { now }) => normalisePart(value, 1900, now.getUTCFullYear(), 4),
};
/** Names are the caller's: a plain object would also know "toString". */
const HASHED = new Map(Object.entries(HASHED_BY));

/** `defaultCountry` is the caller's, for people whose own country is not told. */
export function cleanUserData(
  given: Record<string, unknown>,
  defaultCountry: string | null,
  now: Date,
  person: Person = NOBODY,
): CleanUserData {
  const country = ownCountry(given['country']) ?? defaultCountry;
  const result: CleanUserData = { userData: {}, fields: [], matchKeys: [] };
  for (const [field, value] of Object.entries(given)) {
    if (value === null || field === 'fbc' || field === 'fbp') continue;
    const outcome = cleanField(field, value, { country, now, person });
    if (outcome.values.length === 0) {
      result.fields.push({ field: nameOf(field), verdict: 'dropped', reason: outcome.reason });
      continue;
    }
    const [first = ''] = outcome.values;
    result.userData[field] = Array.isArray(value) ? outcome.values : first;
    result.matchKeys.push(field);
    result.fields.push({
      field,
      verdict: 'used',
      ...(outcome.reason === '' ? {} : { reason: `some values dropped: ${outcome.reason}` }),
    });
  }
  return result;
}

function cleanField(
  field: string,
  given: unknown,
  context: Context,
): { values: string[]; reason: string } {
  const isKnown = HASHED.has(field) || RAW.has(field) || field === 'external_id';
  if (!isKnown) return { values: [], reason: 'unknown_field' };
  const values = new Set<string>();
  const reasons = new Set<string>();
  const list = (Array.isArray(given) ? given : [given]).slice(0, VALUES_PER_FIELD_MAX);
  if (list.length === 0) reasons.add('empty');
  for (const item of list) {
    const outcome = cleanValue(field, item, context);
    if ('text' in outcome) values.add(outcome.text);
    else reasons.add(outcome.reason);
  }
  return { values: [...values], reason: [...reasons].join(', ') };
}

function cleanValue(field: string, item: unknown, context: Context): Normalised {
  const text = typeof item === 'number' && Number.isFinite(item) ? String(item) : item;
  if (typeof text !== 'string') return { reason: 'not_a_text' };
  const value = text.trim();
  if (value === '') return { reason: 'empty' };
  if (value.length > VALUE_LENGTH_MAX) return { reason: 'too_long' };
  if (RAW.has(field)) return rawValue(field, value, context.person);
  const hashed = hashedAlready(value);
  if (hashed !== null) return { text: hashed };
  if (field === 'external_id') return externalId(value, context.country, context.person);
  if (looksLikeMd5(value)) return { reason: 'md5_is_not_accepted' };
  const normalised = HASHED.get(field)?.(value, context) ?? { reason: 'unknown_field' };
  return 'text' in normalised ? { text: sha256(normalised.text) } : normalised;
}

function ownCountry(given: unknown): string | null {
  const first: unknown = Array.isArray(given) ? given[0] : given;
  return typeof first === 'string' ? countryCode(first) : null;
}

/** A hostile key must not become a stored one. */
function nameOf(field: string): string {
  return /^[a-z0-9_]{1,40}$/i.test(field) && !looksPersonal(field) ? field : 'unknown';
}
