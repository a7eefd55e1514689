// URLs and JSON without the people in them. `isKnown` tells of a text whether it names the person
// whose data came along with it; without that, only what looks personal by itself is found.
import { isPersonalName, looksPersonal, withoutPersonalData } from './personal-data.js';

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
/** Ids of products are the catalogue's: that they share a first name with the person says nothing. */
const CATALOGUE = new Set(['content_ids', 'contents', 'content_type']);

const ENTITY_AT = /&#0{0,5}64;|&#x0{0,5}40;|&commat;/gi;

/** A URL without the parameters and path parts that name a person; fbclid and UTM stay. */
export function urlWithoutPersonalData(given: string, person = NOBODY): string {
  // Taken for a separator and a fragment otherwise, with half an address on either side.
  const text = given.includes('&') ? given.replace(ENTITY_AT, '%40') : given;
  const url = URL.canParse(text) ? new URL(text) : null;
  // "mailto:" and "tel:" have no parts that could be taken out.
  if (url === null || url.host === '') return person.without(withoutPersonalData(decoded(text)));
  url.username = '';
  url.password = '';
  const isPersonal = (part: string): boolean => {
    const plain = decoded(part);
    return looksPersonal(plain) || looksPersonal(part) || person.isIn(plain);
  };
  const isPersonalPair = (pair: string): boolean => {
    const [name = '', ...rest] = pair.split('=');
    const value = rest.join('=');
    return (
      isPersonalName(decoded(name)) ||
      isPersonal(value) ||
      isPersonal(value.replaceAll('+', ' ')) ||
      person.isIn(decoded(name))
    );
  };
  url.search = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isPersonalPair(pair))
    .join('&');
  const path = url.pathname
    .split('/')
    .map((part) => (isPersonal(part) ? 'removed' : part))
    .join('/');
  // A name may run over two parts; then none of them can stay.
  const clean = isPersonal(path) ? '/removed' : path;
  if (clean !== url.pathname) url.pathname = clean;
  const fragment = url.hash.slice(1);
  if (isPersonal(fragment) || fragment.split('&').some(isPersonalPair)) url.hash = '';
  return isPersonal(url.hostname) ? 'https://removed.invalid/' : url.toString();
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

/** As often as it was encoded; a text that is no encoding stays as far as it came. */
function decoded(text: string): string {
  let plain = text;
  for (let round = 0; round < DECODINGS_MAX && plain.includes('%'); round += 1) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      return plain;
    }
  }
  return plain;
}
