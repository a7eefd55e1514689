// URLs and JSON without the people in them. `isKnown` tells of a text whether it names the person
// whose data came along with it; without that, only what looks personal by itself is found.
import { looksPersonal, withoutPersonalData } from './personal-data.js';
import { percentDecoded } from './percent-decoded.js';
import { isPersonalName } from './personal-names.js';
import { withoutUnprintable } from './plain-text.js';

/** What the caller knows of the person: nothing, by default. */
export interface KnownPerson {
  isIn(text: string): boolean;
  without(text: string): string;
  /** The same person told by nothing less than the whole name or number: for ids of products. */
  whole: KnownPerson;
}

const NOBODY: KnownPerson = {
  isIn: () => false,
  without: (text) => text,
  get whole() {
    return NOBODY;
  },
};
/** Bounds the walk through a hostile nesting; what lies deeper is left out. */
const DEPTH_MAX = 8;
/** Forms encode what was encoded before; nobody does so more often. */
const DECODINGS_MAX = 4;
/**
 * Ids of products are the catalogue's: that they share a first name with the person says nothing.
 */
const CATALOGUE = new Set(['content_ids', 'contents', 'content_type']);

/** Parameters and parts of a path that are looked at; no page needs as many, and the rest goes. */
const PARTS_MAX = 200;

const ENTITY_AT = /&#0{0,5}64;|&#x0{0,5}40;|&commat;/gi;

/** A URL without the parameters and path parts that name a person; fbclid and UTM stay. */
export function urlWithoutPersonalData(given: string, person = NOBODY): string {
  // Taken for a separator and a fragment otherwise, with half an address on either side.
  const text = given.includes('&') ? given.replace(ENTITY_AT, '%40') : given;
  const url = parsedUrl(text);
  // "mailto:" and "tel:" have no parts that could be taken out.
  if (url === null || url.host === '') return textWithout(text, person);
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
  const isPersonal = (part: string): boolean => {
    const plain = decoded(part);
    if (looksPersonal(plain) || person.isIn(plain)) return true;
    return plain !== part && looksPersonal(part);
  };
  const isPersonalPair = (pair: string): boolean => {
    const [name = '', ...rest] = pair.split('=');
    const value = rest.join('=');
    if (isPersonalName(decoded(name)) || isPersonal(value) || person.isIn(decoded(name)))
      return true;
    return value.includes('+') && isPersonal(value.replaceAll('+', ' '));
  };
  const search = url.search
    .slice(1)
    .split('&', PARTS_MAX)
    .filter((pair) => pair !== '' && !isPersonalPair(pair))
    .join('&');
  if (search !== url.search.slice(1)) url.search = search;
  const parts = url.pathname.split('/', PARTS_MAX);
  const path = parts.map((part) => (isPersonal(part) ? 'removed' : part)).join('/');
  // A name may run over two parts; then none of them can stay.
  const clean = isPersonal(path) ? '/removed' : path;
  if (clean !== url.pathname) url.pathname = clean;
  const fragment = url.hash.slice(1);
  const pieces = fragment.split('&', PARTS_MAX + 1);
  const isAboutPerson =
    pieces.length > PARTS_MAX || isPersonal(fragment) || pieces.some(isPersonalPair);
  if (fragment !== '' && isAboutPerson) url.hash = '';
  return isPersonal(url.hostname) ? 'https://removed.invalid/' : url.toString();
}

/** Most are well-formed: asking before parsing would be parsing twice. */
function parsedUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Every string inside a JSON value cleaned; keys that are named after a person are left out. */
export function jsonWithoutPersonalData(value: unknown, person = NOBODY, depth = 0): unknown {
  if (typeof value === 'string') {
    return /^https?:\/\//i.test(value)
      ? urlWithoutPersonalData(value, person)
      : person.without(withoutPersonalData(value));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) {
    return value.map((item) => jsonWithoutPersonalData(item, person, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isPersonalName(name) && !person.isIn(name))
      .map(([name, part]) => {
        const within = CATALOGUE.has(name) ? person.whole : person;
        return [name, jsonWithoutPersonalData(part, within, depth + 1)];
      }),
  );
}

/** Decoded only where somebody is in it: as it came it holds nothing that cannot be stored. */
function textWithout(text: string, person: KnownPerson): string {
  const plain = decoded(text);
  const clean = person.without(withoutPersonalData(plain));
  return clean === plain ? text : withoutUnprintable(clean);
}

/** As often as it was encoded. */
function decoded(text: string): string {
  let plain = text;
  for (let round = 0; round < DECODINGS_MAX && plain.includes('%'); round += 1) {
    const next = percentDecoded(plain);
    if (next === plain) return plain;
    plain = next;
  }
  return plain;
}
