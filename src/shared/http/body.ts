// From the text of a body to a value: what is malformed, too deep or cannot be stored is refused
// before anything looks at it.
import { DomainError } from '../errors.js';

/** No shape of ours is a tenth as deep; parsing millions of brackets would take seconds. */
const DEPTH_MAX = 100;
/** What PostgreSQL's text and JSON cannot hold is written so in JSON; the walk is for those few. */
const SUSPICIOUS = /\\u(?:0000|[dD][89a-fA-F])|__proto__/;

/** @throws DomainError 400 for malformed JSON and for what PostgreSQL cannot hold. */
export function parseJson(text: string): unknown {
  // Buttons and simple clients send the header with nothing behind it.
  if (text.trim() === '') return undefined;
  if (isTooDeep(text)) throw malformed(`The body nests deeper than ${DEPTH_MAX} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The body is not well-formed JSON.');
  }
  if (SUSPICIOUS.test(text)) refuseUnholdable(value, '');
  return value;
}

export type Form = Record<string, string | string[]>;

/** Repeated fields become lists. */
export function parseForm(text: string): Form {
  return fieldsOf(new URLSearchParams(text));
}

/** What `curl -F` sends. @throws DomainError 400 for anything but fields of text. */
export async function parseMultipart(body: Buffer, contentType: string): Promise<Form> {
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => null);
  if (form === null) throw malformed('The body is not well-formed multipart/form-data.');
  const fields = new URLSearchParams();
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw malformed('A file was sent where a field was expected.');
    fields.append(name, value);
  }
  return fieldsOf(fields);
}

function fieldsOf(form: URLSearchParams): Form {
  const fields = [...new Set(form.keys())].map((name): [string, string | string[]] => {
    const values = form.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values];
  });
  const value = Object.fromEntries(fields);
  refuseUnholdable(value, '');
  return value;
}

/** Brackets outside of texts; a text that never ends is for the parser to refuse. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInText = !isInText;
    else if (isInText) at += code === BACKSLASH ? 1 : 0;
    else if (code === BRACE || code === BRACKET) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (code === BRACE_END || code === BRACKET_END) depth -= 1;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

function refuseUnholdable(value: unknown, pointer: string): void {
  if (typeof value === 'string' && !isHoldable(value)) {
    throw malformed('The body holds the character U+0000 or half a character.', pointer);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === '__proto__' || !isHoldable(name)) {
      throw malformed('The body holds a name that is not allowed.', pointer);
    }
    refuseUnholdable(part, `${pointer}/${name}`);
  }
}

function isHoldable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function malformed(detail: string, pointer = ''): DomainError {
  return new DomainError(400, 'request.malformed', detail, { errors: [{ pointer, detail }] });
}
