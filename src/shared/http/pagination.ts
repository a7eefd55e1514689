// Key-set pagination. A cursor names the last row seen, so rows that come in between are neither
// skipped nor shown twice; it is opaque to callers and checked like any other input.
import { DomainError } from '../errors.js';
import { parseInstant } from '../time.js';
import { Type, type Static } from './schema.js';

const LIST_LIMIT_DEFAULT = 50;
const LIST_LIMIT_MAX = 200;
/** A page ends early where its items are long, and says so by its cursor. */
const PAGE_BYTES_MAX = 1024 * 1024;

export const PageQuery = Type.Object({
  limit: Type.Integer({
    minimum: 1,
    maximum: LIST_LIMIT_MAX,
    default: LIST_LIMIT_DEFAULT,
    description: 'How many items at the most; long ones end a page before.',
  }),
  cursor: Type.Optional(
    Type.String({ maxLength: 1000, description: 'The next_cursor of the page before.' }),
  ),
});
export type PageQuery = Static<typeof PageQuery>;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The parts of the cursor (the sort key of the last row seen), or null on the first page. */
export function readCursor(cursor: string | undefined, parts: number): string[] | null {
  if (cursor === undefined) return null;
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(decoded) &&
      decoded.length === parts &&
      decoded.every((part) => typeof part === 'string' && !part.includes('\u0000'))
    ) {
      return decoded as string[];
    }
  } catch {
    // Falls through to the one answer for every cursor that is not ours.
  }
  throw notOfThisList();
}

/** The cursor of a list in the order of time and id. */
export function readTimeCursor(cursor: string | undefined): { at: Date; id: string } | null {
  const [time, id] = readCursor(cursor, 2) ?? [];
  if (time === undefined || id === undefined) return null;
  const at = parseInstant(time);
  if (!at) throw notOfThisList();
  return { at, id };
}

function notOfThisList(): DomainError {
  return new DomainError(400, 'request.invalid', 'The cursor is not one of this list.', {
    errors: [{ pointer: '/cursor', detail: 'must be the next_cursor of an earlier page' }],
  });
}

/**
 * `rows` holds up to limit + 1 rows; the extra one only says that there is a next page. However
 * long its items, a page holds at least one.
 */
export function toPage<R, T>(
  rows: R[],
  limit: number,
  sortKey: (row: R) => string[],
  show: (row: R) => T,
): Page<T> {
  const items: T[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    const item = show(row);
    bytes += Buffer.byteLength(JSON.stringify(item) ?? '');
    if (items.length > 0 && bytes > PAGE_BYTES_MAX) break;
    items.push(item);
  }
  const last = rows[items.length - 1];
  const more = rows.length > items.length && last !== undefined;
  return {
    items,
    next_cursor: more ? Buffer.from(JSON.stringify(sortKey(last))).toString('base64url') : null,
  };
}
