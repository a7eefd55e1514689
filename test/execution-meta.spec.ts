// The executor against the local Graph server: what is written, what is believed, what is repeated.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AdObjects } from '../src/execution/objects/ad-objects.service.js';
import { AccountContexts } from '../src/execution/run/account-contexts.service.js';
import { sweepLapsed, takeUnknown } from '../src/execution/run/reconcile.queries.js';
import { Writer } from '../src/execution/run/writer.service.js';
import {
  claimChanges,
  releaseClaims,
  settleChanges,
} from '../src/execution/queue/claims.queries.js';
import { lockReserve } from '../src/execution/guards/reserve.queries.js';
import { markExecuting } from '../src/execution/queue/mark-executing.queries.js';
import { ExecutorService, type AdChange, type ObjectImage } from '../src/execution/index.js';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

const IMAGE: ObjectImage = {
  ...{ status: 'active', dailyBudgetMinor: 5000, lifetimeBudgetMinor: null, bidMinor: 40 },
  source: 'platform',
};
const TOKEN = 'EAAtokenOfTheExecutorTests';

interface Change {
  id: string;
  status: string;
  blocked_by: string | null;
  detail: string | null;
  not_before: string | null;
  attempts: { outcome: string; error: string | null; fbtrace_id: string | null }[];
}

let graph: FakeGraphServer;
let schema: Awaited<ReturnType<typeof createTestSchema>>;
let server: TestServer;
let shop: TestAccount;
let keys = 0;

const envOf = (extra: Record<string, string> = {}) => ({
  ...{ EXECUTION_MODE: 'live', META_GRAPH_URL: graph.url, META_ACCESS_TOKEN: TOKEN },
  ...{ RETRY_BASE_MS: '1', RETRY_MAX_MS: '5' },
  ...extra,
});

async function start(extra: Record<string, string> = {}): Promise<void> {
  server = await startTestServer({ schema, env: envOf(extra) });
}

beforeEach(async () => {
  graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  graph.world.addObject({ id: '2', type: 'campaign' });
  const ads = Array.from({ length: 50 }, (_, i) => String(100 + i));
  for (const id of ads) {
    graph.world.addObject({ id, type: 'adset', parentId: '2', dailyBudget: 5000, bidAmount: 40 });
  }
  schema = await createTestSchema();
  await start();
  shop = await createAccount(server, 'shop');
  await server.as(shop.key, 'PUT', '/v1/ads', {
    ads: ads.map((id) => adInput(id, { campaign_id: '2' })),
  });
});

afterEach(async () => {
  await server.close();
  await schema.drop();
  await graph.close();
});

const raise = (ad_id: string, requested_value = 55, extra: Record<string, unknown> = {}) => ({
  ...{ idempotency_key: `k${++keys}`, ad_id, change_type: 'budget', requested_value },
  ...extra,
});

async function post(...changes: unknown[]): Promise<string[]> {
  const reply = await server.as<{ ids: string[] }>(shop.key, 'POST', '/v1/execution/changes', {
    changes,
  });
  return reply.body.ids;
}

const run = async () =>
  (
    await server.admin<{ status: string; counts: Record<string, number> }>(
      ...(['POST', '/admin/jobs/executor/run?wait=true'] as const),
    )
  ).body;

const one = async (id: string | undefined): Promise<Change> =>
  (await server.as<Change>(shop.key, 'GET', `/v1/execution/changes/${id}`)).body;

const effects = () => graph.world.effects.map(({ id, after }) => [id, after]);

const nextMoment = () => new Promise((resolve) => setTimeout(resolve, 20));

async function sql(statement: string): Promise<void> {
  await server.app.get(DataSource).query(statement);
}

describe('a write to Meta', () => {
  it('happens once and is believed when it is read back', async () => {
    const [budget, status, bid] = await post(
      raise('100'),
      raise('101', 0, { change_type: 'status', requested_value: 'paused' }),
      raise('102', 0, { change_type: 'bid', requested_value: 0.5 }),
    );
    await run();
    expect(effects()).toEqual([
      ['100', 5500],
      ['101', 'PAUSED'],
      ['102', 50],
    ]);
    for (const id of [budget, status, bid]) expect((await one(id)).status).toBe('completed');
    expect((await one(budget)).attempts).toMatchObject([
      { outcome: 'completed', fbtrace_id: 'AfakeTrace' },
    ]);
  });

  it('ends failed when success was answered and nothing changed', async () => {
    graph.faults.queue('write', { kind: 'silent_no_op' });
    const [id] = await post(raise('100'));
    await run();
    expect(await one(id)).toMatchObject({
      status: 'failed',
      detail: 'the platform answered success but the value is unchanged',
      attempts: [{ outcome: 'no_effect' }],
    });
  });

  it("ends failed in Meta's own words when it is refused", async () => {
    const userMessage = 'The budget must be at least 10.';
    graph.faults.queue('write', { kind: 'error', error: { code: 100, userMessage } });
    const [id] = await post(raise('100'));
    await run();
    const change = await one(id);
    expect(change.status).toBe('failed');
    expect(change.detail).toContain(userMessage);
    expect(effects()).toEqual([]);
  });

  it.each([
    ['was taken', true],
    ['was not taken', false],
  ])(
    'whose answer is lost is settled by a look, never repeated blindly: it %s',
    async (_, applied) => {
      graph.faults.queue('write', { kind: 'reset', applied });
      const [id] = await post(raise('100'));
      await run();
      expect(await one(id)).toMatchObject({
        status: 'unknown',
        attempts: [{ outcome: 'unknown' }],
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const writes = () =>
        graph.requests.filter(({ method, body }) => method === 'POST' && !body.includes('validate'))
          .length;
      expect(writes()).toBe(1);
      if (!applied) {
        await run();
        // Not visible yet may still mean not yet: only time tells.
        expect([(await one(id)).status, writes()]).toEqual(['unknown', 1]);
        await sql(`update pending_ad_changes set not_before = now(),
                        executing_at = executing_at - interval '15 seconds'`);
      }
      await run();
      await run();
      const settled = await one(id);
      expect(settled.status).toBe('completed');
      expect(settled.attempts.map(({ outcome }) => outcome)).toEqual(
        applied ? ['completed'] : ['not_applied', 'completed'],
      );
      expect(effects()).toEqual([['100', 5500]]);
    },
  );

  it('that met a passing fault on the way is tried again', async () => {
    const fault = { kind: 'error', error: { code: 2, isTransient: true }, status: 500 } as const;
    graph.faults.queue('read', fault, fault);
    const [id] = await post(raise('100'));
    for (let pass = 0; pass < 3; pass += 1) {
      await run();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await one(id)).toMatchObject({
      ...{ status: 'completed', attempts: [{ outcome: 'completed' }] },
    });
    expect(effects()).toEqual([['100', 5500]]);
  });

  it('is refused when a person changed the object since the plan', async () => {
    graph.world.editOutside('100', { dailyBudget: 6000 });
    const [id] = await post(raise('100', 55, { current_value: 50 }));
    await run();
    expect(await one(id)).toMatchObject({ status: 'blocked', blocked_by: 'execution.drift' });
    expect(effects()).toEqual([]);
  });

  it('waits with all others of the account when the token is refused', async () => {
    graph.world.tokens.get(TOKEN)!.expired = true;
    const ids = await post(raise('100'), raise('101'), raise('102'));
    await run();
    const calls = graph.requests.length;
    expect(calls).toBe(1);
    for (const id of ids) {
      expect(await one(id)).toMatchObject({
        ...{ status: 'pending', blocked_by: 'execution.auth', attempts: [] },
      });
    }
    await run();
    expect(graph.requests).toHaveLength(calls);
  });

  it('ends failed, saying so, when the object shows a third value after success', async () => {
    graph.faults.queue('write', { kind: 'outside_edit', change: { dailyBudget: 7000 } });
    const [id] = await post(raise('100'));
    await run();
    expect(await one(id)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('third value'),
      attempts: [{ outcome: 'drift' }],
    });
  });

  it('goes out as soon as the account has another token, and so does the look of a doubt', async () => {
    graph.faults.queue('write', { kind: 'reset', applied: true });
    const [doubted] = await post(raise('100'));
    await run();
    expect(await one(doubted)).toMatchObject({ status: 'unknown', blocked_by: null });
    graph.world.tokens.get(TOKEN)!.expired = true;
    const [waiting] = await post(raise('101'));
    await sql(`update pending_ad_changes set not_before = null where status = 'unknown'`);
    await run();
    const calls = graph.requests.length;
    for (const id of [doubted, waiting]) {
      expect((await one(id)).blocked_by).toBe('execution.auth');
    }
    await run();
    expect(graph.requests).toHaveLength(calls);
    const meta = { access_token: `${TOKEN}Two`, ad_account_id: 'act_1000' };
    graph.world.addToken(meta.access_token);
    const path = '/v1/accounts/shop/credentials';
    expect((await server.as(shop.key, 'PUT', path, { meta })).status).toBe(200);
    await run();
    expect(await one(waiting)).toMatchObject({ status: 'completed', blocked_by: null });
    expect((await one(doubted)).status).toBe('completed');
    expect(graph.requests.length).toBeGreaterThan(calls);
  });

  it('waits for no other account, however slow its answers are', async () => {
    const other = await createAccount(server, 'other');
    graph.world.addObject({ id: '900', type: 'adset', parentId: '2', dailyBudget: 5000 });
    await server.as(other.key, 'PUT', '/v1/ads', {
      ads: [adInput('900', { campaign_id: '2' })],
    });
    await post(raise('100'));
    let answer: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => (answer = resolve));
    graph.hold = ({ path }) => (path === '100' ? slow : Promise.resolve());
    const running = run();
    while (!graph.requests.some(({ url }) => url.startsWith('/v25.0/100'))) await nextMoment();
    const changes = [raise('900')];
    await server.as(other.key, 'POST', '/v1/execution/changes', { changes });
    await server.app.get(ExecutorService).poll();
    while (effects().length === 0) await nextMoment();
    expect(effects()).toEqual([['900', 5500]]);
    answer?.();
    await running;
    expect(effects()).toHaveLength(2);
  });

  it('is one of at most fifteen actions of its campaign in an hour', async () => {
    const ids = await post(...Array.from({ length: 20 }, (_, i) => raise(String(100 + i))));
    const { counts } = await run();
    expect(counts).toEqual({ claimed: 20, completed: 15, deferred: 5 });
    expect(effects()).toHaveLength(15);
    const last = await one(ids[19]);
    expect([last.status, last.blocked_by]).toEqual(['pending', 'execution.campaign_rate']);
    expect(Date.parse(last.not_before ?? '')).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it('keeps to fifteen when two processes work at the same time', async () => {
    const second = await startTestServer({ schema, env: envOf() });
    // More than one process claims at once, so that both hold changes of the campaign.
    const ids = Array.from({ length: 20 }, (_, i) => String(100 + i));
    await post(
      ...ids.map((id) => raise(id)),
      ...ids.map((id) => raise(id, 0.5, { change_type: 'bid' })),
      ...ids.map((id) => raise(id, 0, { change_type: 'status', requested_value: 'paused' })),
    );
    const executors = [server, second].map(({ app }) => app.get(ExecutorService));
    await Promise.all(executors.map((executor) => executor.run()));
    await second.close();
    expect(effects()).toHaveLength(15);
    expect(new Set(graph.world.effects.map(({ id, field }) => `${id} ${field}`)).size).toBe(15);
  });

  it('goes out only when nobody else counts the actions of its campaign', async () => {
    const [id] = await post(raise('100'));
    const other = server.app.get(DataSource).createQueryRunner();
    await other.startTransaction();
    await lockReserve(other.manager, 'shop', { campaigns: ['2'], decisions: [] });
    const running = run();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(effects()).toEqual([]);
    await other.rollbackTransaction();
    await other.release();
    await running;
    expect([(await one(id)).status, effects()]).toEqual(['completed', [['100', 5500]]]);
  });

  it('that came back to the queue gives way to a newer one instead of overwriting it', async () => {
    graph.faults.queue('write', { kind: 'reset', applied: false });
    const [older] = await post(raise('100', 55));
    await run();
    const [newer] = await post(raise('100', 56));
    await sql(`update pending_ad_changes set not_before = now(),
                      executing_at = executing_at - interval '15 seconds'
                where status = 'unknown'`);
    await run();
    expect([(await one(older)).status, (await one(newer)).status]).toEqual([
      ...['superseded', 'completed'],
    ]);
    expect(effects()).toEqual([['100', 5600]]);
  });

  it('of a holder that died is doubted, and what it had not sent is free', async () => {
    const [sent, unsent] = await post(raise('100'), raise('101'));
    await sql(`update pending_ad_changes set fence = 1, claimed_by = 'dead', attempts = 1,
                      status = 'executing', lease_until = now() - interval '1 second',
                      executing_at = now(), effective_at = now(), before_at = now(),
                      before_image = '{"status": "active", "dailyBudgetMinor": 5000,
                        "lifetimeBudgetMinor": null, "bidMinor": 40, "source": "platform"}'
                where id = '${sent}'`);
    await sql(`update pending_ad_changes set fence = 1, claimed_by = 'dead', status = 'claimed',
                      lease_until = now() - interval '1 second' where id = '${unsent}'`);
    graph.world.editOutside('100', { dailyBudget: 5500 });
    const { counts } = await run();
    expect(counts).toEqual({
      ...{ freed: 1, doubted: 1, settled_completed: 1, claimed: 1, completed: 1 },
    });
    expect((await one(sent)).status).toBe('completed');
    expect(effects()).toEqual([['101', 5500]]);
  });

  it('whose outcome is unknown is settled by the last who took it for a look, nobody before', async () => {
    const [id] = await post(raise('100'));
    const { manager } = server.app.get(DataSource);
    const [claimed] = await claimChanges(manager, 'worker', 1, 'shop');
    const before = { image: IMAGE, at: new Date(), delivery: null };
    await markExecuting(
      ...([
        manager,
        [{ change: claimed!, before }],
        { effectiveAt: new Date(), batchId: null },
      ] as const),
    );
    await sql(`update pending_ad_changes set lease_until = now() - interval '1 s'`);
    await sweepLapsed(manager);
    const take = async () => {
      await sql(`update pending_ad_changes set not_before = null where status = 'unknown'`);
      return (await takeUnknown(manager, 1))[0]!.change;
    };
    const [first, second] = [await take(), await take()];
    const gone = { from: 'unknown', to: 'pending', outcome: 'not_applied' } as const;
    expect((await settleChanges(manager, [{ change: first, settling: gone }])).size).toBe(0);
    expect((await one(id)).status).toBe('unknown');
    expect((await settleChanges(manager, [{ change: second, settling: gone }])).size).toBe(1);
  });

  it('is not sent by a process that slept since its mark; the outcome is looked up instead', async () => {
    const [id] = await post(raise('100'));
    const { manager } = server.app.get(DataSource);
    const claimed = await claimChanges(manager, 'worker', 1, 'shop');
    const before = { image: IMAGE, at: new Date(), delivery: null };
    const marked = claimed.map((change) => ({ change, before, warnings: [] }));
    await markExecuting(manager, marked, { effectiveAt: new Date(), batchId: null });
    const context = await server.app.get(AccountContexts).of('shop', claimed);
    const send = await server.app.get(AdObjects).writer(context.account);
    const { outcomes } = await server.app
      .get(Writer)
      .write(marked, context, { markedAt: performance.now() - 5001, send });
    expect([outcomes, effects()]).toEqual([['unknown'], []]);
    expect((await one(id)).attempts[0]?.error).toContain('slept');
  });

  it('counts in its hour for as long as it may still land', async () => {
    await post(...Array.from({ length: 15 }, (_, index) => raise(String(100 + index))));
    await run();
    // 15 s beyond the hour since they were marked; a write lands up to 20 s later.
    await sql(`update ad_change_history set effective_at = now() - interval '3615 s'`);
    const [id] = await post(raise('120'));
    await run();
    expect(await one(id)).toMatchObject({
      status: 'pending',
      blocked_by: 'execution.campaign_rate',
    });
    await sql(`update ad_change_history set effective_at = now() - interval '3621 s'`);
    await sql(`update pending_ad_changes set not_before = null where status = 'pending'`);
    await run();
    expect((await one(id)).status).toBe('completed');
  });

  it('is not settled by a holder whose fence has passed, nor reopened after its end', async () => {
    const [id] = await post(raise('100'));
    const { manager } = server.app.get(DataSource);
    const lapse = () => sql(`update pending_ad_changes set lease_until = now() - interval '1 s'`);
    const claim = async () => (await claimChanges(manager, 'worker', 1, 'shop'))[0]!;
    const before = { image: IMAGE, at: new Date(), delivery: null };
    const how = { effectiveAt: new Date(), batchId: null };
    const mark = async (change: AdChange) =>
      (await markExecuting(manager, [{ change, before }], how)).size;
    const first = await claim();
    await lapse();
    expect(await mark(first)).toBe(0);
    await sweepLapsed(manager);
    const second = await claim();
    expect(await mark(first)).toBe(0);
    const left = [{ change: first, release: { to: 'failed' } as const }];
    expect((await releaseClaims(manager, left)).size).toBe(0);
    expect(await mark(second)).toBe(1);
    const done = {
      from: 'executing',
      to: 'completed',
      outcome: 'completed',
      after: IMAGE,
    } as const;
    const settle = async (change: AdChange) =>
      (await settleChanges(manager, [{ change, settling: done }])).size;
    expect(await settle(first)).toBe(0);
    expect((await one(id)).status).toBe('executing');
    expect(await settle(second)).toBe(1);
    const reopen = sql(`update pending_ad_changes set status = 'pending', finished_at = null`);
    await expect(reopen).rejects.toThrow('is completed and stays so');
  });

  it('never leaves the process in shadow, nor when the mode turns afterwards', async () => {
    await server.close();
    await start({ EXECUTION_MODE: 'shadow' });
    const ids = await post(...Array.from({ length: 50 }, (_, i) => raise(String(100 + i))));
    await run();
    for (const id of ids) expect((await one(id)).status).toBe('shadowed');
    // Meta was asked to check every one of them, and none of these questions was a write.
    expect(graph.world.validations).toBe(50);
    await server.close();
    await start();
    await run();
    expect(effects()).toEqual([]);
    const writes = graph.requests.filter(({ method }) => method === 'POST');
    for (const { body } of writes) expect(decodeURIComponent(body)).toMatch(/validate_only|GET/);
    for (const action of ['approve', 'undo', 'cancel']) {
      const path = `/v1/execution/changes/${ids[0]}/${action}`;
      expect((await server.as(shop.key, 'POST', path)).status).toBe(409);
    }
  });

  it('that Meta would refuse is never sent, and costs no attempt', async () => {
    const userMessage = 'The budget must be at least 60.';
    const blamed = ['daily_budget'];
    graph.faults.queue('validate', { kind: 'error', error: { code: 100, userMessage, blamed } });
    const [id] = await post(raise('100'));
    await run();
    const change = await one(id);
    expect([change.status, change.attempts, effects()]).toEqual(['failed', [], []]);
    expect(change.detail).toContain(userMessage);
    expect(change.detail).toContain('daily_budget');
  });

  it.each([
    ['is not answered', { kind: 'reset', applied: false } as const],
    ['meets a passing fault', { kind: 'service_unavailable', applied: false } as const],
  ])('whose question %s is asked again: nothing was sent', async (_, fault) => {
    graph.faults.queue('validate', fault);
    const [id] = await post(raise('100'));
    for (let pass = 0; pass < 3; pass += 1) {
      await run();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await one(id)).toMatchObject({
      ...{ status: 'completed', attempts: [{ outcome: 'completed' }] },
    });
    expect(graph.requests.filter(({ body }) => body.includes('validate'))).toHaveLength(2);
    expect(effects()).toEqual([['100', 5500]]);
  });

  it('is taken back as it was, once, and not when someone changed it since', async () => {
    const [id] = await post(raise('100'));
    const undo = () => server.as<Change>(shop.key, 'POST', `/v1/execution/changes/${id}/undo`);
    expect((await undo()).body).toMatchObject({ code: 'execution.not_completed' });
    await run();
    graph.world.editOutside('100', { dailyBudget: 5600 });
    const drifted = await undo();
    expect([drifted.status, drifted.body]).toMatchObject([409, { code: 'execution.drift' }]);
    graph.world.editOutside('100', { dailyBudget: 5500 });
    const inverse = await undo();
    expect(inverse.status).toBe(202);
    expect((await undo()).body.id).toBe(inverse.body.id);
    await run();
    expect((await one(inverse.body.id)).status).toBe('completed');
    expect(effects()).toEqual([
      ['100', 5500],
      ['100', 5000],
    ]);
  });

  it('stops at the kill switch, also when its object was read already, and over a restart', async () => {
    const [id] = await post(raise('100'));
    graph.latencyMs = 150;
    const running = run();
    while (graph.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.admin('POST', '/v1/execution/pause');
    await running;
    graph.latencyMs = 0;
    expect(await one(id)).toMatchObject({ status: 'pending', attempts: [] });
    await server.close();
    await start();
    expect(await run()).toMatchObject({ status: 'skipped', skip_reason: 'paused' });
    expect(effects()).toEqual([]);
    await server.admin('POST', '/v1/execution/resume');
    await run();
    expect(effects()).toEqual([['100', 5500]]);
  });

  it('above the threshold waits for a person', async () => {
    await server.close();
    await start({ APPROVAL_ABOVE_PCT: '5' });
    const [id] = await post(raise('100'));
    await run();
    expect(await one(id)).toMatchObject({
      ...{ status: 'awaiting_approval', blocked_by: 'execution.approval_required' },
    });
    const approve = () => server.as(shop.key, 'POST', `/v1/execution/changes/${id}/approve`);
    expect((await approve()).status).toBe(200);
    expect((await approve()).body).toMatchObject({ approved_by: 'key:first key' });
    await run();
    expect((await one(id)).status).toBe('completed');
  });
});
