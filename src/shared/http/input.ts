// How a controller takes its input: a pipe per schema, and the matching line in the OpenAPI
// document.
import { Body, Injectable, Query, applyDecorators, type PipeTransform } from '@nestjs/common';
import { ApiBody, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { TObject, TSchema } from '@sinclair/typebox';
import { DomainError, type InputFault } from '../errors.js';
import { BODY_BOUNDS, boundFaults } from './bounds.js';
import { inputSchema, schemaOfExample } from './openapi-schema.js';
import { NAMED_ACCOUNT, compileCheck, type Check } from './schema.js';

@Injectable()
class SchemaPipe implements PipeTransform {
  private readonly check: Check;

  constructor(
    schema: TSchema,
    private readonly source: 'body' | 'query',
  ) {
    this.check = compileCheck(naming(schema), { source, unknown: 'refused' });
  }

  transform(value: unknown): unknown {
    // No body is an empty one: what is required is then named as missing.
    const input = this.source === 'query' ? { ...(value as object) } : (value ?? {});
    const faults = boundFaults(input, BODY_BOUNDS);
    if (faults.length === 0) faults.push(...this.check(input));
    if (faults.length > 0) throw invalidInput(faults);
    return input;
  }
}

function naming(schema: TSchema): TSchema {
  const { properties } = schema as Partial<TObject>;
  if (properties === undefined || 'account_id' in properties) return schema;
  return { ...schema, properties: { ...properties, account_id: NAMED_ACCOUNT } } as TSchema;
}

/** 400 that names every fault. */
export function invalidInput(faults: InputFault[]): DomainError {
  const named = faults
    .slice(0, 5)
    .map(({ pointer, detail }) => `${pointer || '/'} ${detail}`)
    .join('; ');
  const more = faults.length > 5 ? ` (and ${faults.length - 5} more)` : '';
  return new DomainError(400, 'request.invalid', `${named}${more}.`, { errors: faults });
}

/** Checks a body as `ValidBody` does, where more is to be checked beside it. */
export function bodyReader<T>(schema: TSchema): (body: unknown) => T {
  const pipe = new SchemaPipe(schema, 'body');
  return (body) => pipe.transform(body) as T;
}

export const ValidBody = (schema: TSchema) => plainly(Body(new SchemaPipe(schema, 'body')));
export const ValidQuery = (schema: TSchema) => plainly(Query(new SchemaPipe(schema, 'query')));

/**
 * A schema and its type share one name, so the compiler records the schema as the parameter's
 * class; the OpenAPI builder would take it for one. The parameter is a plain object.
 */
function plainly(decorate: ParameterDecorator): ParameterDecorator {
  return (target, key, index) => {
    const types = (
      key === undefined ? undefined : Reflect.getMetadata('design:paramtypes', target, key)
    ) as unknown[] | undefined;
    if (types) types[index] = Object;
    decorate(target, key, index);
  };
}

/** Shows a body schema, with an example that works as written, in the OpenAPI document. */
export function DocumentedBody(schema: TSchema, example: unknown) {
  return ApiBody({ schema: openApiSchema(schema), examples: { example: { value: example } } });
}

/** Shows each field of a query schema in the OpenAPI document. */
export function DocumentedQuery(schema: TObject) {
  const required = new Set(schema.required ?? []);
  return applyDecorators(
    ...Object.entries(schema.properties).map(([name, property]) =>
      ApiQuery({
        name,
        required: required.has(name) && property['default'] === undefined,
        schema: openApiSchema(property),
        description: property.description ?? name,
      }),
    ),
  );
}

/** Shows one kind of answer, with an example. */
export function DocumentedAnswer(status: number, description: string, example: unknown) {
  const schema = schemaOfExample(example) as OpenApiSchema;
  return ApiResponse({
    status,
    description,
    content: { 'application/json': { schema, example } },
  });
}

type OpenApiSchema = NonNullable<
  Parameters<typeof ApiBody>[0] extends infer O
    ? O extends { schema: infer S }
      ? S
      : never
    : never
>;

function openApiSchema(schema: TSchema): OpenApiSchema {
  return inputSchema(JSON.parse(JSON.stringify(schema))) as OpenApiSchema;
}
