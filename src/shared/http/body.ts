// From the bytes of a body to a value: what is malformed, too deep, too large or cannot be stored
// is refused before anything looks at it, in time linear in its length.
import { DomainError } from '../errors.js';
import { withoutPersonalData } from '../personal-data.js';
import { escapePointer } from './problem.js';

/** No shape of ours is a tenth as deep; parsing millions of brackets would take seconds. */
const DEPTH_MAX = 100;
/** Values of one body: a full bulk request has a tenth; more would hold up everybody's requests. */
const VALUES_MAX = 250_000;
/** A form may number its 1,000 events one by one. */
const FIELDS_MAX = 1100;
/**
 * What PostgreSQL's text and JSON cannot hold, and names written in escapes: a look through the
 * parsed value is for those few bodies.
 */
const SUSPICIOUS = /\\u(?:00[0-7]|[dD][89a-fA-F])|__proto__/;
const BYTE_ORDER_MARK = 0xfeff;

/** @throws DomainError 400 for malformed JSON and for what PostgreSQL cannot hold. */
export function parseJson(given: string): unknown {
  const text = given.charCodeAt(0) === BYTE_ORDER_MARK ? given.slice(1) : given;
  // Buttons and simple clients send the header with nothing behind it.
  if (text.trim() === '') return undefined;
  assertParsable(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The body is not well-formed JSON.');
  }
  if (SUSPICIOUS.test(text)) refuseUnholdable(value);
  return value;
}

export type Form = Record<string, string | string[]>;

/** Repeated fields become lists. */
export function parseForm(text: string): Form {
  assertFields(occurrences(text, '&'));
  return fieldsOf(new URLSearchParams(text));
}

/** What `curl -F` sends. @throws DomainError 400 for anything but fields of text. */
export async function parseMultipart(body: Buffer, contentType: string): Promise<Form> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark !== undefined) assertFields(occurrences(body, `--${mark}`));
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => null);
  if (form === null) throw malformed('The body is not well-formed multipart/form-data.');
  const fields: [string, string][] = [];
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw malformed('A file was sent where a field was expected.');
    fields.push([name, value]);
  }
  return fieldsOf(fields);
}

function fieldsOf(entries: Iterable<[string, string]>): Form {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of entries) {
    const known = fields.get(name);
    if (known === undefined) fields.set(name, value);
    else if (typeof known === 'string') fields.set(name, [known, value]);
    else known.push(value);
  }
  const form = Object.fromEntries(fields);
  refuseUnholdable(form);
  return form;
}

function assertFields(count: number): void {
  if (count < FIELDS_MAX) return;
  throw malformed(`A form has at most ${FIELDS_MAX} fields; send the events as JSON.`);
}

/** Counted up to the limit, so that the count itself is bounded. */
function occurrences(text: string | Buffer, mark: string): number {
  let count = 0;
  let at = text.indexOf(mark);
  for (; at >= 0 && count < FIELDS_MAX; count += 1) at = text.indexOf(mark, at + mark.length);
  return count;
}

/** Brackets and commas outside of texts; a text that never ends is for the parser to refuse. */
function assertParsable(text: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COMMA) values += 1;
    else if (code === BRACE || code === BRACKET) {
      depth += 1;
      values += 1;
      if (depth > DEPTH_MAX) throw malformed(`The body nests deeper than ${DEPTH_MAX} levels.`);
    } else if (code === BRACE_END || code === BRACKET_END) depth -= 1;
  }
  if (values > VALUES_MAX) {
    const detail = `The body holds more than ${VALUES_MAX} values; send it in smaller parts.`;
    throw new DomainError(413, 'request.too_many_values', detail);
  }
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

function refuseUnholdable(value: unknown, path: readonly string[] = []): void {
  if (typeof value === 'string') {
    if (isHoldable(value)) return;
    throw malformed(
      'The body contains the character U+0000 or an unpaired surrogate.',
      pointerOf(path),
    );
  }
  if (typeof value !== 'object' || value === null) return;
  for (const name of Object.keys(value)) {
    if (name === '__proto__' || !isHoldable(name)) {
      throw malformed('The body holds a name that is not allowed.', pointerOf(path));
    }
    const part = (value as Record<string, unknown>)[name];
    if (typeof part === 'string' || typeof part === 'object') {
      refuseUnholdable(part, [...path, name]);
    }
  }
}

function pointerOf(path: readonly string[]): string {
  return withoutPersonalData(path.map((token) => `/${escapePointer(token)}`).join(''));
}

function isHoldable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function malformed(detail: string, pointer = ''): DomainError {
  return new DomainError(400, 'request.malformed', detail, { errors: [{ pointer, detail }] });
}
