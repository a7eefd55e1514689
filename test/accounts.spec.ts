import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { RETENTION_DAYS } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  acme = await createAccount(server, 'acme', { currency: 'JPY', timezone: 'Asia/Tokyo' });
});

afterAll(() => server.close());

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
        retention_days: { ...RETENTION_DAYS },
      },
      credentials: { meta: false, x: false },
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

  it('change what is named and keep the rest', async () => {
    const { body } = await server.admin('PATCH', '/v1/accounts/acme', {
      niche: 'footwear',
      settings: { half_life_days: { ctr: 5 } },
    });
    expect(body['niche']).toBe('footwear');
    expect(body['settings']).toEqual({
      min_probability_better: 0,
      kill_min_spend: 200,
      half_life_days: { ctr: 5, cvr: 28 },
      retention_days: { ...RETENTION_DAYS },
    });
    const currency = await server.admin('PATCH', '/v1/accounts/acme', { currency: 'USD' });
    expect([currency.status, currency.body['code']]).toEqual([422, 'accounts.currency_fixed']);
  });

  it('keep credentials sealed and never show them', async () => {
    const put = await server.as(acme.key, 'PUT', '/v1/accounts/acme/credentials', {
      meta: { access_token: 'EAAB-very-secret', ad_account_id: 'act_123' },
    });
    expect([put.status, put.body]).toEqual([200, { meta: true, x: false }]);
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
