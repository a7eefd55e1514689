// What Meta says of a failure, for people: bounded, and without the tokens that it may quote.
import { isRecord, parseJson } from './graph-usage.js';

/** Long enough for every text of Meta's, short enough that a page of HTML fills no table. */
const MESSAGE_LENGTH_MAX = 1000;
/** Meta quotes a malformed token in its message; all of its long tokens begin like this. */
const TOKEN_FORM = /\bEAA[0-9A-Za-z]{12,}/g;

/** Meta's explanation for people, word for word and without numbers around it; null = none sent. */
export function userMessageOf(body: unknown): string | null {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : null;
  const words = text(error?.['error_user_msg']);
  return words === null ? null : shortened(words);
}

/** Title, explanation and the fields blamed, with the numbers that Meta's pages explain. */
export function messageOf(
  error: Record<string, unknown>,
  code: number | null,
  subcode: number | null,
): string {
  const title = text(error['error_user_title']);
  const explained = text(error['error_user_msg']);
  const words = explained ?? text(error['message']) ?? 'no message';
  const said = explained && title ? `${title}: ${words}` : words;
  const fields = blamedFields(error['error_data']);
  const number = subcode === null ? `${code ?? 'none'}` : `${code ?? 'none'}/${subcode}`;
  const blamed = fields.length > 0 ? `field ${fields.join(', ')}; ` : '';
  return `${shortened(said)} (${blamed}code ${number})`;
}

/** `blame_field_specs` is a list of paths; `error_data` itself may be a JSON text. */
function blamedFields(errorData: unknown): string[] {
  const data = typeof errorData === 'string' ? parseJson(errorData) : errorData;
  const specs = isRecord(data) ? data['blame_field_specs'] : null;
  if (!Array.isArray(specs)) return [];
  return specs
    .map((path: unknown) => (Array.isArray(path) ? path.map(String).join('.') : String(path)))
    .filter((path) => path !== '');
}

function shortened(words: string): string {
  return words.replace(TOKEN_FORM, '[token]').slice(0, MESSAGE_LENGTH_MAX);
}

/** The text of a field, or null where it has none. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
