// The door of a bulk endpoint: how many items, which fields, and that no item ever spoils another.
// What makes an item good is its room's business.
import { Logger, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { isContentError } from '../database/unavailable.js';
import { DomainError } from '../errors.js';
import { DocumentedBody, invalidInput } from './input.js';
import {
  INTAKE_ITEMS_MAX,
  assertIntakeSize,
  intakeBody,
  type IntakeAnswer,
  type IntakeWarning,
  type Rejection,
} from './intake.js';
import {
  NAMED_ACCOUNT,
  Type,
  compileCheck,
  unknownFaults,
  unknownFields,
  type Check,
  type TObject,
  type TSchema,
} from './schema.js';
import { Unholdable } from './unholdable.js';

export type IntakeLists = Record<string, unknown[]>;

/** What the reader of bodies is told of a route. */
export interface BulkRoute {
  itemLists: readonly string[];
}

export interface BulkIntakeOptions<A extends IntakeAnswer> {
  /** The schema of the items of each list. */
  lists: Record<string, TObject>;
  /** The code of an item that made its room throw, e.g. `events.invalid`. */
  code: string;
  /** What else the body may hold. */
  others?: Record<string, TSchema>;
  /** What the query may hold beside the account. */
  query?: Record<string, TSchema>;
  /** Unknown fields are left to the room, which rejects such items. */
  rejectsUnknown?: boolean;
  /** One answer for two halves of a request; the counts and lists are added already. */
  join?: (first: A, second: A) => Partial<A>;
}

/** Warnings of one answer: a hostile body must not become a hostile answer. */
const WARNINGS_MAX = 1000;

type Place = readonly [list: string, index: number];

export class BulkIntake<A extends IntakeAnswer = IntakeAnswer> {
  readonly schema: TObject;
  private readonly checkOthers: Check;
  private readonly checkQuery: Check;

  constructor(private readonly options: BulkIntakeOptions<A>) {
    this.schema = intakeBody(options.lists, options.others);
    const query = Type.Object({ account_id: NAMED_ACCOUNT, ...options.query });
    this.checkQuery = compileCheck(query, { source: 'query', unknown: 'refused' });
    this.checkOthers = compileCheck(Type.Object({ account_id: NAMED_ACCOUNT, ...options.others }));
  }

  /**
   * On the handler: shows the body in the OpenAPI document, and lets items that cannot be held come
   * as far as `take`, which rejects them.
   */
  route(example: unknown): MethodDecorator {
    const route: BulkRoute = { itemLists: Object.keys(this.options.lists) };
    return applyDecorators(DocumentedBody(this.schema, example), RouteConfig(route));
  }

  /**
   * The lists of a body.
   * @throws DomainError 400 without items and for fields that body or query do not have, 413.
   */
  read(body: unknown, query: unknown): IntakeLists {
    const names = Object.keys(this.options.lists);
    const given = (typeof body === 'object' && body !== null ? body : {}) as Record<
      string,
      unknown
    >;
    const lists = Object.fromEntries(names.map((name) => [name, given[name] ?? []]));
    const count = Object.values(lists).reduce<number>(
      (sum, list) => sum + (Array.isArray(list) ? list.length : NaN),
      0,
    );
    assertIntakeSize(count);
    const faults = [
      ...unknownFaults(this.schema, given),
      ...this.checkOthers(given),
      ...this.checkQuery({ ...(query as object) }),
    ];
    if (!(count > 0)) {
      const others = names.slice(1).map((name) => `or /${name} `);
      const detail = `${others.join('')}must be a list of 1–${INTAKE_ITEMS_MAX} items`;
      faults.unshift({ pointer: `/${names[0]}`, detail });
    }
    if (faults.length > 0) throw invalidInput(faults);
    return lists as IntakeLists;
  }

  /** What `store` answers to the items, with those rejected that it cannot hold at all. */
  async take(lists: IntakeLists, store: (lists: IntakeLists) => Promise<A>): Promise<A> {
    const places = Object.entries(lists).flatMap(([name, items]) =>
      items.map((_, index): Place => [name, index]),
    );
    const unholdable = unholdableIn(lists, places);
    // No room takes null for an item, so that each keeps its count and its places.
    const holdable = mapItems(lists, (item) => (item instanceof Unholdable ? null : item));
    const answer = await this.isolated(holdable, places, store);
    const unknown = this.options.rejectsUnknown ? [] : this.warnings(holdable);
    const warnings = [...(answer.warnings ?? []), ...unknown].slice(0, WARNINGS_MAX);
    const others = answer.rejected.filter((one) => !unholdable.has(placeOf(one)));
    const rejected = [...others, ...unholdable.values()].sort((a, b) => a.index - b.index);
    return { ...answer, rejected, ...(warnings.length > 0 ? { warnings } : {}) };
  }

  /**
   * All at once; where the content of one of them makes that fail, each half by itself. What failed
   * left nothing behind, so that nothing is stored twice.
   */
  private async isolated(
    lists: IntakeLists,
    places: readonly Place[],
    store: (lists: IntakeLists) => Promise<A>,
  ): Promise<A> {
    const part = Object.fromEntries(Object.keys(lists).map((name) => [name, [] as unknown[]]));
    for (const [name, index] of places) part[name]!.push(lists[name]![index]);
    try {
      const answer = await store(part);
      const rejected = inRequest(answer.rejected, places);
      return { ...answer, rejected, ...toldOf(inRequest(answer.warnings ?? [], places)) };
    } catch (error) {
      const [only] = places;
      if (error instanceof DomainError || !isContentError(error) || !only) throw error;
      if (places.length === 1) return this.without(only, error as Error, lists, store);
    }
    const middle = Math.ceil(places.length / 2);
    const first = await this.isolated(lists, places.slice(0, middle), store);
    const second = await this.isolated(lists, places.slice(middle), store);
    return {
      ...second,
      ...this.options.join?.(first, second),
      accepted: first.accepted + second.accepted,
      duplicates: first.duplicates + second.duplicates,
      rejected: [...first.rejected, ...second.rejected],
      ...toldOf([...(first.warnings ?? []), ...(second.warnings ?? [])]),
    };
  }

  private async without(
    [name, index]: Place,
    error: Error,
    lists: IntakeLists,
    store: (lists: IntakeLists) => Promise<A>,
  ): Promise<A> {
    // The message may hold the value, so only the place is told.
    const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
    Logger.warn(`${this.options.code}: an item threw ${error.name}${at ?? ''}`, 'BulkIntake');
    const answer = await store(Object.fromEntries(Object.keys(lists).map((list) => [list, []])));
    const detail = 'holds a value that cannot be read or stored';
    const pointer = `/${name}/${index}`;
    return { ...answer, rejected: [{ index, code: this.options.code, detail, pointer }] };
  }

  private warnings(lists: IntakeLists): IntakeWarning[] {
    const warnings: IntakeWarning[] = [];
    for (const [name, items] of Object.entries(lists)) {
      const schema = this.options.lists[name]!;
      items.forEach((item, index) => {
        if (warnings.length >= WARNINGS_MAX) return;
        for (const field of unknownFields(schema, item)) warnings.push({ index, field });
      });
    }
    return warnings;
  }
}

/** By the pointer of the item. */
function unholdableIn(lists: IntakeLists, places: readonly Place[]): Map<string, Rejection> {
  const found = new Map<string, Rejection>();
  for (const [name, index] of places) {
    const item = lists[name]![index];
    if (!(item instanceof Unholdable)) continue;
    const { pointer, detail } = item;
    found.set(`/${name}/${index}`, { index, code: 'request.unholdable', detail, pointer });
  }
  return found;
}

function placeOf({ pointer = '' }: Rejection): string {
  return pointer.split('/', 3).join('/');
}

function mapItems(lists: IntakeLists, change: (item: unknown) => unknown): IntakeLists {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.map(change)]));
}

function toldOf(warnings: IntakeWarning[]): { warnings?: IntakeWarning[] } {
  return warnings.length > 0 ? { warnings } : {};
}

/** What was told of a part, with the indexes that its items have in the request. */
function inRequest<T extends { index: number; pointer?: string }>(
  rejected: readonly T[],
  places: readonly Place[],
): T[] {
  const indexes = new Map<string, number[]>();
  for (const [name, index] of places) {
    const known = indexes.get(name);
    if (known) known.push(index);
    else indexes.set(name, [index]);
  }
  return rejected.map((rejection) => {
    const named = rejection.pointer?.split('/', 2)[1] ?? '';
    const list = indexes.has(named) ? named : [...indexes.keys()][0]!;
    const index = indexes.get(list)?.[rejection.index] ?? rejection.index;
    const old = `/${list}/${rejection.index}`;
    const { pointer } = rejection;
    if (pointer === undefined || !(pointer === old || pointer.startsWith(`${old}/`))) {
      return { ...rejection, index };
    }
    return { ...rejection, index, pointer: `/${list}/${index}${pointer.slice(old.length)}` };
  });
}
