// Decisions over many ads: equal requests share one, and what was answered is what is kept, shown
// and replayed, to the byte.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { DecisionsService } from '../src/sampling/index.js';
import type { DecisionAnswer } from '../src/sampling/decisions/decision-answer.js';
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
let decision: Decision | undefined;

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
    const same = [allocate(), allocate()];
    const fresh = { apply: true, as_of: new Date().toISOString() };
    const others = [{ seed: 8 }, fresh, fresh].map((body) => allocate(body));
    const [first, equal, ...rest] = await Promise.all([...same, ...others]);
    expect(equal).toEqual(first);
    expect(new Set([first, ...rest].map((one) => one?.decision_id)).size).toBe(4);
    decision = first;
  });

  it('is kept, shown and replayed to the byte', async () => {
    const { decision_id, ...answer } = decision!;
    const database = server.app.get(DataSource);
    const [stored]: { answer: string; inputs: string }[] = await database.query(
      `select answer::text, inputs::text from sampling_decisions where decision_id = $1`,
      [decision_id],
    );
    expect(stored?.answer).toBe(JSON.stringify(answer));
    expect(JSON.parse(stored!.inputs).allocation.ads[7].adId).toMatch(/^set-/);

    const path = `/v1/sampling/decisions/${decision_id}?replay=true&inputs=true`;
    const response = await fetch(`${server.url}${path}`, {
      headers: { authorization: `Bearer ${account.key}` },
    });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await response.text();
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(text).toContain(`${stored!.answer.slice(1, -1)},"inputs":${stored!.inputs},`);
    expect(JSON.parse(text)).toMatchObject({
      ...{ decision_id, created_by: expect.any(String), replay: { matches: true } },
    });

    const spoilt = stored!.answer.replace('"explores":', '"explores": ');
    await database.query('update sampling_decisions set answer = $2 where decision_id = $1', [
      ...[decision_id, spoilt],
    ]);
    const again = await server.as<{ replay: object }>(account.key, 'GET', path);
    expect(again.body.replay).toEqual({ matches: false });
  });

  it('is kept to the byte when it is written in many pieces', async () => {
    const decisions = server.app.get(DecisionsService);
    const { accountId } = account;
    const { decision_id, ...said } = decision!;
    const answer = said as unknown as DecisionAnswer;
    const inputs = await decisions.inputsOf(accountId, decision_id);
    // Letters of several bytes stand across the borders of pieces.
    const notes = Array.from({ length: 3000 }, (_, i) => `${i} ${'😀é'.repeat(100)}`);
    const large = { inputs: { ...inputs, notes }, answer: { ...answer, notes } };
    const id = await decisions.record(accountId, large.inputs, large.answer, {
      ...{ requestedBy: 'test', applyMode: null },
    });
    const row = await decisions.one(accountId, id);
    const text = async (part: 'inputs' | 'answer') =>
      Buffer.concat(await decisions.textOf(part, row)).toString('utf8');
    expect((await text('answer')) === JSON.stringify(large.answer)).toBe(true);
    expect((await text('inputs')) === JSON.stringify(large.inputs)).toBe(true);
    expect(await decisions.inputsOf(accountId, id)).toEqual(large.inputs);
    expect(await decisions.replay(row)).toEqual({ matches: true });
  });

  it('is judged by what another policy would have done with its inputs', async () => {
    const { body, status } = await server.as<Record<string, unknown>>(
      account.key,
      'POST',
      '/v1/sampling/evaluate',
      {
        ...{ over: 'budgets', policy: 'uniform', from: '2026-11-20T00:00:00Z' },
        ...{ to: '2026-11-21T00:00:00Z' },
      },
    );
    expect([status, body['decisions_refused']]).toEqual([200, 0]);
    expect(body['decisions']).toBeGreaterThan(0);
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
