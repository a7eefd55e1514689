// The previous release's database, with rows in it, under this release's server.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEmptySchema, type TestSchema } from './harness/database.js';
import { buildPreviousRelease } from './harness/previous-release.js';
import { startTestServer, type TestServer } from './harness/server.js';

const STOPPED_AT = new Date(Math.floor(Date.now() / 60_000) * 60_000);

let schema: TestSchema;
let server: TestServer;

beforeAll(async () => {
  schema = await createEmptySchema();
  await buildPreviousRelease(schema.address, STOPPED_AT);
  server = await startTestServer({ schema });
});
afterAll(async () => {
  await server.close();
  await schema.drop();
});

async function read<T = Record<string, unknown>>(path: string): Promise<T> {
  const { status, body } = await server.admin<T>('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

describe('an upgrade from the previous release', () => {
  it('keeps accounts, their ads and what was measured of them', async () => {
    const accounts = await read<{ items: { account_id: string }[] }>('/v1/accounts');
    expect(accounts.items.map(({ account_id }) => account_id).sort()).toEqual(['acme', 'quiet']);
    const ads = await read<{ items: Record<string, never>[] }>('/v1/ads?account_id=acme');
    expect(ads.items).toHaveLength(4);
    const ad = await read('/v1/ads/ad1?account_id=acme');
    expect(ad).toMatchObject({ ad_id: 'ad1', name: 'Ad 1', daily_budget: 50 });
    expect(ad['totals']).toMatchObject({ impressions: 119_000, spend: 1785 });
  });

  it('keeps what was decided, queued, credited and found, and goes on from it', async () => {
    const decisions = await read<{ items: unknown[] }>('/v1/sampling/decisions?account_id=acme');
    expect(decisions.items).toEqual([expect.objectContaining({ decision_id: 'd_old' })]);
    const changes = await read<{ items: unknown[] }>('/v1/execution/changes?account_id=acme');
    expect(changes.items).toEqual([expect.objectContaining({ id: 'change-1', status: 'pending' })]);
    await read('/v1/learning/model?account_id=acme');
    await read('/v1/accounts/acme/plan');
    await read('/v1/conversions/order-1?account_id=acme');
    const runs = await read<{ items: unknown[] }>('/admin/jobs/runs');
    expect(runs.items).toEqual([expect.objectContaining({ error: 'the token is dead' })]);
    const decided = await server.admin('POST', '/v1/sampling/allocate', {
      account_id: 'acme',
      total_budget: 150,
      seed: 1,
    });
    expect(decided.status).toBe(200);
  });

  it('takes what it knows already for a duplicate', async () => {
    const click = { click_id: 'click1', ad_id: 'ad2' };
    const landed_at = new Date(STOPPED_AT.getTime() - 3_600_000).toISOString();
    const { body } = await server.admin('POST', '/v1/clicks', {
      account_id: 'acme',
      clicks: [{ ...click, landed_at }],
    });
    expect(body).toMatchObject({ accepted: 0, duplicates: 1, rejected: [] });
  });
});
