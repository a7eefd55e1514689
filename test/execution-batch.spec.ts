// Batches against the local Graph server: how many calls, what a null means, who sleeps.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import { FakeScore } from './fake-graph/fake-graph-score.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

const TOKEN = 'EAAtokenOfTheBatchTests';
const COUNT = 60;

interface Change {
  id: string;
  status: string;
  blocked_by: string | null;
  detail: string | null;
  warnings: { code: string }[];
  not_before: string | null;
}

let graph: FakeGraphServer;
let server: TestServer;
let shop: TestAccount;
let keys = 0;

beforeEach(async () => {
  graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  const ids = Array.from({ length: COUNT }, (_, index) => String(1000 + index));
  for (const id of ids) {
    graph.world.addObject({ id: `9${id}`, type: 'campaign' });
    graph.world.addObject({ id, type: 'adset', parentId: `9${id}`, dailyBudget: 5000 });
  }
  server = await startTestServer({
    env: {
      ...{ EXECUTION_MODE: 'live', META_GRAPH_URL: graph.url, META_ACCESS_TOKEN: TOKEN },
      ...{ META_ACCESS_TIER: 'standard_access', META_AD_ACCOUNT_ID: 'act_1000' },
      ...{ RETRY_BASE_MS: '1', RETRY_MAX_MS: '5' },
    },
  });
  shop = await createAccount(server, 'shop');
  await server.as(shop.key, 'PUT', '/v1/ads', {
    ads: ids.map((id) => adInput(id, { campaign_id: `9${id}`, started_at: null })),
  });
});

afterEach(async () => {
  await server.close();
  await graph.close();
});

const change = (index: number, requested_value: unknown = 55, change_type = 'budget') => ({
  ...{ idempotency_key: `k${++keys}`, ad_id: String(1000 + index), change_type, requested_value },
});

async function post(changes: unknown[]): Promise<string[]> {
  const reply = await server.as<{ ids: string[] }>(shop.key, 'POST', '/v1/execution/changes', {
    changes,
  });
  return reply.body.ids;
}

const run = async () =>
  (
    await server.admin<{ counts: Record<string, number> }>(
      ...(['POST', '/admin/jobs/executor/run?wait=true'] as const),
    )
  ).body.counts;

const one = async (id: string | undefined) =>
  (await server.as<Change>(shop.key, 'GET', `/v1/execution/changes/${id}`)).body;

const plan = async () => (await server.as(shop.key, 'GET', '/v1/execution/plan')).body;

const batches = () =>
  graph.requests.flatMap(({ body }) => {
    const text = new URLSearchParams(body).get('batch');
    return text === null ? [] : [JSON.parse(text) as { method: string; body?: string }[]];
  });
const asks = ({ body }: { body?: string }) => body?.includes('validate_only') === true;
const writeBatches = () => batches().filter(([first]) => first?.method === 'POST' && !asks(first));

const sql = (statement: string) => server.app.get(DataSource).query(statement);

const upTo = (count: number) => Array.from({ length: count }, (_, index) => change(index));

describe('fifty changes of one account', () => {
  it('are one call, as planned, and each is read back', async () => {
    const ids = await post(upTo(50));
    expect(await plan()).toMatchObject({ batches: [{ mode: 'batch' }], sleeping: null });
    expect(await run()).toEqual({ claimed: 50, completed: 50 });
    expect(writeBatches().map((items) => items.length)).toEqual([50]);
    expect(graph.world.effects).toHaveLength(50);
    expect(graph.world.crowded).toEqual([]);
    // Objects, the account's caps, recent spend on three levels and the question before; objects
    // after.
    expect(graph.calls).toBeLessThanOrEqual(8);
    expect(graph.world.validations).toBe(50);
    const attempts = (
      await server.as<{ attempts: object[] }>(
        ...([shop.key, 'GET', `/v1/execution/changes/${ids[7]}`] as const),
      )
    ).body.attempts;
    expect(attempts).toMatchObject([{ mode: 'batch', outcome: 'completed' }]);
    expect(attempts).toMatchObject([{ batch_id: expect.any(String) }]);
  });

  it('go one by one below the minimum', async () => {
    await post(upTo(9));
    await run();
    expect(writeBatches()).toEqual([]);
    expect(graph.world.effects).toHaveLength(9);
  });

  it('keep siblings apart', async () => {
    const sets = ['1', '2', '3'].map((id) => `55${id}`);
    graph.world.addObject({ id: '55', type: 'campaign' });
    for (const id of sets) {
      graph.world.addObject({ id, type: 'adset', parentId: '55', dailyBudget: 5000 });
    }
    await server.as(shop.key, 'PUT', '/v1/ads', {
      ads: sets.map((id) => adInput(id, { campaign_id: '55', started_at: null })),
    });
    await post([...upTo(10), ...sets.map((id) => ({ ...change(0), ad_id: id }))]);
    await run();
    expect(graph.world.crowded).toEqual([]);
    expect(graph.world.effects).toHaveLength(13);
    expect(writeBatches().map((items) => items.length)).toEqual([11]);
  });

  it.each([[true], [false]])(
    'each have an outcome of their own; null means that nobody knows (applied: %s)',
    async (applied) => {
      graph.faults.queue(
        'write',
        { kind: 'reset', applied },
        { kind: 'error', error: { code: 100, userMessage: 'Too low', blamed: ['daily_budget'] } },
        { kind: 'silent_no_op' },
        { kind: 'service_unavailable', applied: true },
      );
      await post(upTo(50));
      expect(await run()).toEqual({ claimed: 50, completed: 46, failed: 2, unknown: 2 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await sql(`update pending_ad_changes set not_before = now(),
                        executing_at = executing_at - interval '15 seconds'
                  where status = 'unknown'`);
      const settled = { settled_completed: applied ? 2 : 1 };
      expect(await run()).toEqual(
        applied ? settled : { ...settled, settled_pending: 1, claimed: 1, completed: 1 },
      );
      expect(graph.world.effects).toHaveLength(48);
    },
  );

  it('are all in doubt when the connection breaks, and none is sent twice', async () => {
    graph.faults.queue('batch', { kind: 'delay', ms: 0 }, { kind: 'reset', applied: true });
    await post(upTo(50));
    expect(await run()).toEqual({ claimed: 50, unknown: 50 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await sql(`update pending_ad_changes set not_before = now() where status = 'unknown'`);
    expect(await run()).toEqual({ settled_completed: 50 });
    expect(graph.world.effects).toHaveLength(50);
  });
});

describe('who sleeps', () => {
  it('is the account that was throttled, as long as the header says', async () => {
    graph.score = new FakeScore('development_access', '1000', () => Date.now());
    const ids = await post(upTo(50));
    const counts = await run();
    expect(counts['completed'] ?? 0).toBeLessThan(50);
    const refusals = graph.score.refusals;
    expect(refusals).toBeGreaterThan(0);
    await post([change(55)]);
    await run();
    expect(graph.score.refusals).toBe(refusals);
    const last = await one(ids[49]);
    expect([last.status, last.blocked_by]).toEqual(['pending', 'execution.throttled']);
    expect(Date.parse(last.not_before ?? '')).toBeGreaterThan(Date.now() + 200_000);
    expect(await plan()).toMatchObject({
      sleeping: { scope: 'account', code: 'execution.throttled' },
    });
  });

  it('is everything of a token that expired, and nothing of it is burnt', async () => {
    graph.world.expiresAfterEffects = 20;
    const other = await createAccount(server, 'other');
    await server.as(other.key, 'PUT', '/v1/ads', { ads: [adInput('1059')] });
    const ids = await post(upTo(50));
    await run();
    expect(graph.world.effects).toHaveLength(20);
    const states = await Promise.all(ids.map(async (id) => (await one(id)).status));
    expect(states.filter((status) => status === 'failed' || status === 'dead')).toEqual([]);
    const calls = graph.calls;
    await server.as(other.key, 'POST', '/v1/execution/changes', { changes: [change(59)] });
    await run();
    expect(graph.calls).toBe(calls);
  });

  it('is everything at Meta when the application is limited, whosever token it was', async () => {
    const other = await createAccount(server, 'other');
    graph.world.addToken('EAAanotherToken');
    await server.as(other.key, 'PUT', '/v1/accounts/other/credentials', {
      meta: { access_token: 'EAAanotherToken', ad_account_id: 'act_1000' },
    });
    await server.as(other.key, 'PUT', '/v1/ads', { ads: [adInput('1059')] });
    const error = { code: 4, message: 'Application request limit reached' };
    graph.faults.queue('read', { kind: 'error', error });
    const ids = await post(upTo(3));
    await run();
    const calls = graph.calls;
    await server.as(other.key, 'POST', '/v1/execution/changes', { changes: [change(59)] });
    await run();
    expect([graph.calls, graph.world.effects]).toEqual([calls, []]);
    expect((await server.as(other.key, 'GET', '/v1/execution/plan')).body).toMatchObject({
      sleeping: { scope: 'app' },
    });
    for (const id of ids) expect((await one(id)).status).toBe('pending');
    // Nothing of it was burnt: when the limit is over, all of it goes out.
    await sql(`delete from execution_sleeps`);
    await sql(`update pending_ad_changes set not_before = null where status = 'pending'`);
    await run();
    expect(graph.world.effects).toHaveLength(4);
  });

  it('is only the ad set when it alone had too many edits', async () => {
    const error = { code: 613, subcode: 1487632, message: 'Too many budget changes' };
    graph.faults.queue('write', { kind: 'error', error });
    const ids = await post(upTo(3));
    expect(await run()).toEqual({ claimed: 3, deferred: 1, completed: 2 });
    expect(await one(ids[0])).toMatchObject({ blocked_by: 'execution.adset_budget_rate' });
  });
});

describe('what is read right before a write', () => {
  it('refuses or defers, and writes nothing', async () => {
    const { world } = graph;
    world.editOutside('1000', { hasBudgetSchedule: true });
    world.editOutside('91001', { status: 'PAUSED' });
    world.editOutside('1002', { impressions: 10, recentSpendMinor: 100 });
    world.editOutside('1003', { dailyBudget: null, lifetimeBudget: 9000 });
    world.editOutside('1004', { status: 'ARCHIVED' });
    world.minDailyBudget = 4900;
    const ids = await post([...upTo(5), change(5, 48)]);
    await run();
    expect(world.effects).toEqual([]);
    const codes = await Promise.all(ids.map(async (id) => (await one(id)).blocked_by));
    expect(codes.map((code) => code?.replace('execution.', ''))).toEqual([
      ...['budget_schedule_active', 'not_delivering', 'cap_binding', 'lifetime_budget'],
      ...['archived_ad', 'below_platform_minimum'],
    ]);
  });

  it('warns a person of what would hold back the machine', async () => {
    graph.world.editOutside('1000', { learningStage: 'LEARNING' });
    const [id] = await post([change(0)]);
    await run();
    const done = await one(id);
    expect(done.status).toBe('completed');
    expect(done.warnings.map(({ code }) => code)).toContain('execution.learning');
  });

  it('holds a raise while the account has nearly spent its cap', async () => {
    Object.assign(graph.world, { spendCap: 10_000, amountSpent: 9500 });
    const [id] = await post([change(0)]);
    await run();
    expect(await one(id)).toMatchObject({
      ...{ status: 'pending', blocked_by: 'execution.spend_cap_near' },
    });
  });
});

describe('what goes wrong with one', () => {
  const sql = (statement: string, values: unknown[] = []) =>
    server.app.get(DataSource).query(statement, values);

  it('change keeps none of its group waiting, and the run tells of it', async () => {
    // Whatever a statement throws for one row, it throws for the whole group.
    await sql(`
      create function refuse_one() returns trigger language plpgsql as $$ begin
        if new.status = 'executing' and new.ad_id = '1003' then raise 'no room for 1003'; end if;
        return new; end $$`);
    await sql(`create trigger refuse_one before update on pending_ad_changes
                for each row execute function refuse_one()`);
    const ids = await post(Array.from({ length: 12 }, (_, index) => change(index)));
    const reply = await server.admin<{ status: string; error: string }>(
      ...(['POST', '/admin/jobs/executor/run?wait=true'] as const),
    );
    const states = await Promise.all(ids.map(async (id) => (await one(id)).status));
    expect(states).toEqual(ids.map((_, index) => (index === 3 ? 'pending' : 'completed')));
    expect((await one(ids[3])).blocked_by).toBe('execution.internal_error');
    expect(reply.body).toMatchObject({ status: 'succeeded', counts: { failed: 1 } });
    expect(reply.body.error).toContain('no room for 1003');
    expect(graph.world.effects).toHaveLength(11);
  });

  it('account, whose credentials nobody can open, waits with that cause; the others go on', async () => {
    const sealed = await createAccount(server, 'sealed');
    await server.admin('PUT', '/v1/accounts/sealed/credentials', {
      meta: { access_token: TOKEN, ad_account_id: '1000' },
    });
    await server.as(sealed.key, 'PUT', '/v1/ads', { ads: [adInput('1030')] });
    await sql(`update account_credentials
      set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))
                where account_id = 'sealed'`);
    const body = { changes: [change(30)] };
    const posted = await server.as<{ ids: string[] }>(
      ...([sealed.key, 'POST', '/v1/execution/changes', body] as const),
    );
    const [other] = await post([change(31)]);
    await run();
    expect((await one(other)).status).toBe('completed');
    const waits = await server.as<Change>(
      ...([sealed.key, 'GET', `/v1/execution/changes/${posted.body.ids[0]}`] as const),
    );
    expect(waits.body).toMatchObject({ status: 'pending', blocked_by: 'execution.auth' });
    expect(waits.body.detail).toContain('SECRETS_KEY');
    expect(waits.body).toMatchObject({ attempts: [] });
    const plan = await server.as(sealed.key, 'GET', '/v1/execution/plan');
    expect(plan.status).toBe(200);
  });
});

describe('the insights of a raise', () => {
  it('are asked once for all raises of a pass, one by one or in batches', async () => {
    const insights = () => graph.requests.filter(({ url }) => url.includes('/insights')).length;
    await post(Array.from({ length: 5 }, (_, index) => change(index)));
    await run();
    expect(insights()).toBe(1);
    await post(Array.from({ length: 30 }, (_, index) => change(10 + index)));
    await run();
    expect(insights()).toBe(2);
  });
});
