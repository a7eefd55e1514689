// What every operation of the document has in common and no controller says: how it is refused,
// which key it takes, and that what has a default need not be sent. Pure: a document in, one out.

export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

interface Operation {
  security?: Record<string, string[]>[];
  parameters?: { in: string; name: string; example?: unknown }[];
  requestBody?: { content?: Record<string, unknown> };
  responses: Record<string, unknown>;
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
  404: 'There is no such thing (of this account)',
  408: 'The body did not arrive in time',
  409: 'In conflict with what is stored or under way',
  413: 'Too large: 5 MiB and 1,000 items are the bounds of a request',
  415: 'Another content type, or an encoded body',
  422: 'Understood, and refused by a rule',
  429: 'Too many requests; `Retry-After` says how long to wait',
  503: 'Not available just now; `Retry-After` says how long to wait',
};

const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  account_id: 'acme',
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
  return { ...document, paths, components: { ...document.components, schemas } };
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
    responses: { ...Object.fromEntries(refusals), ...operation.responses },
  };
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

function withExample<T extends { in: string; name: string; example?: unknown }>(parameter: T): T {
  const example = parameter.example ?? PATH_EXAMPLES[parameter.name];
  return parameter.in === 'path' && example !== undefined ? { ...parameter, example } : parameter;
}
