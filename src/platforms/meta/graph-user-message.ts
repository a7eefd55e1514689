// Meta's explanation for people (`error_user_msg`), word for word and without the numbers around
// it.
import { isRecord } from './graph-usage.js';

const MESSAGE_LENGTH_MAX = 1000;
/** Meta quotes a malformed token in its message; all of its long tokens begin like this. */
const TOKEN_FORM = /\bEAA[0-9A-Za-z]{12,}/g;

/** null = none was sent. */
export function userMessageOf(body: unknown): string | null {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : null;
  const words = error?.['error_user_msg'];
  if (typeof words !== 'string' || words.trim() === '') return null;
  return words.trim().replace(TOKEN_FORM, '[token]').slice(0, MESSAGE_LENGTH_MAX);
}
