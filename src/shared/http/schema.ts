// Input shapes are written once, as TypeBox schemas: Ajv compiles them for validation, the OpenAPI
// document shows them, TypeScript infers their types. Every fault is named at once, by pointer.
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { InputFault } from '../errors.js';
import { isKnownCurrency } from '../money.js';
import { withoutPersonalData } from '../personal-data.js';
import { ID_CHARACTERS_MAX, PRINTABLE_PATTERN } from '../plain-text.js';
import { isCalendarDay, isTimezone, parseInstant } from '../time.js';

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

/** Compiles a check of a JSON body (types as written) or of a query (strings are coerced). */
export function compileCheck(schema: TSchema, source: 'body' | 'query' = 'body'): Check {
  // Compiled at first use: all shapes at once would take a good part of the start.
  let compiled: ValidateFunction | undefined;
  return (value) => {
    compiled ??= (source === 'body' ? bodies : queries).compile(schema);
    return compiled(value) ? [] : toFaults(compiled.errors ?? []);
  };
}

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
  const at = withoutPersonalData(error.instancePath);
  switch (error.keyword) {
    case 'required': {
      const name = String(error.params['missingProperty']);
      return { pointer: `${at}/${escapePointer(name)}`, detail: 'is required' };
    }
    case 'additionalProperties': {
      const name = withoutPersonalData(String(error.params['additionalProperty']).slice(0, 128));
      return { pointer: `${at}/${escapePointer(name)}`, detail: 'is not a field of this' };
    }
    case 'enum':
      return { pointer: at, detail: `must be one of ${listOf(error.params['allowedValues'])}` };
    case 'format':
      return {
        pointer: at,
        detail: FORMAT_DETAILS[String(error.params['format'])] ?? 'is invalid',
      };
    case 'additionalProperties': {
      const name = withoutPersonalData(String(error.params['additionalProperty']));
      return { pointer: `${at}/${escapePointer(name)}`, detail: 'is not known here' };
    }
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

/** RFC 6901 escaping of one reference token. */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
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

export { Type, type Static, type TSchema };
