// The token in a body that nobody has parsed yet: SDKs put it behind a thousand events, and a
// stranger's thousand events are not worth parsing. One pass over the bytes, whatever they are.

/** Longer is no key of ours. */
const TOKEN_CHARACTERS_MAX = 1000;
const NAME = 'access_token';

/** null when there is none to be found. */
export function tokenInside(body: Buffer, contentType: string): string | null {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/json') return jsonToken(body);
  if (type === 'multipart/form-data') return multipartToken(body);
  return formToken(body);
}

/** The text of `access_token` in the outermost object. */
function jsonToken(body: Buffer): string | null {
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === BRACE || byte === BRACKET) depth += 1;
    else if (byte === BRACE_END || byte === BRACKET_END) depth -= 1;
    else if (byte === QUOTE) {
      const end = endOfText(body, at);
      if (depth === 1 && body.toString('latin1', at + 1, end) === NAME) {
        const value = valueAfter(body, end + 1);
        if (value !== null) return value;
      }
      at = end;
    }
  }
  return null;
}

/** `: "token"`; null when it is no text or when the name was a value itself. */
function valueAfter(body: Buffer, from: number): string | null {
  const rest = body.toString('latin1', from, from + TOKEN_CHARACTERS_MAX);
  return /^\s*:\s*"([^"\\]*)"/.exec(rest)?.[1] ?? null;
}

/** At the next quote with an even number of backslashes before it. */
function endOfText(body: Buffer, at: number): number {
  for (let end = body.indexOf(QUOTE, at + 1); end >= 0; end = body.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (body[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return body.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

function formToken(body: Buffer): string | null {
  const mark = `${NAME}=`;
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== AMPERSAND) continue;
    const from = at + mark.length;
    const rest = body.toString('latin1', from, from + TOKEN_CHARACTERS_MAX);
    return new URLSearchParams(rest.split('&', 1)[0] ?? '').keys().next().value ?? null;
  }
  return null;
}

const AMPERSAND = 0x26;

function multipartToken(body: Buffer): string | null {
  for (const mark of [`name="${NAME}"`, `name=${NAME}`]) {
    const at = body.indexOf(mark);
    if (at < 0) continue;
    const rest = body.toString('latin1', at + mark.length, at + TOKEN_CHARACTERS_MAX * 2);
    return /^[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n/.exec(rest)?.[1]?.trim() || null;
  }
  return null;
}
