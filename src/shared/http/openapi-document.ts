// What every operation of the document has in common and no controller says: how it is refused,
// which key it takes, and that what has a default need not be sent. Pure: a document in, one out.
import { MILLIS_PER_DAY } from '../time.js';

export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

interface Parameter {
  name: string;
  required?: boolean;
  example?: unknown;
}

interface Operation {
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content?: Record<string, unknown> };
  responses: Record<string, { description?: string }>;
}

/** Operations of a guest's protocol are refused in its own form. */
export interface GuestErrors {
  /** As the document writes it: `/{version}/{pixel_id}/events`. */
  path: string;
  schema: object;
}

/** The security requirement of what needs no key. */
export const NO_KEY = 'none';

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457; every fault of the input is named at once.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', examples: ['urn:loopgain:problem:request.invalid'] },
    title: { type: 'string', examples: ['Invalid request'] },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'The path, without what may be of a person.' },
    code: { type: 'string', pattern: '^[a-z_]+(\\.[a-z_]+)+$', examples: ['request.invalid'] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'RFC 6901, into body or query.' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Malformed or invalid; `errors` names every fault',
  401: 'No key, or one that is not valid',
  403: 'A key that may not do this, or another account is named',
  404: 'Not found (in this account)',
  408: 'The body did not arrive in time',
  409: 'In conflict with what is stored or under way',
  413: 'Too large: 5 MiB and 1,000 items are the bounds of a request',
  415: 'Another content type, or an encoded body',
  422: 'Understood, and refused by a rule',
  429: 'Too many requests; `Retry-After` says how long to wait',
  503: 'Not available just now; `Retry-After` says how long to wait',
};

const PARAMETER_EXAMPLES: Readonly<Record<string, string>> = {
  account_id: 'acme',
  confirm: 'Acme Shoes',
  ad_id: '23842000000000001',
  decision_id: 'dec_8wq2xV3lq0aR',
  event_id: 'order-1001',
  file: 'page.js',
  id: 'chg_0m8x3k2q9w1e',
  key_id: 'key_3vQm',
  name: 'metrics',
  pixel_id: '1234567890',
  version: 'v25.0',
};

export function completeDocument<T extends OpenApiDocument>(
  document: T,
  guests: readonly GuestErrors[],
  now: Date,
): T {
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => {
      const guest = guests.find((one) => one.path === path);
      const completed = Object.entries(operations).map(([method, operation]) => [
        method,
        completeOperation(method, operation, guest),
      ]);
      return [path, Object.fromEntries(completed)];
    }),
  );
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA };
  const shift = wholeDays(now.getTime() - EXAMPLE_DAY.getTime()) - MILLIS_PER_DAY;
  return {
    ...document,
    paths: moved(paths, shift) as T['paths'],
    components: { ...document.components, schemas },
  };
}

function completeOperation(
  method: string,
  operation: Operation,
  guest: GuestErrors | undefined,
): Operation {
  const isPublic = (operation.security ?? []).some((requirement) => NO_KEY in requirement);
  const statuses = refusalsOf(method, operation, isPublic && !guest);
  const type = guest ? 'application/json' : 'application/problem+json';
  const schema = guest ? guest.schema : { $ref: '#/components/schemas/Problem' };
  const refusals = statuses.map((status) => [
    String(status),
    { description: REFUSALS[status], content: { [type]: { schema } } },
  ]);
  return {
    ...operation,
    ...(isPublic && !guest ? { security: [] } : {}),
    ...(isPublic && guest ? { security: [{ bearer: [] }] } : {}),
    ...(operation.parameters ? { parameters: operation.parameters.map(withExample) } : {}),
    responses: { ...Object.fromEntries(refusals), ...described(operation.responses) },
  };
}

function described(responses: Operation['responses']): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      { ...response, description: response.description || 'Done' },
    ]),
  );
}

function refusalsOf(method: string, operation: Operation, isPublic: boolean): number[] {
  const isReading = method === 'get';
  return [
    ...[400, 503],
    ...(isPublic ? [404] : [401, 403, 404, 429]),
    ...(isReading || isPublic ? [] : [409, 422]),
    ...(operation.requestBody ? [408, 413, 415] : []),
  ];
}

function withExample<T extends Parameter>(parameter: T): T {
  const example = parameter.example ?? PARAMETER_EXAMPLES[parameter.name];
  return parameter.required && example !== undefined ? { ...parameter, example } : parameter;
}

/** The day of which all examples are written. */
const EXAMPLE_DAY = new Date('2026-11-22T00:00:00Z');
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function wholeDays(millis: number): number {
  return Math.floor(millis / MILLIS_PER_DAY) * MILLIS_PER_DAY;
}

/** Times of examples, moved so that theirs is yesterday: events of long ago would be refused. */
function moved(node: unknown, shift: number, name = ''): unknown {
  if (Array.isArray(node)) return node.map((one) => moved(one, shift));
  if (typeof node === 'object' && node !== null) {
    const parts = Object.entries(node).map(([key, part]) => [key, moved(part, shift, key)]);
    return Object.fromEntries(parts);
  }
  if (name === 'event_time' && typeof node === 'number') return node + shift / 1000;
  if (typeof node !== 'string' || !(INSTANT.test(node) || DAY.test(node))) return node;
  const text = new Date(Date.parse(node) + shift).toISOString();
  if (DAY.test(node)) return text.slice(0, 10);
  return node.includes('.') ? text : text.replace('.000Z', 'Z');
}
