// A look at the text of a body before it is parsed: nesting and numbers that no shape of ours has
// are refused in one pass over it.
import { DomainError } from '../errors.js';

/** No shape of ours is a tenth as deep; parsing millions of brackets would take seconds. */
const DEPTH_MAX = 100;
/** Values of one body: a full bulk request has a tenth; more would hold up everybody's requests. */
const VALUES_MAX = 250_000;
/** Of one object: a thousand features are the most that any has. */
const NAMES_MAX = 5000;

/** Brackets and commas outside of texts; a text that never ends is for the parser to refuse. */
export function assertParsable(text: string): void {
  let depth = 0;
  let values = 0;
  // Of each object or list that is open; counted anew where the next one opens.
  const commas = new Array<number>(DEPTH_MAX + 1).fill(0);
  const isObject = new Array<boolean>(DEPTH_MAX + 1).fill(false);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COMMA) {
      values += 1;
      if (depth < 1 || !isObject[depth]) continue;
      commas[depth]! += 1;
      if (commas[depth]! >= NAMES_MAX) throw tooMany(NAMES_MAX, 'names in one object');
    } else if (code === BRACE || code === BRACKET) {
      depth += 1;
      values += 1;
      if (depth > DEPTH_MAX) throw malformed(`The body nests deeper than ${DEPTH_MAX} levels.`);
      // A wrong order of brackets, below nothing too, is for the parser to refuse.
      if (depth < 1) continue;
      commas[depth] = 0;
      isObject[depth] = code === BRACE;
    } else if (code === BRACE_END || code === BRACKET_END) depth -= 1;
  }
  if (values > VALUES_MAX) throw tooMany(VALUES_MAX, 'values');
}

function tooMany(limit: number, what: string): DomainError {
  const detail = `The body holds more than ${limit} ${what}; send it in smaller parts.`;
  return new DomainError(413, 'request.too_many_values', detail);
}

/** Where the text that begins at `at` ends: at the next quote with no odd backslashes before it. */
function endOfText(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

export function malformed(detail: string, pointer = ''): DomainError {
  return new DomainError(400, 'request.malformed', detail, { errors: [{ pointer, detail }] });
}
