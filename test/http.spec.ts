import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type Reply, type TestServer } from './harness/server.js';

let server: TestServer;
let acme: TestAccount;
let other: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  acme = await createAccount(server, 'acme');
  other = await createAccount(server, 'other');
});

afterAll(() => server.close());

async function raw(path: string, init: RequestInit): Promise<Response> {
  return fetch(`${server.url}${path}`, init);
}

describe('errors', () => {
  it('are problem documents with a stable code, without stack or query', async () => {
    const reply = await raw('/v1/nothing?access_token=secret', {
      headers: { authorization: `Bearer ${acme.key}` },
    });
    expect(reply.status).toBe(404);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await reply.json()).toEqual({
      type: 'urn:loopgain:problem:request.not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no such endpoint.',
      instance: '/v1/nothing',
      code: 'request.not_found',
    });
  });

  it('name every fault of a body by pointer', async () => {
    const reply = await server.admin('POST', '/v1/accounts', {
      account_id: '',
      name: 7,
      currency: 'usd',
      settings: { half_life_days: { ctr: -1 } },
    });
    expect(reply.status).toBe(400);
    const errors = reply.body['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/account_id',
      '/currency',
      '/name',
      '/settings/half_life_days/ctr',
    ]);
  });

  it.each([
    ['malformed JSON', '{"account_id": ', 'application/json', 400],
    ['half a character', '{"account_id": "a\\ud83d"}', 'application/json', 400],
    ['the character U+0000', '{"account_id": "a\\u0000b"}', 'application/json', 400],
    ['another content type', 'a=1', 'application/x-www-form-urlencoded', 415],
    ['a body over 5 MiB', `{"name": "${'x'.repeat(5 * 1024 * 1024)}"}`, 'application/json', 413],
  ])('refuse %s', async (_name, body, type, status) => {
    const reply = await raw('/v1/accounts', {
      method: 'POST',
      headers: {
        authorization: `Bearer test-admin-token-0123456789abcdefghijkl`,
        'content-type': type,
      },
      body,
    });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it.each(['/v1/ads/%00', '/v1/accounts/%ZZ', '/v1/ads?account_id=a%00b'])(
    'refuse the address %s',
    async (path) => {
      const reply = await server.admin('GET', path);
      expect([reply.status, reply.body['code']]).toEqual([400, 'request.invalid']);
    },
  );
});

describe('the second look', () => {
  const pointersOf = ({ body }: Reply) =>
    (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort();

  it('names its faults with those of the first: of a plan', async () => {
    const scope = { scope_id: 's', campaign_ids: ['c'], mode: 'live' };
    const reply = await server.admin('PUT', '/v1/accounts/acme/plan', {
      scopes: [
        { ...scope, daily_budget: 50.001, policy: 'best' },
        { ...scope, scope_id: 't', monthly_budget: 'much', target: 3, mode: 'loud' },
        { ...scope, daily_budget: 1, objective: 'target_roas' },
      ],
      daily_spend_ceiling: 1.001,
    });
    expect(reply.status).toBe(400);
    expect(pointersOf(reply)).toEqual([
      ...['/daily_spend_ceiling', '/scopes/0/daily_budget', '/scopes/0/policy'],
      ...['/scopes/1/campaign_ids', '/scopes/1/daily_budget', '/scopes/1/mode'],
      ...['/scopes/1/monthly_budget', '/scopes/1/target', '/scopes/2/campaign_ids'],
      ...['/scopes/2/scope_id', '/scopes/2/target'],
    ]);
  });

  it('names its faults with those of the first: of stages, ads and changes', async () => {
    const stage = { stage: 'lead', value: 1, probability: 0.5 };
    const stages = { stages: [stage, { ...stage, probability: 7 }], stagess: [] };
    const put = await server.as(acme.key, 'PUT', '/v1/attribution/stages', stages);
    expect(pointersOf(put)).toEqual(['/stages/1/probability', '/stages/1/stage', '/stagess']);
    const ads = [
      adInput('x', { status: 'on', daily_budget: 50.001, min_budget: 9, max_budget: 8 }),
    ];
    const [ad] = (await server.as(acme.key, 'PUT', '/v1/ads', { ads })).body['rejected'] as {
      detail: string;
    }[];
    expect(ad?.detail).toMatch(/\/status .*\/daily_budget .*\/min_budget /);
    const change = { ad_id: 'x', change_type: 'budget', requested_value: 50.001, confidence: 7 };
    const changes = [{ idempotency_key: 'k', ...change }];
    const posted = await server.as(acme.key, 'POST', '/v1/execution/changes', { changes });
    const [refused] = posted.body['rejected'] as { detail: string }[];
    expect(refused?.detail).toMatch(/\/confidence .*\/requested_value /);
  });
});

describe('fields that nobody knows', () => {
  const pointersOf = ({ body }: Reply) =>
    (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort();

  it('are refused by pointer, at any depth, with every other fault', async () => {
    const plan = {
      scopes: [
        {
          ...{ scope_id: 's', campaign_ids: 'all', daily_budget: 100, mode: 'live' },
          locked_id: ['a'],
        },
      ],
      daily_spend_celing: 1,
      confidence_floor: 7,
    };
    const reply = await server.admin('PUT', '/v1/accounts/acme/plan', plan);
    expect([reply.status, pointersOf(reply)]).toEqual([
      ...[400, ['/confidence_floor', '/daily_spend_celing', '/scopes/0/locked_id']],
    ]);
    const settings = await server.admin('PATCH', '/v1/accounts/acme', {
      settings: { half_life_days: { ctrr: 1 }, kill_min_spent: 1 },
    });
    expect(pointersOf(settings)).toEqual([
      ...['/settings/half_life_days/ctrr', '/settings/kill_min_spent'],
    ]);
    const typo = { acount_id: 'acme' };
    expect((await server.admin('POST', '/v1/execution/pause', typo)).status).toBe(400);
    expect((await server.admin('GET', '/v1/ads?account_id=acme&campain_id=c')).status).toBe(400);
    expect((await server.admin('POST', '/admin/jobs/allocate/run', { asof: 'x' })).status).toBe(
      400,
    );
    const bulk = { days: [{}], snapshot: [] };
    expect(pointersOf(await server.as(acme.key, 'POST', '/v1/metrics', bulk))).toEqual([
      '/snapshot',
    ]);
  });

  it.each([
    ['PUT', '/v1/ads'],
    ...[
      'events',
      'clicks',
      'metrics',
      'conversions',
      'conversions/adjustments',
      'execution/changes',
    ].map((name) => ['POST', `/v1/${name}`]),
  ])('are refused in the query of bulk requests too: %s %s', async (method, path) => {
    const reply = await server.as(
      ...([acme.key, method!, `${path}?dry_run=true&as_fo=2&account_id[]=x`, {}] as const),
    );
    expect(reply.status).toBe(400);
    expect(pointersOf(reply)).toEqual(
      expect.arrayContaining(['/account_id[]', '/as_fo', '/dry_run']),
    );
  });

  it('reject an ad or a change, and are told of other items', async () => {
    const ads = [adInput('known', { daly_budget: 5, creative: { anything: 1 } }), adInput('ad-1')];
    const put = await server.as(acme.key, 'PUT', '/v1/ads', { ads });
    expect(put.body).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, code: 'ads.invalid', pointer: '/ads/0/daly_budget' }],
    });
    const change = { idempotency_key: 'k', ad_id: 'ad-1', change_type: 'budget' };
    const changes = [{ ...change, requested_value: 51, curent_value: 50 }];
    const queued = await server.as(acme.key, 'POST', '/v1/execution/changes', { changes });
    expect(queued.body).toMatchObject({
      rejected: [{ index: 0, pointer: '/changes/0/curent_value' }],
    });
    const event = { ad_id: 'ad-1', type: 'click', occurred_at: new Date().toISOString() };
    const events = [
      { ...event, event_id: 'e1' },
      { ...event, event_id: 'e2', valeu: 3, features: { mine: 1 } },
    ];
    const told = await server.as(acme.key, 'POST', '/v1/events', { events });
    expect(told.body).toMatchObject({ accepted: 2, warnings: [{ index: 1, field: 'valeu' }] });
  });
});

describe('the account of a request', () => {
  const stages = { stages: [] };
  const snapshots = { snapshots: [{}] };
  const routes: [string, string, unknown][] = [
    ['PUT', '/v1/ads', { ads: [{}] }],
    ['POST', '/v1/metrics', snapshots],
    ['POST', '/v1/events', { events: [{}] }],
    ['POST', '/v1/clicks', { clicks: [{}] }],
    ['POST', '/v1/conversions', { data: [{}] }],
    ['POST', '/v1/conversions/adjustments', { adjustments: [{}] }],
    ['POST', '/v1/conversions/replay', { status: 'dead' }],
    ['PUT', '/v1/attribution/stages', stages],
    ['POST', '/v1/sampling/allocate', { total_budget: 1 }],
    [
      ...(['POST', '/v1/sampling/evaluate'] as const),
      { policy: 'uniform', from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' },
    ],
    ['POST', '/v1/execution/changes', { changes: [{}] }],
    ['POST', '/v1/execution/resume', {}],
  ];

  it.each(routes)('is named in query or body alike: %s %s', async (method, path, body) => {
    const inQuery = await server.admin(method, `${path}?account_id=acme`, body);
    const inBody = await server.admin(method, path, { ...(body as object), account_id: 'acme' });
    expect(inQuery.status).toBeLessThan(300);
    expect(inBody.status).toBe(inQuery.status);
    const two = { ...(body as object), account_id: 'other' };
    expect((await server.admin(method, `${path}?account_id=acme`, two)).status).toBe(400);
  });

  it.each(routes)('is never another than the key’s: %s %s', async (method, path, body) => {
    for (const [query, more] of [
      ['?account_id=other', {}],
      ['', { account_id: 'other' }],
      ['?account_id=acme', { account_id: 'other' }],
      ['?account_id=acme&account_id=other', {}],
    ] as const) {
      const reply = await server.as(acme.key, method, path + query, {
        ...(body as object),
        ...more,
      });
      expect([reply.status, reply.body['code']]).toEqual([403, 'auth.other_account']);
    }
  });
});

describe('keys', () => {
  it('are needed, and wrong ones are told apart from missing ones', async () => {
    const missing = await server.as(null, 'GET', '/v1/ads');
    expect([missing.status, missing.body['code']]).toEqual([401, 'auth.required']);
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="loopgain"');
    const wrong = await server.as(`${acme.key}x`, 'GET', '/v1/ads');
    expect([wrong.status, wrong.body['code']]).toEqual([401, 'auth.invalid_key']);
  });

  it('see their own account only', async () => {
    const named = await server.as(acme.key, 'GET', '/v1/ads?account_id=other');
    expect([named.status, named.body['code']]).toEqual([403, 'auth.other_account']);
    const path = await server.as(acme.key, 'GET', `/v1/accounts/${other.accountId}`);
    expect(path.status).toBe(403);
    const own = await server.as(acme.key, 'GET', '/v1/accounts/acme');
    expect([own.status, own.body['account_id']]).toEqual([200, 'acme']);
  });

  it('do not open what is the administrator’s', async () => {
    for (const path of ['/v1/accounts', '/admin/jobs']) {
      const reply = await server.as(acme.key, 'GET', path);
      expect([reply.status, reply.body['code']]).toEqual([403, 'auth.admin_only']);
    }
  });

  it('may read only, or ingest only, by their role', async () => {
    const make = async (role: string) =>
      (await server.admin('POST', '/v1/accounts/acme/keys', { name: role, role })).body as {
        key_id: string;
        api_key: string;
      };
    const reader = await make('read');
    expect((await server.as(reader.api_key, 'GET', '/v1/ads')).status).toBe(200);
    expect((await server.as(reader.api_key, 'PUT', '/v1/ads', { ads: [] })).body['code']).toBe(
      'auth.read_only_key',
    );
    const ingester = await make('ingest');
    expect((await server.as(ingester.api_key, 'GET', '/v1/ads')).body['code']).toBe(
      'auth.ingest_only_key',
    );
    const metrics = await server.as(ingester.api_key, 'POST', '/v1/metrics', { snapshots: [{}] });
    expect(metrics.status).toBe(202);
  });

  it('stop working when they are revoked', async () => {
    const { key_id, api_key } = (await server.admin('POST', '/v1/accounts/acme/keys', {}))
      .body as Record<string, string>;
    expect((await server.as(api_key ?? '', 'GET', '/v1/ads')).status).toBe(200);
    const revoked = await fetch(`${server.url}/v1/accounts/acme/keys/${key_id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer test-admin-token-0123456789abcdefghijkl' },
    });
    expect(revoked.status).toBe(204);
    expect((await server.as(api_key ?? '', 'GET', '/v1/ads')).status).toBe(401);
  });

  it('are stored as digests only', async () => {
    const { DataSource } = await import('typeorm');
    const rows: { row: string }[] = await server.app
      .get(DataSource)
      .query(`select to_jsonb(k)::text as row from api_keys k`);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.filter(({ row }) => row.includes(acme.key.slice(-20)))).toEqual([]);
  });
});

describe('the rate limit', () => {
  it('answers 429 with Retry-After per key', async () => {
    const limited = await startTestServer({ env: { RATE_LIMIT_PER_MINUTE: '5' } });
    try {
      const statuses: number[] = [];
      let last: Reply | undefined;
      for (let request = 0; request < 6; request++) {
        last = await limited.admin('GET', '/v1/accounts');
        statuses.push(last.status);
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      expect(last?.body['code']).toBe('rate_limit.exceeded');
      expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await limited.as(null, 'GET', '/health/live')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe('lists', () => {
  it('go page by page without a gap or a repetition', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await createAccount(server, name);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const reply = await server.admin<{
        items: { account_id: string }[];
        next_cursor: string | null;
      }>('GET', `/v1/accounts?limit=2${query}`);
      seen.push(...reply.body.items.map(({ account_id }) => account_id));
      cursor = reply.body.next_cursor;
    }
    expect(seen).toEqual(['acme', 'other', 'page-1', 'page-2', 'page-3']);
  });

  it.each([
    ...['limit=0', 'limit=201', 'limit=x', 'limit=1e2', 'limit=0x10', 'limit=%205', 'limit=1.0'],
    'cursor=nonsense',
  ])('refuse %s', async (query) => {
    const reply = await server.admin('GET', `/v1/accounts?${query}`);
    expect(reply.status).toBe(400);
    const pointers = (reply.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers).toEqual([`/${query.split('=')[0]}`]);
  });
});

describe('what would be taken for something else', () => {
  it('is refused: hours between two steps of a simulated account', async () => {
    const account = { account_id: 'steps', ads: 2, history_days: 1 };
    expect((await server.admin('POST', '/admin/sandbox', account)).status).toBe(201);
    const advance = (hours: number) =>
      server.admin('POST', '/admin/sandbox/steps/advance', { hours, turn: false });
    const { status, body } = await advance(23);
    expect([status, body['errors']]).toMatchObject([400, [{ pointer: '/hours' }]]);
    expect((await advance(18)).status).toBe(200);
  });

  it('is refused: runs of a job or an account that does not exist', async () => {
    const unknown = await server.admin('GET', '/admin/jobs/runs?name=bogus');
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'jobs.unknown']);
    expect(unknown.body['detail']).toContain('executor');
    const nobody = await server.admin('GET', '/admin/jobs/runs?account_id=nope');
    expect([nobody.status, nobody.body['code']]).toEqual([404, 'accounts.unknown']);
    expect((await server.admin('GET', '/admin/jobs/runs?name=executor')).status).toBe(200);
  });

  it('is refused: a list by a wrong name, with the names of those that there are', async () => {
    const reply = await server.as(acme.key, 'POST', '/v1/metrics', { dys: [] });
    expect([reply.status, reply.body['errors']]).toEqual([
      400,
      [
        { pointer: '/snapshots', detail: 'or /days must be a list of 1–1000 items' },
        { pointer: '/dys', detail: 'is not a field of this' },
      ],
    ]);
  });
});

describe('the documents and headers', () => {
  it('describe every endpoint with a summary and examples', async () => {
    const document = (await server.as(null, 'GET', '/docs-json')).body as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string; requestBody?: unknown }>>;
    };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method} ${path}`,
        operation,
      })),
    );
    expect(operations.length).toBeGreaterThan(25);
    const silent = operations.filter(({ operation }) => !operation.summary);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('close the browser’s doors', async () => {
    const reply = await fetch(`${server.url}/health/live`);
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
