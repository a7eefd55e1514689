// What neither PostgreSQL's text and JSON nor an object of ours can hold: U+0000, halves of
// surrogate pairs, the name `__proto__`.
import { withoutPersonalData } from '../personal-data.js';
import { malformed } from './parsable.js';
import { escapePointer } from './problem.js';

/** Stands in a list for an item that cannot be held; `BulkIntake` rejects it by its index. */
export class Unholdable {
  constructor(
    readonly pointer: string,
    readonly detail: string,
  ) {}
}

/** @throws DomainError 400 that names the place. */
export function refuseUnholdable(value: unknown): void {
  const found = unholdableIn(value);
  if (found) throw malformed(`The body ${found.detail}.`, found.pointer);
}

/** In the lists of a bulk request, so that one item does not spoil the others. */
export function setAsideUnholdable(body: unknown, lists: readonly string[]): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, list] of Object.entries(body)) {
    if (!lists.includes(name) || !Array.isArray(list)) continue;
    for (const [index, item] of list.entries()) {
      const found = unholdableIn(item);
      if (!found) continue;
      list[index] = new Unholdable(`/${name}/${index}${found.pointer}`, found.detail);
    }
  }
}

/** The path is made on the way back, of the one fault: copies of it would cost the most. */
function unholdableIn(value: unknown): Unholdable | null {
  const path: string[] = [];
  const detailOf = (part: unknown): string | null => {
    if (typeof part === 'string') {
      return isHoldable(part) ? null : 'holds the character U+0000 or an unpaired surrogate';
    }
    if (typeof part !== 'object' || part === null) return null;
    for (const [name, inner] of Object.entries(part)) {
      if (name === '__proto__' || !isHoldable(name)) return 'holds a name that is not allowed';
      const detail = detailOf(inner);
      if (detail === null) continue;
      path.unshift(name);
      return detail;
    }
    return null;
  };
  const detail = detailOf(value);
  return detail === null ? null : new Unholdable(pointerOf(path), detail);
}

function pointerOf(path: readonly string[]): string {
  return withoutPersonalData(path.map((token) => `/${escapePointer(token)}`).join(''));
}

function isHoldable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
