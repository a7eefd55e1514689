// Items of a bulk request are read one after the other: whatever one of them throws rejects that
// item by its index and nothing else, and between them other requests get their turn.
import type { InputFault } from '../errors.js';
import { isItemFault, type ItemFault } from '../item-fault.js';
import { Turns } from '../turns.js';
import { ITEM_BOUNDS, boundFaults } from './bounds.js';
import type { Indexed, Rejection } from './intake.js';
import type { Check } from './schema.js';

export interface ItemRules<Item = never> {
  /** What is not of this shape is refused under `<room>.invalid`. */
  check: Check;
  /** The first part of the codes, e.g. `clicks`. */
  room: string;
  /** The name of the list in the body. */
  list: string;
  /** What else is wrong with an item of the wrong shape; it lacks the fields that were refused. */
  further?: (item: Partial<Item>) => ItemFault[];
}

/** Of one item; a thousand items with hundreds of faults each would make a hostile answer. */
const DETAIL_CHARACTERS_MAX = 1000;

/** `read` gets what has the right shape and answers with what it read or with the fault. */
export async function readItems<Item, Read extends object>(
  items: unknown[],
  rules: ItemRules<Item>,
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
  { check, room, further }: ItemRules<Item>,
  read: (item: Item) => Read | ItemFault,
): Read | ItemFault {
  try {
    // What is huge is not walked, neither by the check nor by anything behind it.
    const bounds = boundFaults(item, ITEM_BOUNDS);
    const faults = bounds.length > 0 ? bounds : check(item);
    const [first] = faults;
    if (first === undefined) return read(item as Item);
    const more = bounds.length > 0 || !further ? [] : furtherFaults(item, faults, further);
    const detail = [
      ...faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`),
      ...more.map(({ detail }) => detail),
    ].join('; ');
    const code = `${room}.${bounds.length > 0 ? 'too_large' : 'invalid'}`;
    return { code, detail, field: first.pointer };
  } catch (error) {
    // Its message may quote the item, and with it a person.
    const kind = error instanceof Error ? error.name : 'an error';
    return { code: `${room}.unreadable`, detail: `the item cannot be read (${kind})`, field: '' };
  }
}

/** Nothing more is said of what was refused already, nor of what lies in it. */
function furtherFaults<Item>(
  item: unknown,
  faults: InputFault[],
  further: (item: Partial<Item>) => ItemFault[],
): ItemFault[] {
  if (faults.some(({ pointer }) => pointer === '')) return [];
  const refused = new Set(faults.map(({ pointer }) => pointer.split('/')[1]));
  const sound = Object.entries(item as object).filter(([name]) => !refused.has(name));
  return further(Object.fromEntries(sound) as Partial<Item>).filter(
    ({ field }) => !refused.has(field.split('/')[1]),
  );
}
