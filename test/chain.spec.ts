// The whole loop over HTTP: measured, believed, decided, carried out in the world, measured again.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adInput, createAccount } from './harness/accounts.js';
import { answerBytes } from './harness/answer-bytes.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Recommendation {
  ad_id: string;
  current_budget: number | null;
  recommended_budget: number;
  change_pct: number | null;
  action: string;
  reason: string;
  probability_best: number;
}
interface Decision {
  decision_id: string;
  recommendations: Recommendation[];
  unallocated: { amount: number } | null;
}
interface Change {
  id: string;
  ad_id: string;
  status: string;
  requested_value: number;
  before: { value: number };
  after: { value: number };
}

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ env: { EXECUTION_MODE: 'sandbox' } });
});

afterAll(() => server.close());

describe('the loop', () => {
  it('turns once on a simulated account, and the world has changed', async () => {
    await server.admin('POST', '/admin/sandbox', { account_id: 'loop', seed: 5, history_days: 20 });
    const budgets = async () => {
      const reply = await server.admin<{ items: { ad_id: string; daily_budget: number }[] }>(
        'GET',
        '/v1/ads?account_id=loop',
      );
      return new Map(reply.body.items.map((ad) => [ad.ad_id, ad.daily_budget]));
    };
    const before = await budgets();
    const turned = await server.admin<{ decision_id: string; clock_after: string }>(
      'POST',
      '/admin/sandbox/loop/advance',
      { hours: 24 },
    );
    expect(turned.status).toBe(200);
    const decision = await server.admin<Decision>(
      'GET',
      `/v1/sampling/decisions/${turned.body.decision_id}?account_id=loop&replay=true`,
    );
    expect((decision.body as unknown as Record<string, unknown>)['replay']).toEqual({
      matches: true,
    });
    const changes = await server.admin<{ items: Change[] }>(
      'GET',
      '/v1/execution/changes?account_id=loop&limit=200',
    );
    const moved = decision.body.recommendations.filter(
      (item) => item.recommended_budget !== item.current_budget,
    );
    expect(moved.length).toBeGreaterThan(3);
    expect(changes.body.items).toHaveLength(moved.length);
    const after = await budgets();
    for (const change of changes.body.items) {
      expect(change).toEqual(
        expect.objectContaining({
          status: 'completed',
          before: expect.objectContaining({ value: before.get(change.ad_id) }),
          after: expect.objectContaining({ value: change.requested_value }),
        }),
      );
    }
    const sum = (values: Iterable<number>) =>
      Math.round([...values].reduce((total, value) => total + value, 0) * 100);
    expect(sum(after.values())).toBe(sum(before.values()));
    expect(turned.body.clock_after > new Date().toISOString()).toBe(true);
  });

  it('gives the same answer for the same inputs and seed, byte for byte', async () => {
    const ask = async () => {
      const { body } = await server.admin<Record<string, unknown>>(
        'POST',
        '/v1/sampling/allocate',
        { account_id: 'loop', total_budget: 900, seed: 11, as_of: '2026-11-22T12:00:00Z' },
      );
      expect(body['decision_id']).toMatch(/^dec_/);
      return answerBytes(body);
    };
    expect(await ask()).toBe(await ask());
  });
});

describe('a decision', () => {
  it('moves money towards what sells, within steps, to the cent', async () => {
    const { key } = await createAccount(server, 'shop');
    await server.as(key, 'PUT', '/v1/ads', {
      ads: [adInput('good'), adInput('poor'), adInput('paused', { status: 'paused' })],
    });
    const at = '2026-11-20T00:00:00Z';
    const numbers = { observed_at: at, impressions: 100_000, clicks: 2000, spend: 1000 };
    await server.as(key, 'POST', '/v1/metrics', {
      snapshots: [
        { ad_id: 'good', ...numbers, conversions: 200, revenue: 10_000 },
        { ad_id: 'poor', ...numbers, conversions: 20, revenue: 1000 },
      ],
    });
    const { status, body } = await server.as<Decision>(key, 'POST', '/v1/sampling/allocate', {
      total_budget: 100,
      seed: 3,
      as_of: at,
    });
    expect(status).toBe(200);
    const [good, poor] = body.recommendations;
    expect(good).toEqual(
      expect.objectContaining({ ad_id: 'good', recommended_budget: 60, action: 'scale' }),
    );
    expect(poor).toEqual(
      expect.objectContaining({ ad_id: 'poor', recommended_budget: 40, action: 'reduce' }),
    );
    expect(good?.probability_best).toBeGreaterThan(0.95);
    expect(good?.reason).toContain('200 conversions from 2000 clicks');
    expect(body.unallocated).toBeNull();
  });

  it.each([
    ['no ads', {}, 422, 'sampling.no_ads'],
    ['ads of nobody', { ad_ids: ['x'] }, 422, 'sampling.unknown_ads'],
    ['a policy that does not exist', { policy: 'luck' }, 400, 'sampling.unknown_policy'],
    ['fractions of a cent', { total_budget: 10.001 }, 400, 'request.invalid'],
    ['an as_of in the future', { as_of: '2039-01-01T00:00:00Z' }, 400, 'request.as_of'],
  ])('is refused for %s', async (_name, extra, status, code) => {
    await createAccount(server, `empty-${code}-${status}-${JSON.stringify(extra).length}`);
    const reply = await server.admin('POST', '/v1/sampling/allocate', {
      account_id: `empty-${code}-${status}-${JSON.stringify(extra).length}`,
      total_budget: 100,
      ...extra,
    });
    expect([reply.status, reply.body['code']]).toEqual([status, code]);
  });

  it('is refused below the floors, and goes on where one ad stands alone', async () => {
    const { key } = await createAccount(server, 'floors');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('only', { min_budget: 30 })] });
    const low = await server.as(key, 'POST', '/v1/sampling/allocate', { total_budget: 20 });
    expect([low.status, low.body['code']]).toEqual([422, 'sampling.below_floors']);
    const one = await server.as<Decision>(key, 'POST', '/v1/sampling/allocate', {
      total_budget: 100,
    });
    expect(one.body.recommendations[0]?.recommended_budget).toBe(60);
    expect(one.body.unallocated?.amount).toBe(40);
  });
});
