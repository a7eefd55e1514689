import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AdsService, fixConversionSource } from '../src/accounts/index.js';
import { RETENTION_DAYS } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

const SCOPE = { scope_id: 's', campaign_ids: 'all', daily_budget: 100, mode: 'live' };

let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  acme = await createAccount(server, 'acme', { currency: 'JPY', timezone: 'Asia/Tokyo' });
});

afterAll(() => server.close());

function pointersOf({ body }: { body: Record<string, unknown> }): string[] {
  return ((body['errors'] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer).sort();
}

describe('accounts', () => {
  it('are created with the documented defaults', async () => {
    const { body } = await server.admin('GET', '/v1/accounts/acme');
    expect(body).toEqual({
      account_id: 'acme',
      name: 'acme',
      niche: null,
      currency: 'JPY',
      timezone: 'Asia/Tokyo',
      simulated: false,
      share_patterns: false,
      attribution_window_days: 7,
      conversion_events: ['Purchase'],
      lead_events: ['Lead', 'Contact', 'Schedule', 'SubmitApplication'],
      conversion_source: null,
      settings: {
        min_probability_better: 0,
        kill_min_spend: 200,
        half_life_days: { ctr: 3, cvr: 28 },
        retention_days: RETENTION_DAYS,
      },
      credentials: { meta: false, x: false, bluesky: false },
      plan: null,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
  });

  it('are refused a second time, in unknown currencies and timezones', async () => {
    const again = await server.admin('POST', '/v1/accounts', {
      account_id: 'acme',
      name: 'x',
      currency: 'USD',
    });
    expect([again.status, again.body['code']]).toEqual([409, 'accounts.exists']);
    const wrong = await server.admin('POST', '/v1/accounts', {
      account_id: 'b',
      name: 5,
      currency: 'XAU',
      timezone: 'Mars/Olympus',
    });
    expect(wrong.status).toBe(400);
    const pointers = (wrong.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers.sort()).toEqual(['/currency', '/name', '/timezone']);
  });

  it.each(['.', '..'])('are not called what means another place in an address: %s', async (id) => {
    const reply = await server.admin('POST', '/v1/accounts', {
      ...{ account_id: id, name: 'x', currency: 'EUR' },
    });
    expect([reply.status, reply.body['errors']]).toMatchObject([400, [{ pointer: '/account_id' }]]);
    await createAccount(server, `${id}a`);
    expect((await server.admin('GET', `/v1/accounts/${id}a`)).status).toBe(200);
  });

  it('change what is named and keep the rest', async () => {
    const { accountId } = await createAccount(server, 'kept', {
      ...{ niche: 'footwear', timezone: 'Asia/Tokyo', share_patterns: true },
      ...{ attribution_window_days: 3, conversion_events: ['Sold'], lead_events: ['Asked'] },
      settings: { kill_min_spend: 50, retention_days: { runs: 30 } },
    });
    await fixConversionSource(server.app.get(DataSource).manager, accountId, 'first_party');
    const before = (await server.admin('GET', `/v1/accounts/${accountId}`)).body;
    expect(before['settings']).toEqual({
      ...{ min_probability_better: 0, kill_min_spend: 50 },
      half_life_days: { ctr: 3, cvr: 28 },
      retention_days: { ...RETENTION_DAYS, runs: 30 },
    });
    const patch = { niche: null, settings: { half_life_days: { ctr: 5 } } };
    const { body } = await server.admin('PATCH', `/v1/accounts/${accountId}`, patch);
    const after = {
      ...before,
      niche: null,
      settings: { ...(before['settings'] as object), half_life_days: { ctr: 5, cvr: 28 } },
      updated_at: expect.any(String),
    };
    expect(body).toEqual(after);
    expect((await server.admin('GET', `/v1/accounts/${accountId}`)).body).toEqual(after);
    expect(after).toMatchObject({ conversion_source: 'first_party', conversion_events: ['Sold'] });
    const currency = await server.admin('PATCH', '/v1/accounts/acme', { currency: 'USD' });
    expect([currency.status, currency.body['code']]).toEqual([422, 'accounts.currency_fixed']);
  });

  it('keep a conversion source that is fixed while they are changed', async () => {
    const { accountId } = await createAccount(server, 'raced');
    const path = `/v1/accounts/${accountId}`;
    const patched = await server.app.get(DataSource).transaction(async (manager) => {
      await fixConversionSource(manager, accountId, 'first_party');
      const patch = server.admin('PATCH', path, { niche: 'shoes' });
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { patch };
    });
    expect((await patched.patch).status).toBe(200);
    const { body } = await server.admin('GET', path);
    expect([body['niche'], body['conversion_source']]).toEqual(['shoes', 'first_party']);
  });

  it('lose no setting of several that are changed at once', async () => {
    const { accountId } = await createAccount(server, 'settings-raced');
    const path = `/v1/accounts/${accountId}`;
    const days = ['events', 'conversions', 'clicks', 'snapshots', 'decisions'];
    await Promise.all(
      days.map((kind) =>
        server.admin('PATCH', path, { settings: { retention_days: { [kind]: 365 } } }),
      ),
    );
    const { settings } = (await server.admin('GET', path)).body as { settings: object };
    const changed = Object.fromEntries(days.map((kind) => [kind, 365]));
    expect(settings).toMatchObject({ retention_days: { ...changed, runs: 90 } });
  });

  it('keep rows for as long as beliefs read them at least', async () => {
    const wrong = { retention_days: { events: 179, runs: 6, snapshots: 3651, clicks: 180 } };
    const reply = await server.admin('PATCH', '/v1/accounts/acme', { settings: wrong });
    expect(pointersOf(reply)).toEqual(
      ['events', 'runs', 'snapshots'].map((kind) => `/settings/retention_days/${kind}`),
    );
  });

  it.each([
    ['PATCH', '/v1/accounts/acme', { setings: {} }, ['/setings']],
    ['PATCH', '/v1/accounts/acme', { settings: { kil: 1 } }, ['/settings/kil']],
    [
      ...['PATCH', '/v1/accounts/acme'],
      { settings: { half_life_days: { cpr: 1 }, retention_days: { event: 400 } } },
      ['/settings/half_life_days/cpr', '/settings/retention_days/event'],
    ],
    [
      ...['PUT', '/v1/accounts/acme/plan'],
      { scopes: [{ ...SCOPE, locked_id: ['a'] }], daily_spend_celing: 1 },
      ['/daily_spend_celing', '/scopes/0/locked_id'],
    ],
    ['PUT', '/v1/accounts/acme/credentials', { facebook: {} }, ['/facebook']],
    [
      ...['PUT', '/v1/accounts/acme/credentials'],
      { meta: { access_token: 'EAAB', pixel: '1' }, Meta: {} },
      ['/Meta', '/meta/pixel'],
    ],
  ] as [string, string, object, string[]][])(
    'name every unknown field: %s %s %j',
    async (method, path, body, pointers) => {
      const reply = await server.admin(method, path, body);
      expect([reply.status, pointersOf(reply)]).toEqual([400, pointers]);
    },
  );

  it.each([
    [{ bluesky: 5 }, '/bluesky'],
    [{ bluesky: { actor: 'no handle' } }, '/bluesky/actor'],
    [{ bluesky: { actor: 'a.example.com', service: 'http://a.example' } }, '/bluesky/service'],
    [{ bluesky: { actor: 'a.example.com', service: 'https://127.0.0.1' } }, '/bluesky/service'],
    [{ x: { user_id: '12' } }, '/x/bearer_token'],
    [{ meta: { access_token: 'two words' } }, '/meta/access_token'],
    [{}, ''],
  ])('refuse credentials that cannot be right: %j', async (body, pointer) => {
    const reply = await server.as(acme.key, 'PUT', '/v1/accounts/acme/credentials', body);
    expect([reply.status, pointersOf(reply)]).toEqual([400, [pointer]]);
  });

  it.each(['a\u202eb', 'a\u2028b', 'a\u0085b', 'a\u0001b'])(
    'have no names and ids that hide or turn text: %j',
    async (text) => {
      const body = { account_id: text, name: text, niche: text, currency: 'EUR' };
      const reply = await server.admin('POST', '/v1/accounts', body);
      expect([reply.status, pointersOf(reply)]).toEqual([400, ['/account_id', '/name', '/niche']]);
    },
  );

  it('keep credentials sealed and never show them', async () => {
    const put = await server.as(acme.key, 'PUT', '/v1/accounts/acme/credentials', {
      meta: { access_token: 'EAAB-very-secret', ad_account_id: 'act_123' },
    });
    expect([put.status, put.body]).toMatchObject([200, { meta: true, x: false, bluesky: false }]);
    const rows: { text: string }[] = await server.app
      .get(DataSource)
      .query(`select encode(sealed, 'escape') as text from account_credentials`);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toContain('EAAB');
    expect(JSON.stringify((await server.admin('GET', '/v1/accounts/acme')).body)).not.toContain(
      'EAAB',
    );
  });
});

describe('ads', () => {
  it('are taken one by one; bad ones come back by index with every fault', async () => {
    const reply = await server.as(acme.key, 'PUT', '/v1/ads', {
      ads: [
        adInput('a-1', { daily_budget: 5000 }),
        adInput('a-2', { daily_budget: 12.5 }),
        adInput('a-3', { status: 'asleep', started_at: 'yesterday' }),
        adInput('a-4', { min_budget: 20, max_budget: 10 }),
        adInput('a-5', { parent_id: 'a-5' }),
        adInput('a-6', { daily_budget: null }),
      ],
    });
    expect(reply.status).toBe(202);
    expect(reply.body).toEqual({
      accepted: 2,
      duplicates: 0,
      rejected: [
        expect.objectContaining({
          index: 1,
          code: 'ads.fractional_minor',
          detail: '/daily_budget 12.5 has more decimals than JPY has',
          pointer: '/ads/1/daily_budget',
        }),
        expect.objectContaining({
          index: 2,
          code: 'ads.invalid',
          detail: expect.stringMatching(/\/started_at .*\/status |\/status .*\/started_at /s),
        }),
        expect.objectContaining({ index: 3, code: 'ads.budget_bounds' }),
        expect.objectContaining({ index: 4, code: 'ads.own_parent' }),
      ],
    });
  });

  it('are rejected for an unknown name, but inside the creative', async () => {
    const { body } = await server.as(acme.key, 'PUT', '/v1/ads', {
      ads: [
        adInput('typo', { daly_budget: 5, max_budgte: 3 }),
        adInput('free', { creative: { mood: 'calm' } }),
        adInput('early', { started_at: '0001-01-01T00:00:00Z' }),
        adInput('a\u0001'),
      ],
    });
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 0, code: 'ads.invalid', detail: expect.stringMatching(/daly_budget.*max_budgte/) },
        { index: 2, pointer: '/ads/2/started_at' },
        { index: 3, pointer: '/ads/3/ad_id' },
      ],
    });
  });

  it('have names without what cannot be read in them', async () => {
    const ads = [adInput('named', { name: 'Spring\u2028\u0001sale \u202e' })];
    expect((await server.as(acme.key, 'PUT', '/v1/ads', { ads })).body['accepted']).toBe(1);
    const { body } = await server.as(acme.key, 'GET', '/v1/ads/named');
    expect(body['name']).toBe('Spring sale');
  });

  it('are adopted by several at once without waiting for each other in a circle', async () => {
    const ads = Array.from({ length: 100 }, (_, index) => adInput(`adopted-${index}`));
    await server.as(acme.key, 'PUT', '/v1/ads', { ads });
    const service = server.app.get(AdsService);
    const states = ads.map(({ ad_id }, index) => ({
      ...{ adId: ad_id, status: 'active' as const, dailyBudgetMinor: index },
      ...{ lifetimeBudgetMinor: null, bidMinor: null },
    }));
    for (let round = 0; round < 20; round += 1) {
      const moved = states.map((state) => ({ ...state, dailyBudgetMinor: round + 100 }));
      await Promise.all([
        service.adopt('acme', moved),
        service.adopt('acme', states.toReversed()),
        service.adoptLearning(
          ...(['acme', states.map(({ adId }) => ({ adId, isLearning: round % 2 === 0 }))] as const),
        ),
        service.adopt('acme', moved.toReversed()),
      ]);
    }
    expect((await service.all('acme', { adIds: ['adopted-7'] }))[0]?.learningPhase).toBe(false);
  });

  it('count as duplicates when nothing differs', async () => {
    const ads = [adInput('same', { creative: { hook_type: 'question', nested: { b: 1, a: 2 } } })];
    await server.as(acme.key, 'PUT', '/v1/ads', { ads });
    const again = await server.as(acme.key, 'PUT', '/v1/ads', { ads });
    expect(again.body).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    const changed = await server.as(acme.key, 'PUT', '/v1/ads', {
      ads: [adInput('same', { status: 'paused' })],
    });
    expect(changed.body).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  });

  it.each([
    ['none', { ads: [] }, 400],
    ['more than a thousand', { ads: Array.from({ length: 1001 }, () => ({})) }, 413],
    ['no list', {}, 400],
  ])('refuse a request with %s', async (_name, body, status) => {
    expect((await server.as(acme.key, 'PUT', '/v1/ads', body)).status).toBe(status);
  });

  it('are shown with age, totals and belief; those of others are not there', async () => {
    const reply = await server.as(acme.key, 'GET', '/v1/ads/a-1?as_of=2026-10-02T00:00:00Z');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(
      expect.objectContaining({
        ad_id: 'a-1',
        daily_budget: 5000,
        age_hours: 24,
        totals: expect.objectContaining({ impressions: null, spend: null, observed_at: null }),
        belief: expect.objectContaining({
          ctr: expect.objectContaining({ mean: expect.any(Number) }),
        }),
      }),
    );
    const other = await createAccount(server, 'stranger');
    const hidden = await server.as(other.key, 'GET', '/v1/ads/a-1');
    expect([hidden.status, hidden.body['code']]).toEqual([404, 'ads.unknown']);
  });
});
