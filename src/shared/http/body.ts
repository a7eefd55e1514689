// From the bytes of a body to a value: what is malformed, too deep, too large or cannot be stored
// is refused before anything looks at it, in time linear in its length.
import { multipartFields } from './multipart.js';
import { assertParsable, malformed } from './parsable.js';
import { refuseUnholdable, setAsideUnholdable } from './unholdable.js';

/** A form may number its 1,000 events one by one. */
const FIELDS_MAX = 1100;
/**
 * What PostgreSQL's text and JSON cannot hold, and names written in escapes: a look through the
 * parsed value is for those few bodies.
 */
const SUSPICIOUS = /\\u(?:00[0-7]|[dD][89a-fA-F])|__proto__/;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * An item of one of the `itemLists` that nothing can hold becomes an `Unholdable`.
 * @throws DomainError 400 for malformed JSON and for what PostgreSQL cannot hold.
 */
export function parseJson(given: string, itemLists: readonly string[] = []): unknown {
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
  if (SUSPICIOUS.test(text)) {
    setAsideUnholdable(value, itemLists);
    refuseUnholdable(value);
  }
  return value;
}

export type Form = Record<string, string | string[]>;

/** Repeated fields become lists. */
export function parseForm(text: string): Form {
  if (occurrences(text, '&') >= FIELDS_MAX) throw tooManyFields();
  return fieldsOf(new URLSearchParams(text));
}

/** What `curl -F` sends. @throws DomainError 400 for anything but fields of text. */
export function parseMultipart(body: Buffer, contentType: string): Form {
  const fields = multipartFields(body, contentType, FIELDS_MAX);
  if (fields === 'too many fields') throw tooManyFields();
  if (fields === 'file') throw malformed('A file was sent where a field was expected.');
  if (fields === 'malformed') throw malformed('The body is not well-formed multipart/form-data.');
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

function tooManyFields(): Error {
  return malformed(`A form has at most ${FIELDS_MAX} fields; send the events as JSON.`);
}

/** Counted up to the limit, so that the count itself is bounded. */
function occurrences(text: string, mark: string): number {
  let count = 0;
  let at = text.indexOf(mark);
  for (; at >= 0 && count < FIELDS_MAX; count += 1) at = text.indexOf(mark, at + mark.length);
  return count;
}
