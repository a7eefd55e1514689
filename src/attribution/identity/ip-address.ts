// Which IP addresses can belong to a person on the internet: private and reserved ones match
// nobody.

/**
 * True for what IANA has not set apart (RFC 6890). The caller has checked that it is an address.
 */
export function isPublicAddress(address: string): boolean {
  const lower = address.toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(lower)?.[1];
  if (mapped !== undefined) return isPublicV4(mapped);
  if (!lower.includes(':')) return isPublicV4(lower);
  if (lower === '::' || lower === '::1') return false;
  return !/^(f[cd]|fe[89ab]|ff|2001:db8:)/.test(lower);
}

function isPublicV4(address: string): boolean {
  const [a = 0, b = 0, c = 0] = address.split('.').map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 172 && b >= 16 && b <= 31) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) return false;
  if (a === 100 && b >= 64 && b <= 127) return false;
  if (a === 169 && b === 254) return false;
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false;
  return !(a === 203 && b === 0 && c === 113);
}
