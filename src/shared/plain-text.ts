// Characters that ids and names may not hold, wherever they come from: what is invisible, ends a
// line in somebody's log, turns text around, or cannot be stored as it stands.

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, bidirectional embeddings,
 * overrides and isolates, halves of surrogate pairs. For a class of a regular expression with `u`.
 */
const UNPRINTABLE =
  '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff';

/** For the `pattern` of a schema. */
export const PRINTABLE_PATTERN = `^[^${UNPRINTABLE}]*$`;
export const ID_CHARACTERS_MAX = 128;

const HAS_UNPRINTABLE = new RegExp(`[${UNPRINTABLE}]`, 'u');
const ALL_UNPRINTABLE = new RegExp(`[${UNPRINTABLE}]+`, 'gu');

/** What keeps a text from being an id, or null; the one rule for every way in. */
export function idFault(text: string): string | null {
  if (text === '') return 'must not be empty';
  // Counted as PostgreSQL and JSON Schema count: by code point.
  if ([...text.slice(0, 2 * ID_CHARACTERS_MAX + 1)].length > ID_CHARACTERS_MAX) {
    return `must have at most ${ID_CHARACTERS_MAX} characters`;
  }
  return HAS_UNPRINTABLE.test(text) ? 'has characters that are not allowed here' : null;
}

/** For names that others chose: a run of such characters becomes one blank. */
export function withoutUnprintable(text: string): string {
  return text.replace(ALL_UNPRINTABLE, ' ').trim();
}
