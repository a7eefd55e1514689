// Addresses that a caller chooses for us to ask. Pure, so it judges what is written; a name that
// resolves to somewhere private is for whoever connects to refuse.
import { isIP } from 'node:net';
import { isPublicAddress } from '../../shared/ip-address.js';

const LENGTH_MAX = 300;
/** Names that no public server answers to (RFC 6761, RFC 6762, RFC 8375 and what is usual). */
const PRIVATE_NAME =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|home\.arpa)$/;

/**
 * What is wrong with the origin of a service, or null. https alone, no path, no password, nothing
 * that lies in a private network unless that is allowed (then http too: nobody else listens in).
 */
export function outsideAddressFault(text: string, allowPrivate: boolean): string | null {
  const url = text.length <= LENGTH_MAX && URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'must be the address of a server, e.g. https://public.api.bsky.app';
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    return 'must be an https address';
  }
  if (url.username !== '' || url.password !== '') return 'must not carry a name or password';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || /[?#]/.test(text)) {
    return 'must be the server alone, without a path, query or fragment';
  }
  if (allowPrivate || isPublicHost(url.hostname)) return null;
  return 'lies in a private network (ALLOW_PRIVATE_ADDRESSES=true takes it all the same)';
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !PRIVATE_NAME.test(host);
}
