// City, state, post code and country in the form that Meta's documents prescribe for hashing.
import type { Normalised } from './contact.js';
import { countryCode } from './countries.js';

const US_STATES: ReadonlyMap<string, string> = new Map(
  `alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co connecticut:ct delaware:de
  florida:fl georgia:ga hawaii:hi idaho:id illinois:il indiana:in iowa:ia kansas:ks kentucky:ky
  louisiana:la maine:me maryland:md massachusetts:ma michigan:mi minnesota:mn mississippi:ms
  missouri:mo montana:mt nebraska:ne nevada:nv newhampshire:nh newjersey:nj newmexico:nm newyork:ny
  northcarolina:nc northdakota:nd ohio:oh oklahoma:ok oregon:or pennsylvania:pa rhodeisland:ri
  southcarolina:sc southdakota:sd tennessee:tn texas:tx utah:ut vermont:vt virginia:va
  washington:wa westvirginia:wv wisconsin:wi wyoming:wy districtofcolumbia:dc washingtondc:dc
  puertorico:pr guam:gu virginislands:vi usvirginislands:vi americansamoa:as
  northernmarianaislands:mp`
    .split(/\s+/)
    .map((pair): [string, string] => {
      const [name = '', code = ''] = pair.split(':');
      return [name, code];
    }),
);

/** "lower, no punctuation, specials or spaces"; letters of every script stay. */
export function normaliseCity(value: string): Normalised {
  const text = lettersAndDigits(value);
  return text === '' ? { reason: 'no_letters' } : { text };
}

/** "US: two-letter ANSI; else lower, no spaces". `country` is alpha-2 in lower case or null. */
export function normaliseState(value: string, country: string | null): Normalised {
  const isOfUs = /^\s*us-/i.test(value);
  const text = lettersAndDigits(isOfUs ? value.replace(/^\s*us-/i, '') : value);
  if (text === '') return { reason: 'no_letters' };
  // A Georgia or a Washington abroad keeps its name.
  if (country !== null && country !== 'us' && !isOfUs) return { text };
  // "State of New York", "Washington State".
  const name = text.replace(/^stateof|state$/, '');
  return { text: US_STATES.get(text) ?? US_STATES.get(name) ?? text };
}

/**
 * "lower, no space, no dash; US first five". British ones are hashed whole: the documents speak of
 * "area, district and sector", and their example of a hash is that of `m11ae`.
 */
export function normalisePostcode(value: string, country: string | null): Normalised {
  // The same in every country that has them.
  if (/^\d{5}$/.test(value)) return { text: value };
  const lower = value.normalize('NFKC').trim().toLowerCase();
  const text = lower.replace(/[^\p{L}\p{N}]/gu, '');
  if (text.length < 2) return { reason: 'too_short' };
  const looksUs = /^\d{5}\s*[-–]\s*\d{4}$/.test(lower);
  if (country === 'us' || (country === null && looksUs)) return unitedStates(text);
  return { text };
}

export function normaliseCountry(value: string): Normalised {
  const code = countryCode(value);
  return code === null ? { reason: 'not_a_country' } : { text: code };
}

function unitedStates(text: string): Normalised {
  if (!/^\d+$/.test(text)) return { reason: 'not_a_us_zip' };
  // A spreadsheet eats the leading zero of New England's codes.
  if (text.length === 4 || text.length === 8) return { text: `0${text}`.slice(0, 5) };
  return text.length < 5 ? { reason: 'not_a_us_zip' } : { text: text.slice(0, 5) };
}

function lettersAndDigits(value: string): string {
  if (/^[A-Za-z ]+$/.test(value)) return value.toLowerCase().replaceAll(' ', '');
  return value
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}
