// Meta's browser identifiers: `fbc` and `fbp` are checked and never changed; an `fbc` is built from
// an fbclid only, with the time at which that click was first seen.
import { queryParameters } from '../../shared/percent-decoded.js';

const MARK = /^(?:[A-Za-z0-9_-]{8}|AQ|Ag|Aw|BA|BQ|Bg)$/;
const FBCLID = /^[A-Za-z0-9_-]{1,500}$/;
/** A server without the cookie cannot know the domain's depth; the documents say 1. */
const SUBDOMAIN_INDEX = 1;

/** 4–5 segments: "fb", digits, digits, a payload and perhaps a known mark. */
export function isBrowserId(value: string): boolean {
  const segments = value.split('.');
  const [prefix, subdomain = '', created = '', payload = '', mark] = segments;
  return (
    (segments.length === 4 || segments.length === 5) &&
    prefix === 'fb' &&
    /^\d{1,2}$/.test(subdomain) &&
    /^\d{1,16}$/.test(created) &&
    FBCLID.test(payload) &&
    (mark === undefined || MARK.test(mark))
  );
}

/** An address without the mark that Meta's parameter builder appends to what it collects. */
export function withoutMark(address: string): string {
  const at = address.lastIndexOf('.');
  const mark = address.slice(at + 1);
  // The last part of an address has three digits at most and is no mark of two letters.
  return at > 0 && MARK.test(mark) ? address.slice(0, at) : address;
}

/** The fbclid inside a valid `fbc`. */
export function fbclidOf(fbc: string): string | null {
  return isBrowserId(fbc) ? (fbc.split('.')[3] ?? null) : null;
}

function isFbclid(value: string): boolean {
  return FBCLID.test(value);
}

/** The fbclid of a landing or event URL, or null. */
export function fbclidInUrl(url: string | null): string | null {
  // Only an escape could hide the name.
  if (url === null || !/fbclid|%/.test(url)) return null;
  const value = queryParameters(url).find(([name]) => name === 'fbclid')?.[1];
  return value !== undefined && isFbclid(value) ? value : null;
}

function buildFbc(fbclid: string, firstSeenAt: Date): string {
  return `fb.${SUBDOMAIN_INDEX}.${firstSeenAt.getTime()}.${fbclid}`;
}

/** Why an `fbc` goes out as it does: the event's URL is newer than a cookie with another fbclid. */
export function chooseFbc(
  given: string | null,
  seen: { fbclid: string; firstSeenAt: Date } | null,
): { fbc: string | null; reason: string | null } {
  const known = given === null ? null : fbclidOf(given);
  if (given !== null && known !== null && (seen === null || seen.fbclid === known)) {
    return { fbc: given, reason: null };
  }
  if (seen !== null) {
    const reason = known === null ? 'built_from_fbclid' : 'replaced_by_newer_fbclid';
    return { fbc: buildFbc(seen.fbclid, seen.firstSeenAt), reason };
  }
  return { fbc: null, reason: given === null ? null : 'not_an_fbc' };
}
