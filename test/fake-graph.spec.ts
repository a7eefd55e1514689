// The local Graph server itself, item by item of what it has to be able to do: a test against a
// server that is kinder than Meta proves nothing.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import { FakeScore } from './fake-graph/fake-graph-score.js';

const TOKEN = 'EAAfake';
let graph: FakeGraphServer;
let now: number;

async function start(options: object = {}): Promise<void> {
  now = Date.UTC(2026, 10, 22);
  graph = await FakeGraphServer.start({ now: () => now, ...options });
  graph.world.addToken(TOKEN);
  graph.world.addObject({ id: '9', type: 'campaign' });
  for (const id of ['1', '2', '3', '4']) {
    graph.world.addObject({ id, type: 'adset', parentId: '9', dailyBudget: 5000 });
  }
}

beforeEach(() => start());
afterEach(() => graph.close());

interface Item {
  method: 'GET' | 'POST';
  relative_url: string;
  body?: string;
  name?: string;
  depends_on?: string;
  omit_response_on_success?: boolean;
  headers?: { name: string; value: string }[];
}
type Answer = { code: number; body: string | null; headers: { name: string; value: string }[] };

const headers = { authorization: `Bearer ${TOKEN}` };

async function batch(...items: Item[]): Promise<{ body: (Answer | null)[]; headers: Headers }> {
  const form = new URLSearchParams({ access_token: TOKEN, batch: JSON.stringify(items) });
  const reply = await fetch(`${graph.url}/v25.0/`, { method: 'POST', body: form });
  return { body: (await reply.json()) as (Answer | null)[], headers: reply.headers };
}

async function post(id: string, fields: Record<string, string>) {
  const body = new URLSearchParams(fields);
  const reply = await fetch(`${graph.url}/v25.0/${id}`, { method: 'POST', body, headers });
  return { status: reply.status, text: await reply.text(), headers: reply.headers };
}

const budget = (id: string, minor: number, rest: Partial<Item> = {}): Item => ({
  ...{ method: 'POST', relative_url: id, body: `daily_budget=${minor}` },
  ...rest,
});
const look = (id: string, rest: Partial<Item> = {}): Item => ({
  ...{ method: 'GET', relative_url: `${id}?fields=daily_budget` },
  ...rest,
});
const effects = () => graph.world.effects.map(({ id, after }) => [id, after]);

describe('a batch', () => {
  it('takes fifty items and refuses the whole of fifty-one', async () => {
    const looks = Array.from({ length: 50 }, () => look('1'));
    expect((await batch(...looks)).body).toHaveLength(50);
    expect(JSON.stringify((await batch(...looks, look('1'))).body)).toContain(
      'GraphBatchException',
    );
  });

  it('runs its items in an order of its own and answers in theirs, each with its own error', async () => {
    const { body } = await batch(
      ...[budget('1', 5100), budget('nobody', 1), budget('2', 5200), budget('3', 5300)],
      budget('4', 5400),
    );
    expect(body.map((answer) => answer?.code)).toEqual([200, 400, 200, 200, 200]);
    expect(effects()).not.toEqual([...effects()].sort());
    expect(effects()).toHaveLength(4);
  });

  it('answers null for an item of which nobody knows, half of the time after the write', async () => {
    graph.faults.seed(3, {
      target: 'write',
      odds: [
        { probability: 0.5, fault: { kind: 'reset', applied: true } },
        { probability: 0.5, fault: { kind: 'reset', applied: false } },
      ],
    });
    for (let round = 0; round < 50; round += 1) {
      now += 3_600_001;
      const { body } = await batch(...['1', '2', '3', '4'].map((id) => budget(id, 5001 + round)));
      expect(body).toEqual([null, null, null, null]);
    }
    // 200 fair coins: 60 and 140 are more than five standard deviations from the middle.
    expect(effects().length).toBeGreaterThan(60);
    expect(effects().length).toBeLessThan(140);
  });

  it('answers null for an item that another one refers to, unless asked not to', async () => {
    const first = look('1', { name: 'first' });
    const then = look('{result=first:$.id}');
    const omitted = (await batch(then, first)).body;
    expect([omitted[0]?.code, omitted[1]]).toEqual([200, null]);
    const kept = (await batch({ ...first, omit_response_on_success: false }, then)).body;
    expect(kept.map((answer) => answer?.code)).toEqual([200, 200]);
    const failed = (await batch(look('nobody', { name: 'a' }), look('1', { depends_on: 'a' })))
      .body;
    expect([failed[0]?.code, failed[1]]).toEqual([400, null]);
  });

  it('answers 304 without a body to who has it already', async () => {
    const [fresh] = (await batch(look('1'))).body;
    const tag = fresh?.headers.find(({ name }) => name === 'ETag')?.value ?? '';
    const known = [{ name: 'If-None-Match', value: tag }];
    const [again] = (await batch(look('1', { headers: known }))).body;
    expect(again).toMatchObject({ code: 304, body: null });
  });
});

describe('a write', () => {
  it('that is only to be checked is refused or taken like a real one, and changes nothing', async () => {
    const check = { execution_options: '["validate_only"]' };
    expect((await post('1', { daily_budget: '5100', ...check })).text).toContain('"success":true');
    expect((await post('1', { daily_budget: '1', ...check })).text).toContain('1885272');
    expect(effects()).toEqual([]);
    expect(graph.world.object('1').dailyBudget).toBe(5000);
  });

  it('may be answered by a page, a lie, or not at all after it was received', async () => {
    graph.faults.queue(
      'write',
      { kind: 'service_unavailable', applied: true },
      { kind: 'silent_no_op' },
      { kind: 'reset', applied: true },
    );
    const page = await post('1', { daily_budget: '5100' });
    expect([page.status, page.text]).toEqual([200, 'Service Unavailable']);
    expect((await post('2', { daily_budget: '5100' })).text).toContain('"success":true');
    await expect(post('3', { daily_budget: '5100' })).rejects.toThrow('fetch failed');
    expect(effects()).toEqual([
      ['1', 5100],
      ['3', 5100],
    ]);
  });

  it("may fall right after someone else's edit, which is no effect of ours", async () => {
    graph.faults.queue('read', { kind: 'outside_edit', change: { dailyBudget: 7000 } });
    const [seen] = (await batch(look('1'))).body;
    expect([seen?.body, graph.world.object('1').dailyBudget, effects()]).toEqual([
      ...['{"daily_budget":"5000","id":"1"}', 7000, []],
    ]);
  });

  it('of a fifth budget within an hour blocks the ad set for an hour', async () => {
    for (const value of [5100, 5200, 5300, 5400]) {
      await post('1', { daily_budget: String(value) });
      now += 14 * 60_000;
    }
    const fifth = () => post('1', { daily_budget: '5500' });
    expect([(await fifth()).status, (await fifth()).text]).toMatchObject([
      400,
      expect.stringContaining('1487632'),
    ]);
    now += 5 * 60_000;
    // The first edit is more than an hour old, but the block began with the fifth attempt.
    expect((await fifth()).text).toContain('1487632');
    now += 55 * 60_000;
    expect((await fifth()).text).toContain('"success":true');
  });

  it.each([
    ['1885272', 'below the minimum', '1', { daily_budget: '99' }],
    ['1885261', 'above a million', '1', { daily_budget: '100000001' }],
    ['1885088', 'of an archived object', '2', { daily_budget: '5100' }],
    ['1885621', 'under a campaign with a budget', '3', { daily_budget: '5100' }],
    ['(#100) Invalid parameter', 'of half a unit', '1', { daily_budget: '50.5' }],
  ])('is refused with %s %s', async (words, _, id, fields) => {
    graph.world.editOutside('2', { status: 'ARCHIVED' });
    if (id === '3') graph.world.editOutside('9', { dailyBudget: 9000 });
    expect((await post(id, fields)).text).toContain(words);
    expect(effects()).toEqual([]);
  });

  it('is refused to a disabled account, a lost permission, an expired token, a limited app', async () => {
    graph.world.accountDisabled = true;
    expect((await post('1', { daily_budget: '5100' })).text).toContain('1885316');
    graph.world.accountDisabled = false;
    const token = graph.world.tokens.get(TOKEN)!;
    token.readOnly = true;
    expect((await post('1', { daily_budget: '5100' })).text).toContain('"code":200');
    token.readOnly = false;
    graph.world.appLimited = true;
    const limited = await post('1', { daily_budget: '5100' });
    expect([limited.status, limited.headers.get('x-app-usage')]).toEqual([
      ...[400, expect.stringContaining('"call_count":100')],
    ]);
    graph.world.appLimited = false;
    graph.world.expiresAfterEffects = 1;
    await post('1', { daily_budget: '5100' });
    const late = await post('2', { daily_budget: '5100' });
    expect([late.status, late.text]).toMatchObject([401, expect.stringContaining('463')]);
    expect(effects()).toEqual([['1', 5100]]);
  });

  it('counts whole units in a currency of offset 1', async () => {
    await graph.close();
    await start({ currency: 'JPY' });
    expect((await post('1', { daily_budget: '1000001' })).text).toContain('1885261');
    expect((await post('1', { daily_budget: '1' })).text).toContain('"success":true');
    const url = `${graph.url}/v25.0/act_1000/minimum_budgets`;
    const reply = (await (await fetch(url, { headers })).json()) as { data: object[] };
    expect(reply.data).toMatchObject([{ currency: 'JPY', min_daily_budget_imp: 1 }]);
  });
});

describe('the account score', () => {
  it('takes three points a write and one a read, and tells minutes and seconds of a block', async () => {
    graph.score = new FakeScore('development_access', '1000', () => now);
    const writes = ['1', '2', '3', '4'].map((id) => budget(id, 5100));
    const looks = Array.from({ length: 46 }, () => look('1'));
    // 4 × 3 + 46 = 58 of 60 points: a write is too much, two reads are not.
    expect((await batch(...writes, ...looks)).body.every((one) => one?.code === 200)).toBe(true);
    expect((await batch(look('1'), look('1'))).body.map((one) => one?.code)).toEqual([200, 200]);
    const refused = await post('1', { daily_budget: '5200' });
    expect([refused.status, refused.text]).toMatchObject([400, expect.stringContaining('2446079')]);
    const business = JSON.parse(refused.headers.get('x-business-use-case-usage') ?? '') as Record<
      string,
      { estimated_time_to_regain_access: number }[]
    >;
    expect(business['1000']?.[0]?.estimated_time_to_regain_access).toBe(5);
    expect(JSON.parse(refused.headers.get('x-ad-account-usage') ?? '')).toMatchObject({
      ...{ reset_time_duration: 300, ads_api_access_tier: 'development_access' },
    });
    now += 299_000;
    expect((await batch(look('1'))).body[0]?.code).toBe(400);
    now += 301_000;
    expect((await batch(look('1'))).body[0]?.code).toBe(200);
  });
});

describe('the wire', () => {
  it('is compressed for who takes it, and can be slow', async () => {
    graph.gzip = true;
    const reply = await fetch(`${graph.url}/v25.0/1?fields=daily_budget`, { headers });
    expect(reply.headers.get('content-encoding')).toBe('gzip');
    expect(await reply.json()).toEqual({ daily_budget: '5000', id: '1' });
    graph.gzip = false;
    graph.faults.queue('read', { kind: 'drip', ms: 5 });
    expect(await pieces(`${graph.url}/v25.0/1?fields=daily_budget`)).toBeGreaterThan(1);
  });
});

/** In how many pieces an answer came. */
function pieces(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let count = 0;
      response.on('data', () => (count += 1));
      response.on('end', () => resolve(count));
    })
      .on('error', reject)
      .end();
  });
}
