// What of an event's user_data goes out: hashed identifiers and the browser's own ids. Its fbc
// waits for the click behind the event.
import { isBrowserId } from '../identity/click-ids.js';
import { countryCode } from '../identity/countries.js';
import type { Person } from '../identity/known-person.js';
import { cleanUserData, type CleanUserData, type FieldVerdict } from '../identity/user-data.js';

export interface UserKeys extends CleanUserData {
  givenFbc: string | null;
}

export function readUserKeys(
  given: Record<string, unknown>,
  defaultCountry: string | undefined,
  now: Date,
  person: Person,
): UserKeys {
  const country = defaultCountry ? countryCode(defaultCountry) : null;
  const clean = cleanUserData(given, country, now, person);
  const browser = browserIds(given);
  return {
    userData: { ...clean.userData, ...(browser.fbp === null ? {} : { fbp: browser.fbp }) },
    fields: [...clean.fields, ...browser.fields],
    matchKeys: [...clean.matchKeys, ...(browser.fbp === null ? [] : ['fbp'])],
    givenFbc: browser.fbc,
  };
}

function browserIds(userData: Record<string, unknown>) {
  const text = (name: string): string | null => {
    const value: unknown = userData[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const fbp = text('fbp');
  const isValid = fbp !== null && isBrowserId(fbp);
  const verdict: FieldVerdict = isValid
    ? { field: 'fbp', verdict: 'used' }
    : { field: 'fbp', verdict: 'dropped', reason: 'not_an_fbp' };
  return { fbp: isValid ? fbp : null, fbc: text('fbc'), fields: fbp === null ? [] : [verdict] };
}
