// Every guard against the local Graph server: it produces the case, the change is refused or
// deferred with the guard's own code, and the ledger of effects stays empty.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AccountContexts } from '../src/execution/run/account-contexts.service.js';
import { GroupRunner } from '../src/execution/run/group-runner.service.js';
import { claimChanges } from '../src/execution/queue/claims.queries.js';
import type { FakeObject } from './fake-graph/fake-graph-world.js';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

const TOKEN = 'EAAtokenOfTheGuardTests';

interface Change {
  id: string;
  status: string;
  blocked_by: string | null;
  detail: string | null;
  not_before: string | null;
  warnings: { code: string }[];
  attempts: unknown[];
}
interface Answer {
  accepted: number;
  ids: (string | null)[];
  rejected: { index: number; code: string; pointer?: string; detail: string }[];
}

let graph: FakeGraphServer;
let schema: Awaited<ReturnType<typeof createTestSchema>>;
let server: TestServer;
let counter = 0;

const env = () => ({
  ...{ EXECUTION_MODE: 'live', META_GRAPH_URL: graph.url, META_ACCESS_TOKEN: TOKEN },
  ...{ META_AD_ACCOUNT_ID: 'act_1000', META_ACCESS_TIER: 'standard_access' },
  ...{ RETRY_BASE_MS: '1', RETRY_MAX_MS: '5' },
});

beforeAll(async () => {
  graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  graph.gzip = true;
  schema = await createTestSchema();
  server = await startTestServer({ schema, env: env() });
});

afterAll(async () => {
  await server.close();
  await schema.drop();
  await graph.close();
});

afterEach(() => {
  graph.world.effects.length = 0;
  graph.faults.clear();
  Object.assign(graph.world, { accountDisabled: false, spendCap: null, amountSpent: 0 });
  graph.world.minDailyBudget = 100;
});

const run = () => server.admin('POST', '/admin/jobs/executor/run?wait=true');
const sql = (statement: string) => server.app.get(DataSource).query(statement);

/** An account with ad sets of 50.00 a day each, every one in a campaign of its own. */
async function shopOf(
  sets: Partial<FakeObject>[] = [{}],
  extra: { account?: object; ad?: object; plan?: object } = {},
) {
  const accountId = `shop${++counter}`;
  const account: TestAccount = await createAccount(server, accountId, { ...extra.account });
  const ids = sets.map((given, index) => {
    const id = `${counter}00${index}`;
    graph.world.addObject({ id: `${id}9`, type: 'campaign' });
    const set = {
      id,
      type: 'adset',
      parentId: `${id}9`,
      dailyBudget: 5000,
      bidAmount: 40,
    } as const;
    graph.world.addObject({ ...set, ...given });
    return id;
  });
  const call = <T>(method: string, path: string, body?: unknown) =>
    server.as<T>(account.key, method, path, body);
  const ads = ids.map((id) =>
    adInput(id, { campaign_id: `${id}9`, started_at: null, ...extra.ad }),
  );
  expect((await call<Answer>('PUT', '/v1/ads', { ads })).body.rejected).toEqual([]);
  const plan = async (rest: object) => {
    const scope = { scope_id: 's', campaign_ids: 'all', daily_budget: 500, mode: 'off' };
    const { locked_ids, ...limits } = rest as { locked_ids?: string[] };
    const body = { scopes: [{ ...scope, ...(locked_ids ? { locked_ids } : {}) }], ...limits };
    const reply = await call('PUT', `/v1/accounts/${accountId}/plan`, body);
    expect(reply.status).toBe(200);
  };
  if (extra.plan) await plan(extra.plan);
  const post = async (...changes: object[]) =>
    (await call<Answer>('POST', '/v1/execution/changes', { changes })).body;
  const one = async (id: string | null | undefined) =>
    (await call<Change>('GET', `/v1/execution/changes/${id}`)).body;
  return { accountId, ids, call, plan, post, one };
}

const to = (ad_id: string | undefined, requested_value: unknown, extra: object = {}) => ({
  ...{ idempotency_key: `k${++counter}`, ad_id, change_type: 'budget', requested_value },
  ...extra,
});
const off = (ad_id: string | undefined) => to(ad_id, 'paused', { change_type: 'status' });

const UTC_HOUR = new Date().getUTCHours();
/** A zone in which it is `hour` o'clock now; zones of this kind are named by the opposite sign. */
function zoneAt(hour: number): string {
  const ahead = ((hour - UTC_HOUR + 12 + 24) % 24) - 12;
  return ahead === 0 ? 'UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

interface Case {
  guard: string;
  ends: 'blocked' | 'pending' | 'awaiting_approval' | 'failed';
  sets?: Partial<FakeObject>[];
  extra?: { account?: object; ad?: object; plan?: object };
  /** What others did, or what the account is like, after the change was posted. */
  meanwhile?: (ids: string[]) => void;
  change?: (ids: string[]) => object;
}

const NOON = { account: { timezone: zoneAt(12) } };
const BINDING: Case[] = [
  {
    guard: 'lifetime_budget',
    ends: 'blocked',
    sets: [{ dailyBudget: null, lifetimeBudget: 9000 }],
  },
  { guard: 'not_budget_owner', ends: 'blocked', sets: [{ dailyBudget: null }] },
  { guard: 'budget_schedule_active', ends: 'pending', sets: [{ hasBudgetSchedule: true }] },
  {
    guard: 'not_delivering',
    ends: 'pending',
    meanwhile: ([id]) => graph.world.editOutside(`${id}9`, { status: 'PAUSED' }),
  },
  {
    guard: 'spend_cap_near',
    ends: 'pending',
    meanwhile: () => Object.assign(graph.world, { spendCap: 10_000, amountSpent: 9500 }),
  },
  { guard: 'cap_binding', ends: 'pending', sets: [{ impressions: 10, recentSpendMinor: 11_999 }] },
  { guard: 'last_active', ends: 'blocked', change: ([id]) => off(id) },
  { guard: 'archived_ad', ends: 'blocked', sets: [{ status: 'ARCHIVED' }] },
  {
    guard: 'account_disabled',
    ends: 'blocked',
    meanwhile: () => (graph.world.accountDisabled = true),
  },
  {
    guard: 'below_platform_minimum',
    ends: 'blocked',
    meanwhile: () => (graph.world.minDailyBudget = 5600),
  },
  {
    guard: 'drift',
    ends: 'blocked',
    meanwhile: ([id]) => graph.world.editOutside(id!, { dailyBudget: 5100 }),
    change: ([id]) => to(id, 55, { current_value: 50 }),
  },
  { guard: 'budget_velocity', ends: 'blocked', change: ([id]) => to(id, 60.01) },
  {
    guard: 'budget_velocity',
    ends: 'blocked',
    extra: { plan: { max_change_pct_24h: 9 } },
  },
  {
    guard: 'budget_velocity',
    ends: 'blocked',
    extra: { plan: { max_change_pct_7d: 9 } },
  },
  {
    guard: 'approval_required',
    ends: 'awaiting_approval',
    extra: { plan: { approval_above_pct: 9 } },
  },
];

describe('every guard', () => {
  it.each(BINDING)('$guard holds a change back and nothing is written', async (given) => {
    const shop = await shopOf(given.sets, given.extra ?? NOON);
    const { ids } = await shop.post(given.change?.(shop.ids) ?? to(shop.ids[0], 55));
    given.meanwhile?.(shop.ids);
    await run();
    expect(await shop.one(ids[0])).toMatchObject({
      ...{ status: given.ends, blocked_by: `execution.${given.guard}`, attempts: [] },
    });
    expect(graph.world.effects).toEqual([]);
    expect(graph.world.validations).toBe(0);
  });

  it.each<[string, Partial<FakeObject>[], object]>([
    ['learning', [{ learningStage: 'LEARNING' }], NOON],
    ['late_day_raise', [{}], { account: { timezone: zoneAt(20) } }],
    ['human_hold', [{}], NOON],
  ])('%s holds back the machine and only warns a person', async (guard, sets, extra) => {
    const shop = await shopOf(sets, extra);
    const [id] = shop.ids;
    const machine = async () => {
      const { ids } = await shop.post(to(id, 55));
      await sql(`update pending_ad_changes set origin = 'decision' where id = '${ids[0]}'`);
      await run();
      return shop.one(ids[0]);
    };
    if (guard === 'human_hold') {
      // The executor has seen 50.00; then a person sets 51.00 in Ads Manager.
      await shop.post(to(id, 50));
      await run();
      graph.world.editOutside(id!, { dailyBudget: 5100 });
    }
    expect(await machine()).toMatchObject({ status: 'pending', blocked_by: `execution.${guard}` });
    expect(graph.world.effects).toEqual([]);
    const { ids } = await shop.post(to(id, 55));
    await run();
    const posted = await shop.one(ids[0]);
    expect(posted.status).toBe('completed');
    expect(posted.warnings.map(({ code }) => code)).toContain(`execution.${guard}`);
    // What the looks have seen of the learning phase is there for the next decision.
    const [ad] = await sql(`select learning_phase from ads where ad_id = '${id}'`);
    expect(ad).toEqual({ learning_phase: guard === 'learning' });
  });

  it('budget of a campaign: the ad set of it is refused, and Meta would refuse it too', async () => {
    const shop = await shopOf();
    const [id] = shop.ids;
    graph.world.editOutside(`${id}9`, { dailyBudget: 7000 });
    graph.world.editOutside(id!, { dailyBudget: null });
    const { ids } = await shop.post(to(id, 55));
    await run();
    expect((await shop.one(ids[0])).blocked_by).toBe('execution.not_budget_owner');
    const reply = graph.world.update(id!, { daily_budget: '5500' });
    expect(JSON.stringify(reply.body)).toContain('1885621');
  });

  it('fifteen actions of a campaign, four edits of an ad set: the next is scheduled, not failed', async () => {
    const shop = await shopOf([{}], NOON);
    const [id] = shop.ids;
    for (const value of [51, 52, 53, 54]) {
      await shop.post(to(id, value));
      await run();
    }
    const { ids } = await shop.post(to(id, 55));
    await run();
    const fifth = await shop.one(ids[0]);
    expect([fifth.status, fifth.blocked_by]).toEqual(['pending', 'execution.adset_budget_rate']);
    const wait = Date.parse(fifth.not_before ?? '') - Date.now();
    expect(wait).toBeGreaterThan(3_500_000);
    // The hour begins when the first edit has landed for certain.
    expect(wait).toBeLessThanOrEqual(3_620_000);
    expect(graph.world.effects.map(({ after }) => after)).toEqual([5100, 5200, 5300, 5400]);
  });
});

describe('what the guards have to know', () => {
  it("counts a person's edit that came before the first look, from what was registered", async () => {
    const shop = await shopOf([{}], NOON);
    const [id] = shop.ids;
    graph.world.editOutside(id!, { dailyBudget: 5800 });
    // 10 % from what is live, but 28 % from what stood there before.
    const { ids } = await shop.post(to(id, 64));
    await run();
    expect(await shop.one(ids[0])).toMatchObject({
      ...{ status: 'pending', blocked_by: 'execution.budget_velocity', attempts: [] },
    });
    const back = await shop.post(to(id, 50));
    await run();
    expect((await shop.one(back.ids[0])).status).toBe('completed');
    const within = await shop.post(to(id, 60));
    await run();
    expect((await shop.one(within.ids[0])).status).toBe('completed');
  });

  it('is asked again when it could not be read, instead of being taken for granted', async () => {
    Object.assign(graph.world, { spendCap: 10_000, amountSpent: 9500 });
    const shop = await shopOf([{}], NOON);
    const { ids } = await shop.post(to(shop.ids[0], 55));
    graph.faults.queue('read', { kind: 'reset', applied: false });
    await run();
    await run();
    expect((await shop.one(ids[0])).blocked_by).toBe('execution.spend_cap_near');
    expect(graph.world.effects).toEqual([]);
  });
});

describe('an answer of Meta', () => {
  it('that permission is gone ends the change in its own words, and is no reason to ask again', async () => {
    const shop = await shopOf([{}], NOON);
    const { ids } = await shop.post(to(shop.ids[0], 55));
    const token = graph.world.tokens.get(TOKEN)!;
    token.readOnly = true;
    await run();
    token.readOnly = false;
    await run();
    const change = await shop.one(ids[0]);
    expect([change.status, change.attempts, graph.world.effects]).toEqual(['failed', [], []]);
    expect(change.detail).toContain('NOT granted ads_management');
  });

  it('may come in drops', async () => {
    const shop = await shopOf([{}], NOON);
    const { ids } = await shop.post(to(shop.ids[0], 55));
    const drip = { kind: 'drip', ms: 20 } as const;
    graph.faults.queue('read', drip);
    graph.faults.queue('validate', drip);
    graph.faults.queue('write', drip);
    await run();
    expect((await shop.one(ids[0])).status).toBe('completed');
  });

  it('counts whole units where the currency has no cents', async () => {
    const extra = { account: { ...NOON.account, currency: 'JPY' }, ad: { daily_budget: 5000 } };
    const shop = await shopOf([{}], extra);
    const { ids } = await shop.post(to(shop.ids[0], 5500, { current_value: 5000 }));
    await run();
    expect((await shop.one(ids[0])).status).toBe('completed');
    expect(graph.world.effects.map(({ before, after }) => [before, after])).toEqual([[5000, 5500]]);
  });
});

describe('a locked object', () => {
  it('takes no change by hand, and none that waited at the door when the lock was set', async () => {
    const shop = await shopOf([{}, {}], NOON);
    const [locked, free] = shop.ids;
    const before = await shop.post(to(locked, 55));
    await shop.plan({ locked_ids: [locked!] });
    const after = await shop.post(to(locked, 55), off(locked), to(free, 55));
    expect(after.rejected.map(({ index, code, pointer }) => [index, code, pointer])).toEqual([
      [0, 'execution.locked', '/changes/0/ad_id'],
      [1, 'execution.locked', '/changes/1/ad_id'],
    ]);
    await run();
    expect(await shop.one(before.ids[0])).toMatchObject({
      ...{ status: 'blocked', blocked_by: 'execution.locked', attempts: [] },
    });
    expect(graph.world.effects.map(({ id }) => id)).toEqual([free]);
    await shop.plan({ locked_ids: [free!] });
    const undo = await shop.call<{ code: string }>(
      ...(['POST', `/v1/execution/changes/${after.ids[2]}/undo`] as const),
    );
    expect([undo.status, undo.body.code]).toEqual([422, 'execution.locked']);
  });
});

describe('a change that is not sure enough', () => {
  it('is refused at the door, and again before it is written', async () => {
    const shop = await shopOf([{}, {}], NOON);
    const waiting = await shop.post(to(shop.ids[0], 55, { confidence: 0.7 }));
    await shop.plan({ confidence_floor: 0.8 });
    const { rejected, ids } = await shop.post(
      to(shop.ids[1], 55, { confidence: 0.79 }),
      to(shop.ids[1], 55, { confidence: 0.8 }),
    );
    expect(rejected.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['execution.confidence_floor', '/changes/0/confidence'],
    ]);
    await run();
    expect((await shop.one(waiting.ids[0])).blocked_by).toBe('execution.confidence_floor');
    expect((await shop.one(ids[1])).status).toBe('completed');
  });
});

describe('the ceiling of the day', () => {
  const CEILING = { ...NOON, plan: { daily_spend_ceiling: 155 } };

  it('refuses at the door what is above it alone, and shows its worst case', async () => {
    const shop = await shopOf([{}, {}, {}], CEILING);
    const { rejected } = await shop.post(to(shop.ids[0], 155.01));
    expect(rejected).toMatchObject([
      { code: 'execution.daily_spend_ceiling', pointer: '/changes/0/requested_value' },
    ]);
    expect(rejected[0]?.detail).toContain('worst case of such a day: 27127');
    const plan = await shop.call('GET', '/v1/execution/plan');
    expect(plan.body).toMatchObject({
      worst_case_daily_exposure: {
        ...{ amount: 262.5, today: 262.5, factor: 1.75 },
        ...{ daily_spend_ceiling: 155, ceiling_worst_case: 271.25 },
      },
    });
  });

  it('counts each object with its highest budget of the day', async () => {
    const shop = await shopOf([{}, {}, {}], CEILING);
    const [a, b, c] = shop.ids;
    await shop.post(to(a, 45));
    await run();
    const { ids } = await shop.post(to(b, 55), to(c, 50.01));
    expect((await shop.call('GET', '/v1/execution/plan')).body).toMatchObject({
      blocked: [{ ad_id: c, blocked_by: 'execution.daily_spend_ceiling' }],
    });
    await run();
    expect((await shop.one(ids[0])).status).toBe('completed');
    const held = await shop.one(ids[1]);
    // 45 are live at `a`, but 50 stood there today: tomorrow there is room.
    expect([held.status, held.blocked_by]).toEqual(['pending', 'execution.daily_spend_ceiling']);
    expect(Date.parse(held.not_before ?? '')).toBeGreaterThan(Date.now() + 10.5 * 3_600_000);
    const never = await shop.post(to(c, 60));
    await run();
    expect((await shop.one(never.ids[0])).status).toBe('blocked');
    expect(graph.world.effects.map(({ id, after }) => [id, after])).toEqual([
      [a, 4500],
      [b, 5500],
    ]);
  });

  it('also holds what would start to spend again', async () => {
    const shop = await shopOf([{}, {}, {}], { ...NOON, plan: { daily_spend_ceiling: 110 } });
    const [a] = shop.ids;
    graph.world.editOutside(a!, { status: 'PAUSED' });
    const { ids } = await shop.post(to(a, 'active', { change_type: 'status' }));
    await run();
    expect((await shop.one(ids[0])).blocked_by).toBe('execution.daily_spend_ceiling');
    expect(graph.world.effects).toEqual([]);
  });

  it('is not passed by two processes that raise at the same time', async () => {
    const shop = await shopOf([{}, {}, {}], CEILING);
    await shop.post(to(shop.ids[0], 55), to(shop.ids[1], 55));
    await atOnce(shop.accountId);
    expect(graph.world.effects).toHaveLength(1);
    await run();
    expect(graph.world.effects).toHaveLength(1);
  });
});

/** Two processes, each with one claimed change of the account, judge and write at the same time. */
async function atOnce(accountId: string): Promise<void> {
  const second = await startTestServer({ schema, env: env() });
  graph.latencyMs = 30;
  const held = [];
  for (const { app } of [server, second]) {
    const { manager } = app.get(DataSource);
    const changes = await claimChanges(manager, `worker ${++counter}`, 1, accountId);
    held.push({ app, changes, pass: await app.get(AccountContexts).of(accountId, changes) });
  }
  expect(held.map(({ changes }) => changes.length)).toEqual([1, 1]);
  await Promise.all(held.map(({ app, changes, pass }) => app.get(GroupRunner).run(changes, pass)));
  graph.latencyMs = 0;
  await second.close();
}

describe('the last object that runs', () => {
  it('stays on when two processes stop the last two at the same time', async () => {
    const shop = await shopOf([{}, {}], NOON);
    const { ids } = await shop.post(...shop.ids.map(off));
    await atOnce(shop.accountId);
    const stopped = () => graph.world.effects.filter(({ after }) => after === 'PAUSED').length;
    expect(stopped()).toBe(1);
    const states = await Promise.all(ids.map(async (id) => (await shop.one(id)).status));
    // Whoever came second could not know yet that the first stop would succeed.
    expect(states.sort()).toEqual(['completed', 'pending']);
    await sql(`update pending_ad_changes set not_before = null where status = 'pending'`);
    await run();
    expect(stopped()).toBe(1);
    const last = await Promise.all(ids.map(async (id) => (await shop.one(id)).blocked_by));
    expect(last.sort()).toEqual(['execution.last_active', null]);
  });

  it('is not the one that a person stopped in the meantime', async () => {
    const shop = await shopOf([{}, {}], NOON);
    graph.world.editOutside(shop.ids[1]!, { status: 'PAUSED' });
    const { ids } = await shop.post(off(shop.ids[0]));
    await run();
    expect(await shop.one(ids[0])).toMatchObject({
      ...{ status: 'blocked', blocked_by: 'execution.last_active' },
    });
  });
});
