// The API document: valid by a validator that is not ours, complete, and true. Every example in it
// is sent, with the key that it is meant for, and every answer is held against its schema.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { TEST_ADMIN_TOKEN, startTestServer, type TestServer } from './harness/server.js';

interface Schema {
  [keyword: string]: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
}
interface Media {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Operation {
  summary?: string;
  security?: Record<string, string[]>[];
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    example?: unknown;
    schema: Schema;
  }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  openapi: string;
  servers: { url: string }[];
  security: Record<string, string[]>[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> };
}
interface Named {
  name: string;
  method: string;
  path: string;
  operation: Operation;
}

let server: TestServer;
let document: Document;
let operations: Named[];
let ajv: Ajv2020;

beforeAll(async () => {
  server = await startTestServer({ env: { META_PIXEL_ID: '1234567890' } });
  document = (await server.as<Document>(null, 'GET', '/docs-json')).body;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, operation },
    })),
  );
  ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'https://document/', components: document.components });
});
afterAll(() => server.close());

/** With references into the document resolved. */
function compile(schema: Schema) {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"https://document/#/components');
  return ajv.compile(JSON.parse(text) as Schema);
}

const needsKey = ({ operation }: Named) => operation.security?.length !== 0;
const jsonOf = (contents: Record<string, Media> | undefined): [string, Media][] =>
  Object.entries(contents ?? {}).filter(([type]) => type.endsWith('json'));
const examplesOf = ({ example, examples = {} }: Media): unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples).map(({ value }) => value),
];
/** Every schema with its place, the parts of each included. */
function schemasIn(place: string, node: unknown): [string, Schema][] {
  if (typeof node !== 'object' || node === null) return [];
  const parts = Object.entries(node).flatMap(([name, part]) =>
    name === 'example' || name === 'examples' ? [] : schemasIn(`${place}/${name}`, part),
  );
  return [[place, node as Schema], ...parts];
}

describe('the API document', () => {
  it('is valid OpenAPI 3.1, by a validator and by its own dialect of JSON Schema', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect([document.openapi, errors, valid]).toEqual(['3.1.0', undefined, true]);
    expect(document.servers.map(({ url }) => url)).toEqual(['/']);
    for (const scheme of Object.values(document.components.securitySchemes)) {
      expect(scheme).toMatchObject({ type: 'http', scheme: 'bearer', bearerFormat: 'opaque' });
    }
    for (const { operation } of operations) {
      const media = [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) =>
        Object.values(one?.content ?? {}),
      );
      for (const { schema } of media) compile(schema);
    }
  });

  it('never says what only 3.0 knew, and requires nothing that has a default', () => {
    const schemas = schemasIn('', document.paths);
    expect(schemas.filter(([, schema]) => 'nullable' in schema).map(([place]) => place)).toEqual(
      [],
    );
    const demanding = schemas.filter(([, { required, properties }]) =>
      Array.isArray(required)
        ? required.some((name) => 'default' in (properties?.[name] ?? {}))
        : false,
    );
    expect(demanding.map(([place]) => place)).toEqual([]);
    const parameters = operations.flatMap(({ operation }) => operation.parameters ?? []);
    const asked = parameters.filter(({ required, schema }) => required && 'default' in schema);
    expect(asked).toEqual([]);
  });

  it('describes every answer, every refusal, and which key each operation takes', () => {
    for (const named of operations) {
      const { name, method, operation } = named;
      const statuses = Object.keys(operation.responses);
      expect([name, statuses.some((status) => status.startsWith('2'))]).toEqual([name, true]);
      const expected = [
        ...['400', '503'],
        ...(needsKey(named) ? ['401', '403', '429'] : []),
        ...(operation.requestBody ? ['408', '413', '415'] : []),
        ...(method === 'GET' || !needsKey(named) ? [] : ['409', '422']),
      ];
      expect([name, expected.filter((status) => !statuses.includes(status))]).toEqual([name, []]);
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect([name, status, description.length > 0]).toEqual([name, status, true]);
        if (Number(status) < 400) continue;
        expect([name, status, jsonOf(content).length]).toEqual([name, status, 1]);
      }
    }
    const open = operations.filter((named) => !needsKey(named)).map(({ name }) => name);
    expect(open.sort()).toEqual([
      ...['GET /', 'GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /page/{file}'],
    ]);
    const admin = operations.filter(({ operation }) => 'admin' in (operation.security?.[0] ?? {}));
    expect(admin.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['POST /v1/accounts', 'GET /admin/jobs', 'POST /admin/sandbox']),
    );
  });

  it('shows examples that obey their own schemas', () => {
    const broken = operations.flatMap(({ name, operation }) =>
      [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) =>
        jsonOf(one?.content).flatMap(([, media]) => {
          const check = compile(media.schema);
          return examplesOf(media).flatMap((example) =>
            check(example) ? [] : [{ name, example, errors: check.errors }],
          );
        }),
      ),
    );
    expect(broken).toEqual([]);
  });

  it('names the values of fields that have few', () => {
    const few = ['status', 'conversion_source', 'change_type', 'trigger', 'action'];
    const answers = operations.flatMap(({ name, operation }) =>
      Object.entries(operation.responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([, { content }]) =>
          jsonOf(content).flatMap(([, media]) => schemasIn(name, media.schema)),
        ),
    );
    const vague = answers.flatMap(([place, { properties = {} }]) =>
      few.flatMap((field) => {
        const schema = properties[field];
        return schema && typeof schema === 'object' && !('enum' in schema)
          ? [`${place} ${field}`]
          : [];
      }),
    );
    expect(vague).toEqual([]);
  });
});

describe('every example of the document', () => {
  /** Names of the document's paths → what stands under them by then. */
  const ids: Record<string, string> = {
    ...{
      account_id: 'acme',
      confirm: 'Acme Shoes',
      ad_id: '23842000000000001',
      event_id: 'order-1001',
    },
    ...{ file: 'page.js', name: 'allocate', pixel_id: '1234567890', version: 'v25.0' },
  };
  let accountKey = '';

  /** The operations in an order in which each finds what it needs. */
  const FIRST = ['POST /v1/accounts', 'PUT /v1/ads', 'POST /admin/sandbox'];
  const LAST = ['/keys/{key_id}', 'DELETE /v1/accounts/{account_id}'];
  const rank = ({ name }: Named) =>
    FIRST.includes(name) ? FIRST.indexOf(name) : LAST.some((end) => name.endsWith(end)) ? 9 : 5;

  /** Of a thing that need not be in the state that the operation wants. */
  const NOT_NOW = [404, 409, 422];

  async function send({ method, path, operation }: Named, type: string, body: unknown) {
    const parameters = operation.parameters ?? [];
    const inPath = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(
        name === 'account_id' && path.includes('sandbox') ? 'playground' : (ids[name] ?? name),
      ),
    );
    const query = new URLSearchParams();
    for (const { name, in: place, required } of parameters) {
      if (place === 'query' && required) query.set(name, ids[name] ?? '');
    }
    const isAdmin = 'admin' in (operation.security?.[0] ?? {});
    const headers = {
      authorization: `Bearer ${isAdmin ? TEST_ADMIN_TOKEN : accountKey}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    };
    const sent = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await fetch(`${server.url}${inPath}?${query}`, {
      ...{ method, headers },
      ...(body === undefined ? {} : { body: sent }),
    });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.includes('json');
    return {
      status: reply.status,
      body: (isJson ? JSON.parse(text) : text) as Record<string, unknown>,
    };
  }

  /** Ids that later operations ask for. */
  function remember({ name }: Named, body: Record<string, unknown>): void {
    if (name === 'POST /v1/accounts') accountKey = String(body['api_key']);
    if (name === 'POST /v1/sampling/allocate') ids['decision_id'] = String(body['decision_id']);
    if (name === 'POST /v1/execution/changes') ids['id'] = String((body['ids'] as string[])[0]);
    if (name.endsWith('/keys')) ids['key_id'] = String(body['key_id']);
  }

  /** The evaluation of the past wants a past. */
  async function decideBefore(): Promise<void> {
    const as_of = new Date(Date.now() - 5 * 86_400_000).toISOString();
    const asked = { total_budget: 50, as_of };
    const { status } = await server.as(accountKey, 'POST', '/v1/sampling/allocate', asked);
    expect(status).toBe(200);
  }

  it('works as written, and what is answered is what is documented', async () => {
    const faults: unknown[] = [];
    for (const named of [...operations].sort((a, b) => rank(a) - rank(b))) {
      const { name, operation } = named;
      const bodies = Object.entries(operation.requestBody?.content ?? { none: { schema: {} } });
      for (const [type, media] of bodies.filter(([one]) => !/form/.test(one))) {
        const examples = type === 'none' ? [undefined] : examplesOf(media);
        if (examples.length === 0) faults.push([name, 'no example', type]);
        for (const example of examples) {
          const isOfMeta =
            typeof example === 'object' && example !== null && 'access_token' in example;
          const body = isOfMeta ? { ...example, access_token: accountKey } : example;
          const { status, body: answer } = await send(named, type, body);
          remember(named, answer);
          if (name === 'PUT /v1/ads') await decideBefore();
          const documented = operation.responses[String(status)];
          const works = status < 300 || (example === undefined && NOT_NOW.includes(status));
          if (!works || !documented) faults.push([name, status, answer]);
          for (const [, { schema }] of jsonOf(documented?.content)) {
            const check = compile(schema);
            if (!check(answer)) faults.push([name, status, check.errors?.slice(0, 3)]);
          }
        }
      }
    }
    expect(faults).toEqual([]);
  }, 120_000);
});
