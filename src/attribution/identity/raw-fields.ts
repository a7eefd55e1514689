// The keys of user_data that go out as they are: Meta forbids hashing them, so they are checked for
// being what they say and nothing else.
import { isIP } from 'node:net';
import { looksPersonal } from '../../shared/personal-data.js';
import { withoutMark } from './click-ids.js';
import { normalisePhone, type Normalised } from './contact.js';
import { sha256 } from './hash-value.js';
import { isPublicAddress } from '../../shared/ip-address.js';
import type { Person } from './known-person.js';

/** Never hashed [documents]. `fbc` and `fbp` are checked elsewhere, with the click's time. */
export const RAW = new Set(
  'client_ip_address client_user_agent subscription_id fb_login_id lead_id anon_id madid page_id page_scoped_user_id ctwa_clid ig_account_id ig_sid'.split(
    ' ',
  ),
);
const WHOLE_NUMBERS = new Set(['fb_login_id', 'lead_id']);

export function rawValue(field: string, value: string, person: Person): Normalised {
  if (field === 'client_ip_address') {
    const address = withoutMark(value);
    if (isIP(address) === 0) return { reason: 'not_an_ip_address' };
    return isPublicAddress(address) ? { text: value } : { reason: 'private_ip_address' };
  }
  if (WHOLE_NUMBERS.has(field) && !/^\d{1,32}$/.test(value)) return { reason: 'not_a_number' };
  return looksPersonal(value) || person.isIn(value)
    ? { reason: 'holds_an_address_name_or_phone_number' }
    : { text: value };
}

/** Sent as it is, so that it equals the browser's; an address or phone number is hashed. */
export function externalId(value: string, country: string | null, person: Person): Normalised {
  if (value.startsWith('+')) {
    const phone = normalisePhone(value, country);
    return { text: sha256('text' in phone ? phone.text : value.toLowerCase()) };
  }
  const isPersonal = value.includes('@') || looksPersonal(value) || person.isWhollyIn(value);
  if (isPersonal) return { text: sha256(value.toLowerCase()) };
  return { text: value };
}
