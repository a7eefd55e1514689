// Decisions over many ads: equal requests share one, and what was answered is what is kept, shown
// and replayed, to the byte.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Decision {
  decision_id: string;
  recommendations: { ad_id: string }[];
}

const NOW = '2026-11-20T08:00:00Z';
const ADS = 210;
let server: TestServer;
let account: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  account = await createAccount(server, 'many');
  const ads = Array.from({ length: ADS }, (_, i) => adInput(`set-${i}`, { name: `Größe ${i}` }));
  await server.as(account.key, 'PUT', '/v1/ads', { ads });
  const snapshots = ads.map(({ ad_id }, i) => ({
    ...{ ad_id, observed_at: '2026-11-20T06:00:00Z', impressions: 20_000, clicks: 200 + i },
    ...{ spend: 100, conversions: i % 7, revenue: (i % 7) * 50 },
  }));
  await server.as(account.key, 'POST', '/v1/metrics', { as_of: NOW, snapshots });
});
afterAll(() => server.close());

async function allocate(body: object = {}): Promise<Decision> {
  const request = { total_budget: 5000, as_of: NOW, seed: 7, ...body };
  const answer = await server.as<Decision>(account.key, 'POST', '/v1/sampling/allocate', request);
  expect(answer.status).toBe(200);
  return answer.body;
}

describe('a decision over many ads', () => {
  it('is shared by equal requests at the same time, by no others, and never one to be applied', async () => {
    const ids = async (...bodies: object[]) =>
      (await Promise.all(bodies.map((body) => allocate(body)))).map((one) => one.decision_id);
    const fresh = { apply: true, as_of: new Date().toISOString() };
    const [first, equal, otherSeed, later] = await ids(
      ...[{}, {}, { seed: 8 }, { as_of: '2026-11-20T08:00:01Z' }],
    );
    expect(equal).toBe(first);
    expect(new Set([first, otherSeed, later]).size).toBe(3);
    const [applied, appliedToo] = await ids(fresh, fresh);
    expect(applied).not.toBe(appliedToo);
    const [after] = await ids({});
    expect(after).not.toBe(first);
  });
});
