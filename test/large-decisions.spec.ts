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

describe('many requests at once', () => {
  const post = (seed: number, signal?: AbortSignal) =>
    fetch(`${server.url}/v1/sampling/allocate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ total_budget: 5000, as_of: NOW, seed }),
      signal: signal ?? null,
    });
  const decided = async () => {
    const path = '/v1/sampling/decisions?limit=200';
    return (await server.as<{ items: unknown[] }>(account.key, 'GET', path)).body.items.length;
  };

  it('are turned away with 503 beyond twenty that wait', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => post(100 + i)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toContain('30');
  });

  it('are dropped where their clients went away before their turn', async () => {
    const before = await decided();
    const leaving = new AbortController();
    const gone = Array.from({ length: 18 }, (_, i) =>
      post(200 + i, leaving.signal).catch(() => null),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    leaving.abort();
    await Promise.all(gone);
    expect((await post(300)).status).toBe(200);
    expect((await decided()) - before).toBeLessThan(12);
  });

  it('for the same page of a small account are all answered, and no event waits for them', async () => {
    const [small, other] = [await createAccount(server, 'small'), await createAccount(server, 'o')];
    const ads = Array.from({ length: 200 }, (_, i) => adInput(`set-${i}`));
    await server.as(small.key, 'PUT', '/v1/ads', { ads });
    await server.as(other.key, 'PUT', '/v1/ads', { ads: [adInput('a')] });
    const pages = Array.from({ length: 100 }, () =>
      server.as<{ items: unknown[] }>(small.key, 'GET', '/v1/ads?limit=200'),
    );
    const event = { event_id: 'e', ad_id: 'a', type: 'click', occurred_at: new Date() };
    const began = performance.now();
    const told = await server.as(other.key, 'POST', '/v1/events', { events: [event] });
    expect(told.status).toBeLessThan(300);
    expect(performance.now() - began).toBeLessThan(3000);
    const answers = await Promise.all(pages);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.every(({ body }) => body.items.length === 200)).toBe(true);
  });
});
