// Items of a bulk request are read one after the other: whatever one of them throws rejects that
// item by its index and nothing else, and between them other requests get their turn.
import { isItemFault, type ItemFault } from '../item-fault.js';
import { Turns } from '../turns.js';
import { ITEM_BOUNDS, boundFaults } from './bounds.js';
import type { Indexed, Rejection } from './intake.js';
import type { Check } from './schema.js';

export interface ItemRules {
  /** What is not of this shape is refused under `<room>.invalid`. */
  check: Check;
  /** The first part of the codes, e.g. `clicks`. */
  room: string;
  /** The name of the list in the body. */
  list: string;
}

/** Of one item; a thousand items with hundreds of faults each would make a hostile answer. */
const DETAIL_CHARACTERS_MAX = 1000;

/** `read` gets what has the right shape and answers with what it read or with the fault. */
export async function readItems<Item, Read extends object>(
  items: unknown[],
  rules: ItemRules,
  read: (item: Item) => Read | ItemFault,
): Promise<{ good: Indexed<Read>[]; rejected: Rejection[] }> {
  const good: Indexed<Read>[] = [];
  const rejected: Rejection[] = [];
  const turns = new Turns();
  for (const [index, item] of items.entries()) {
    const outcome = readOne(item, rules, read);
    if (isItemFault(outcome)) rejected.push(rejectionOf(index, outcome, rules.list));
    else good.push({ index, item: outcome });
    await turns.pass();
  }
  return { good, rejected };
}

export function rejectionOf(index: number, fault: ItemFault, list: string): Rejection {
  const { code, detail, field } = fault;
  const shown = detail.slice(0, DETAIL_CHARACTERS_MAX);
  return { index, code, detail: shown, pointer: `/${list}/${index}${field}` };
}

function readOne<Item, Read extends object>(
  item: unknown,
  { check, room }: ItemRules,
  read: (item: Item) => Read | ItemFault,
): Read | ItemFault {
  try {
    // What is huge is not walked, neither by the check nor by anything behind it.
    const bounds = boundFaults(item, ITEM_BOUNDS);
    const faults = bounds.length > 0 ? bounds : check(item);
    const [first] = faults;
    if (first === undefined) return read(item as Item);
    const detail = faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ');
    const code = `${room}.${bounds.length > 0 ? 'too_large' : 'invalid'}`;
    return { code, detail, field: first.pointer };
  } catch (error) {
    // Its message may quote the item, and with it a person.
    const kind = error instanceof Error ? error.name : 'an error';
    return { code: `${room}.unreadable`, detail: `the item cannot be read (${kind})`, field: '' };
  }
}
