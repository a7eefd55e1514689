// Input shapes are written once, as TypeBox schemas: Ajv compiles them for validation, the OpenAPI
// document shows them, TypeScript infers their types. Every fault is named at once, by pointer.
import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { InputFault } from '../errors.js';
import { isKnownCurrency } from '../money.js';
import { withoutPersonalData } from '../personal-data.js';
import { ID_CHARACTERS_MAX, PRINTABLE_PATTERN } from '../plain-text.js';
import { isCalendarDay, isTimezone, parseInstant } from '../time.js';
import { escapePointer } from './problem.js';

/** More faults than this are cut: a hostile body must not become a hostile answer. */
const FAULTS_MAX = 200;

const bodies = withFormats(new Ajv({ allErrors: true, strict: false, useDefaults: true }));
const queries = withFormats(
  new Ajv({ allErrors: true, strict: false, useDefaults: true, coerceTypes: true }),
);

function withFormats(ajv: Ajv): Ajv {
  ajv.addFormat('date-time', { type: 'string', validate: (text) => parseInstant(text) !== null });
  ajv.addFormat('date', { type: 'string', validate: isCalendarDay });
  ajv.addFormat('currency', { type: 'string', validate: isKnownCurrency });
  ajv.addFormat('timezone', { type: 'string', validate: isTimezone });
  return ajv;
}

export type Check = (value: unknown) => InputFault[];

export interface CheckOptions {
  /** A query's texts are coerced; a body's types are as written. */
  source?: 'body' | 'query';
  /** Fields that the schema does not name, at any depth of objects whose fields it names. */
  unknown?: 'ignored' | 'refused';
}

export function compileCheck(schema: TSchema, options: CheckOptions = {}): Check {
  const { source = 'body', unknown = 'ignored' } = options;
  // Compiled at first use: all shapes at once would take a good part of the start.
  let compiled: ValidateFunction | undefined;
  return (value) => {
    const shape = unknown === 'refused' ? closed(schema) : schema;
    compiled ??= (source === 'body' ? bodies : queries).compile(shape);
    const unread = source === 'query' ? numberFaults(schema, value) : [];
    return compiled(value) ? unread : [...unread, ...toFaults(compiled.errors ?? [])];
  };
}

/** Texts that a cast would take for numbers and nobody writes on purpose: `1e2`, `0x10`, ` 5`. */
function numberFaults(schema: TSchema, value: unknown): InputFault[] {
  const { properties = {} } = schema as Partial<TObject>;
  return Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([name, text]) => {
    const plain = PLAIN_NUMBERS[String(Object.hasOwn(properties, name) && properties[name]?.type)];
    if (!plain || typeof text !== 'string' || plain.test(text)) return [];
    // What is no number at all is named by the schema.
    if (text.trim() === '' || Number.isNaN(Number(text))) return [];
    return [{ pointer: `/${escapePointer(name)}`, detail: 'must be written in plain digits' }];
  });
}

const PLAIN_NUMBERS: Readonly<Record<string, RegExp>> = {
  integer: /^-?\d+$/,
  number: /^-?\d+(?:\.\d+)?$/,
};

/** The same schema, which takes no field that it does not name. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map((part: unknown) => closed(part)) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const node = Object.fromEntries(
    Object.entries(schema).map(([name, part]) => [name, closed<unknown>(part)]),
  );
  const isOpen =
    node['type'] === 'object' && 'properties' in node && !('patternProperties' in node);
  return (isOpen ? { additionalProperties: false, ...node } : node) as T;
}

/** Names in the value that the schema does not have, as far as they may be told. */
export function unknownFields(schema: TObject, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const unknown: string[] = [];
  for (const name in value) {
    if (Object.hasOwn(schema.properties, name)) continue;
    unknown.push(withoutPersonalData(name.slice(0, NAME_CHARACTERS_MAX)));
    if (unknown.length === UNKNOWN_MAX) break;
  }
  return unknown;
}

export function unknownFaults(schema: TObject, value: unknown): InputFault[] {
  return unknownFields(schema, value).map((name) => ({
    ...{ pointer: `/${escapePointer(name)}`, detail: UNKNOWN_FIELD },
  }));
}

const UNKNOWN_FIELD = 'is not a field of this';
/** Of one object; a hundred typos are no typos. */
const UNKNOWN_MAX = 20;
const NAME_CHARACTERS_MAX = 128;
/** Names in a pointer are the caller's and may be of any length. */
const POINTER_CHARACTERS_MAX = 1000;

function toFaults(errors: ErrorObject[]): InputFault[] {
  const seen = new Map<string, InputFault>();
  for (const error of errors) {
    // "X or null": what is wrong with X says it all, neither the null nor the union adds anything.
    if (error.keyword === 'anyOf' || error.params['type'] === 'null') continue;
    const fault = toFault(error);
    const key = `${fault.pointer} ${fault.detail}`;
    if (!seen.has(key)) seen.set(key, fault);
    if (seen.size >= FAULTS_MAX) break;
  }
  return [...seen.values()];
}

function toFault(error: ErrorObject): InputFault {
  // Names of fields are the caller's, and may be somebody's address.
  const at = withoutPersonalData(error.instancePath.slice(0, POINTER_CHARACTERS_MAX));
  switch (error.keyword) {
    case 'required': {
      const name = String(error.params['missingProperty']);
      return { pointer: `${at}/${escapePointer(name)}`, detail: 'is required' };
    }
    case 'additionalProperties': {
      const name = String(error.params['additionalProperty']).slice(0, NAME_CHARACTERS_MAX);
      return {
        pointer: `${at}/${escapePointer(withoutPersonalData(name))}`,
        detail: UNKNOWN_FIELD,
      };
    }
    case 'enum':
      return { pointer: at, detail: `must be one of ${listOf(error.params['allowedValues'])}` };
    case 'format':
      return {
        pointer: at,
        detail: FORMAT_DETAILS[String(error.params['format'])] ?? 'is invalid',
      };
    case 'pattern':
      return { pointer: at, detail: 'has characters that are not allowed here' };
    default:
      return { pointer: at, detail: error.message ?? 'is invalid' };
  }
}

const FORMAT_DETAILS: Readonly<Record<string, string>> = {
  'date-time': 'must be an ISO 8601 time with zone, e.g. 2026-11-22T08:00:00Z',
  date: 'must be a calendar date, e.g. 2026-11-22',
  currency: "is not in Meta's currency table",
  timezone: 'is not an IANA timezone, e.g. Europe/Berlin',
};

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => String(value)).join(', ') : '';
}

// The vocabulary of the contract, shared by all rooms.
export const Id = (description: string, example?: string) =>
  Type.String({
    minLength: 1,
    maxLength: ID_CHARACTERS_MAX,
    pattern: PRINTABLE_PATTERN,
    description,
    ...(example === undefined ? {} : { examples: [example] }),
  });
/** An id that stands in a path: there `.` and `..` mean another place. */
export const PathId = (description: string, example?: string) => ({
  ...Id(description, example),
  pattern: PRINTABLE_PATTERN.replace('^', '^(?!\\.{1,2}$)'),
});
/** In body or query of every request; whether it may be that one is asked elsewhere. */
export const NAMED_ACCOUNT = Type.Optional(
  Id('Admin callers name the account; a key implies its own.'),
);
export const Text = (maxLength: number, description?: string) =>
  Type.String({ maxLength, ...(description === undefined ? {} : { description }) });
/** What people call something; shown to others. */
export const Name = (maxLength: number, description?: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: PRINTABLE_PATTERN,
    ...(description === undefined ? {} : { description }),
  });
export const Instant = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-22T08:00:00Z'] });
export const CalendarDate = (description: string) =>
  Type.String({ format: 'date', description, examples: ['2026-11-22'] });
export const Count = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, description });
/** Major units; converted to integer minor units at the door. */
export const Money = (description: string) =>
  Type.Number({ minimum: 0, maximum: 1_000_000_000_000, description });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const OneOf = <T extends string>(values: readonly T[], description?: string) =>
  Type.Unsafe<T>({
    type: 'string',
    enum: [...values],
    ...(description === undefined ? {} : { description }),
  });

export { Type, type Static, type TObject, type TSchema };
