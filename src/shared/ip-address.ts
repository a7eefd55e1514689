// Which IP addresses can belong to a person on the internet: private, reserved and translated ones
// match nobody.
import ipaddr from 'ipaddr.js';

/** The only block of IPv6 out of which addresses are given to networks (RFC 4291, IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * True for what IANA has not set apart. IPv4 written inside of IPv6 counts as that IPv4. The caller
 * has checked that it is an address.
 */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}
