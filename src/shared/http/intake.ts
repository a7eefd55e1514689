// Bulk intake is partial: good items are kept, bad ones come back by index. This is the arithmetic
// of it; what makes an item good is its room's business.
import { DomainError } from '../errors.js';
import { Type, type Check, type TSchema } from './schema.js';

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
}

export interface Indexed<T> {
  index: number;
  item: T;
}

/** The list under `name`, or a 400/413: an empty or oversized request is refused as a whole. */
export function intakeItems(body: unknown, name: string): unknown[] {
  const items = (body as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(items) || items.length === 0) {
    throw new DomainError(400, 'request.invalid', `The body needs 1–1000 items in "${name}".`, {
      errors: [{ pointer: `/${name}`, detail: 'must be a list of 1–1000 items' }],
    });
  }
  assertIntakeSize(items.length);
  return items;
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

/** Splits items into well-formed ones and rejections that name every fault of the item. */
export function sortOut<T>(
  items: unknown[],
  check: Check,
  code: string,
  listName: string,
): { good: Indexed<T>[]; rejected: Rejection[] } {
  const good: Indexed<T>[] = [];
  const rejected: Rejection[] = [];
  items.forEach((item, index) => {
    const faults = check(item);
    const [first] = faults;
    if (first === undefined) {
      good.push({ index, item: item as T });
      return;
    }
    rejected.push({
      index,
      code,
      detail: faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; '),
      pointer: `/${listName}/${index}${first.pointer}`,
    });
  });
  return { good, rejected };
}

/** Answers leave in the order of the request, whatever order the faults were found in. */
export function intakeAnswer(
  accepted: number,
  duplicates: number,
  rejected: Rejection[],
): IntakeAnswer {
  return { accepted, duplicates, rejected: [...rejected].sort((a, b) => a.index - b.index) };
}

export const IntakeAnswerSchema = Type.Object({
  accepted: Type.Integer({ description: 'New items, durable in PostgreSQL.' }),
  duplicates: Type.Integer({ description: 'Items known already; they changed nothing.' }),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer(),
      code: Type.String({ examples: ['metrics.unknown_ad'] }),
      detail: Type.String(),
      pointer: Type.Optional(Type.String({ examples: ['/snapshots/3/clicks'] })),
    }),
  ),
});

/** The body schema of a bulk endpoint, for the OpenAPI document. */
export function intakeBody(lists: Record<string, TSchema>, others: Record<string, TSchema> = {}) {
  return Type.Object({
    account_id: Type.Optional(
      Type.String({ description: 'Admin callers name the account; a key implies its own.' }),
    ),
    ...Object.fromEntries(
      Object.entries(lists).map(([name, item]) => [
        name,
        Type.Array(item, { minItems: 1, maxItems: INTAKE_ITEMS_MAX }),
      ]),
    ),
    ...others,
  });
}
