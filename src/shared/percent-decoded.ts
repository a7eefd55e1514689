// Percent-encoding undone without errors: the standard decoders throw for what is broken, or throw
// and catch inside.

/** So many parameters are read; no page needs as many. */
const PARAMETERS_MAX = 200;

/** The parameters of a URL's query in their order, names and values decoded. */
export function queryParameters(url: string): [name: string, value: string][] {
  const [withoutFragment = ''] = url.split('#', 1);
  const at = withoutFragment.indexOf('?');
  if (at < 0) return [];
  return withoutFragment
    .slice(at + 1)
    .split('&', PARAMETERS_MAX)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] =
        equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [formDecoded(name), formDecoded(value)];
    });
}

function formDecoded(text: string): string {
  return percentDecoded(text.includes('+') ? text.replaceAll('+', ' ') : text);
}

/**
 * Every %XX as its byte; what is no UTF-8 is read as Latin-1 and what is no escape stays. Unlike
 * decodeURIComponent it never throws: an error costs as much as a thousand characters, and hostile
 * URLs hold thousands of broken escapes.
 */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(text);
  let to = 0;
  for (let from = 0; from < bytes.length; from += 1) {
    const byte = bytes[from]!;
    const value = byte === PERCENT ? hexValue(bytes[from + 1], bytes[from + 2]) : -1;
    bytes[to] = value < 0 ? byte : value;
    if (value >= 0) from += 2;
    to += 1;
  }
  if (to === bytes.length) return text;
  const plain = bytes.subarray(0, to);
  const decoded = plain.toString('utf8');
  return decoded.includes('\ufffd') ? plain.toString('latin1') : decoded;
}

const PERCENT = 0x25;

/** -1 when these are no two hexadecimal digits. */
function hexValue(high: number | undefined, low: number | undefined): number {
  const [a, b] = [digitValue(high ?? 0), digitValue(low ?? 0)];
  return a < 0 || b < 0 ? -1 : a * 16 + b;
}

function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
