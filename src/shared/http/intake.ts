// Bulk intake is partial: good items are kept, bad ones come back by index. This is the arithmetic
// of it; what makes an item good is its room's business.
import { DomainError, type InputFault } from '../errors.js';
import { idFault } from '../plain-text.js';
import { Turns } from '../turns.js';
import { ITEM_BOUNDS, boundFaults } from './bounds.js';
import { NAMED_ACCOUNT, Type, type Check, type TObject, type TSchema } from './schema.js';

/** The contract's bound on one request; more is 413, none is 400. */
export const INTAKE_ITEMS_MAX = 1000;

export interface Rejection {
  index: number;
  code: string;
  detail: string;
  /** RFC 6901 pointer into the body, when one field is to blame. */
  pointer?: string;
}

export interface IntakeAnswer {
  accepted: number;
  duplicates: number;
  rejected: Rejection[];
  /** What was taken and yet is worth a look; left out when there is nothing. */
  warnings?: IntakeWarning[];
}

/** A field that nobody knows and that was dropped, or what the room has to say about an item. */
export type IntakeWarning =
  | { index: number; field: string }
  | { index: number; code: string; detail: string; pointer?: string };

export interface Indexed<T> {
  index: number;
  item: T;
}

export function assertIntakeSize(count: number): void {
  if (count > INTAKE_ITEMS_MAX) {
    throw new DomainError(
      413,
      'request.too_many_items',
      `${count} items are more than the ${INTAKE_ITEMS_MAX} of one request; send several.`,
    );
  }
}

/**
 * Splits items into well-formed ones and rejections that name every fault of the item: also those
 * against `rules`, which are asked about an item of the wrong shape as far as they understand it.
 * Between items others have their turn.
 */
export async function sortOut<T>(
  items: unknown[],
  check: Check,
  code: string,
  listName: string,
  rules: (item: T) => InputFault[] = () => [],
): Promise<{ good: Indexed<T>[]; rejected: Rejection[] }> {
  const good: Indexed<T>[] = [];
  const rejected: Rejection[] = [];
  const turns = new Turns();
  for (const [index, item] of items.entries()) {
    await turns.pass();
    // What is huge is not walked, neither by the check nor by anything behind it.
    const bounds = boundFaults(item, ITEM_BOUNDS);
    const faults = bounds.length > 0 ? bounds : check(item);
    if (faults.length > 0 && bounds.length === 0)
      faults.push(...moreFaults(item as T, faults, rules));
    const [first] = faults;
    if (first === undefined) {
      good.push({ index, item: item as T });
      continue;
    }
    rejected.push({
      index,
      code: bounds.length > 0 ? code.replace(/\.\w+$/, '.too_large') : code,
      detail: faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; '),
      pointer: `/${listName}/${index}${first.pointer}`,
    });
  }
  return { good, rejected };
}

/** The ids in a field of items of any shape: to look them up before any item is judged. */
export function idsIn(items: unknown[], field: string): string[] {
  const ids = items.map((item) => (item as Record<string, unknown> | null | undefined)?.[field]);
  return [...new Set(ids)].filter(
    (id) => typeof id === 'string' && idFault(id) === null,
  ) as string[];
}

function moreFaults<T>(item: T, known: InputFault[], rules: (item: T) => InputFault[]) {
  const named = new Set(known.map(({ pointer }) => pointer));
  try {
    return rules(item).filter(({ pointer }) => !named.has(pointer));
  } catch {
    // What is of no shape at all has no further faults.
    return [];
  }
}

/** Answers leave in the order of the request, whatever order the faults were found in. */
export function intakeAnswer(
  accepted: number,
  duplicates: number,
  rejected: Rejection[],
): IntakeAnswer {
  return { accepted, duplicates, rejected: [...rejected].sort((a, b) => a.index - b.index) };
}

/** The body schema of a bulk endpoint, for the OpenAPI document. */
export function intakeBody(
  lists: Record<string, TSchema>,
  others: Record<string, TSchema> = {},
): TObject {
  const isOnly = Object.keys(lists).length === 1;
  return Type.Object({
    account_id: NAMED_ACCOUNT,
    ...Object.fromEntries(
      Object.entries(lists).map(([name, item]) => [
        name,
        isOnly ? listOf(item) : Type.Optional(listOf(item)),
      ]),
    ),
    ...others,
  });
}

const listOf = (item: TSchema) => Type.Array(item, { minItems: 1, maxItems: INTAKE_ITEMS_MAX });
