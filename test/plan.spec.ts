// The plan and the job that works from it alone, over HTTP on simulated accounts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SandboxWorlds, type SandboxWorld } from '../src/platforms/index.js';
import { adInput, createAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Run {
  status: string;
  skip_reason: string | null;
  counts: Record<string, unknown>;
}
interface Recommendation {
  confidence: number;
  ad_id: string;
  current_budget: number;
  recommended_budget: number;
  action: string;
}
interface Decision {
  decision_id: string;
  scope_id: string | null;
  local_day: string | null;
  created_by: string;
  total_budget: number;
  queued_at: string | null;
  notes: string[];
  recommendations: Recommendation[];
}
interface Change {
  id: string;
  ad_id: string;
  status: string;
  blocked_by: string | null;
}
interface Faulty {
  errors: { pointer: string; detail: string }[];
}

const ALL_DAY = '00:00-24:00';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function job(name: string, body?: unknown): Promise<Run> {
  return (await server.admin<Run>('POST', `/admin/jobs/${name}/run?wait=true`, body)).body;
}

async function sandbox(accountId: string, seed = 7) {
  const reply = await server.admin<{ api_key: string }>('POST', '/admin/sandbox', {
    ...{ account_id: accountId, ads: 6, seed, history_days: 8 },
  });
  const key = reply.body.api_key;
  const get = async <T>(path: string) => (await server.as<T>(key, 'GET', path)).body;
  const world = () => server.app.get(SandboxWorlds).read(accountId);
  return {
    key,
    get,
    world,
    plan: (scope: Record<string, unknown>, extra: Record<string, unknown> = {}) =>
      server.as<Faulty>(key, 'PUT', `/v1/accounts/${accountId}/plan`, {
        scopes: [{ scope_id: 's', campaign_ids: 'all', apply_window: ALL_DAY, ...scope }],
        ...extra,
      }),
    remove: () => server.as(key, 'PUT', `/v1/accounts/${accountId}/plan`, { scopes: [] }),
    decisions: async () => {
      const { items } = await get<{ items: Decision[] }>('/v1/sampling/decisions');
      const whole = (id: string) => get<Decision>(`/v1/sampling/decisions/${id}`);
      return Promise.all(items.map(({ decision_id: id }) => whole(id)));
    },
    changes: async () => (await get<{ items: Change[] }>('/v1/execution/changes?limit=200')).items,
    advance: (hours: number) =>
      server.admin('POST', `/admin/sandbox/${accountId}/advance`, { hours, turn: false }),
    edit: (change: (world: SandboxWorld) => SandboxWorld) =>
      server.app.get(SandboxWorlds).change(accountId, change),
  };
}

const spend = (world: SandboxWorld) =>
  world.ads
    .filter(({ launched, status }) => launched && status === 'active')
    .reduce((sum, { dailyBudgetMinor }) => sum + dailyBudgetMinor, 0);

describe('the plan', () => {
  it('makes the job skip while no account has one', async () => {
    expect(await job('allocate')).toMatchObject({ status: 'skipped', skip_reason: 'no_plan' });
  });

  it("is set by the account's own key, shown with the account, and kept from other keys", async () => {
    const { key } = await createAccount(server, 'planned');
    const other = await createAccount(server, 'curious');
    const path = '/v1/accounts/planned/plan';
    const plan = { scopes: [{ scope_id: 'a', campaign_ids: 'all', daily_budget: 5, mode: 'off' }] };
    const put = await server.as(key, 'PUT', path, plan);
    expect([put.status, put.body]).toEqual([200, plan]);
    expect((await server.as(key, 'GET', '/v1/accounts/planned')).body['plan']).toEqual(plan);
    expect((await server.as(key, 'GET', path)).body).toEqual(plan);
    expect((await server.as(other.key, 'PUT', path, plan)).status).toBe(403);
    expect((await server.as(other.key, 'GET', '/v1/accounts/curious/plan')).status).toBe(404);
    const reader = await server.admin<{ api_key: string }>('POST', '/v1/accounts/planned/keys', {
      role: 'read',
    });
    expect((await server.as(reader.body.api_key, 'PUT', path, plan)).status).toBe(403);
    const run = await job('allocate');
    expect(run).toMatchObject({ status: 'succeeded', counts: { nothing_due: true, off: 1 } });
    await server.as(key, 'PUT', path, { scopes: [] });
  });

  it('warns of campaigns and locked ads that the account does not have', async () => {
    const { key } = await createAccount(server, 'warned');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('known', { campaign_id: 'c1' })] });
    const reply = await server.as(key, 'PUT', '/v1/accounts/warned/plan', {
      scopes: [
        {
          ...{ scope_id: 'a', campaign_ids: ['c1', 'c9'], daily_budget: 5, mode: 'off' },
          locked_ids: ['known', 'konwn'],
        },
      ],
    });
    expect([reply.status, reply.body['warnings']]).toEqual([
      200,
      [
        { pointer: '/scopes/0/campaign_ids/1', detail: 'names no campaign of the account yet' },
        { pointer: '/scopes/0/locked_ids/1', detail: 'names no ad of the account yet' },
      ],
    ]);
    await server.as(key, 'PUT', '/v1/accounts/warned/plan', { scopes: [] });
  });

  it('names every fault at once', async () => {
    const { key } = await createAccount(server, 'faulty');
    const scope = { scope_id: 'a', campaign_ids: ['c1'], mode: 'live' };
    const reply = await server.as<Faulty>(key, 'PUT', '/v1/accounts/faulty/plan', {
      scopes: [
        { ...scope, daily_budget: 5.005 },
        { ...scope, daily_budget: 5, monthly_budget: 100, objective: 'target_cpa' },
        { ...scope, scope_id: 'b', campaign_ids: ['c2'], target: 3 },
      ],
    });
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map(({ pointer }) => pointer)).toEqual([
      '/scopes/0/daily_budget',
      '/scopes/1/daily_budget',
      '/scopes/1/target',
      '/scopes/2/daily_budget',
      '/scopes/2/target',
      '/scopes/1/scope_id',
      '/scopes/1/campaign_ids',
    ]);
    const shape = await server.as<Faulty>(key, 'PUT', '/v1/accounts/faulty/plan', {
      scopes: [{ ...scope, daily_budget: 5, apply_window: '25:00-26:00' }],
      confidence_floor: 2,
    });
    expect(shape.body.errors.map(({ pointer }) => pointer)).toEqual([
      '/scopes/0/apply_window',
      '/confidence_floor',
    ]);
    const policy = await server.as<Faulty>(key, 'PUT', '/v1/accounts/faulty/plan', {
      scopes: [{ ...scope, daily_budget: 5, policy: 'magic' }],
    });
    expect(policy.body.errors).toMatchObject([{ pointer: '/scopes/0/policy' }]);
  });
});

describe('the allocate job', () => {
  it('decides once per local day within the window, and a shadow scope changes nothing', async () => {
    const shop = await sandbox('shadowed');
    const total = spend(await shop.world()) / 100;
    await shop.plan({ daily_budget: total, mode: 'shadow', apply_window: '01:00-01:05' });
    expect(await job('allocate')).toMatchObject({
      status: 'succeeded',
      counts: { nothing_due: true, outside_window: 1 },
    });
    await shop.plan({ daily_budget: total, mode: 'shadow' });
    expect((await job('allocate')).counts).toEqual({ decided_shadow: 1 });
    expect((await job('allocate')).counts).toEqual({ decided_before: 1, nothing_due: true });
    const [decision, ...more] = await shop.decisions();
    expect(more).toEqual([]);
    expect(decision).toMatchObject({ scope_id: 's', created_by: 'job:allocate', queued_at: null });
    await job('executor');
    expect(await shop.changes()).toEqual([]);
    await shop.advance(24);
    expect((await job('allocate')).counts).toEqual({ decided_shadow: 1 });
    const replayed = await shop.get<{ replay: { matches: boolean } }>(
      `/v1/sampling/decisions/${decision?.decision_id}?replay=true`,
    );
    expect(replayed.replay.matches).toBe(true);
    await shop.remove();
  });

  it('carries a live scope out, leaves locked ads alone and keeps the sum', async () => {
    const shop = await sandbox('live');
    const before = await shop.world();
    const [locked] = before.ads;
    const total = spend(before) / 100;
    await shop.plan({ daily_budget: total, mode: 'live', locked_ids: [locked?.adId] });
    expect((await job('allocate')).counts).toEqual({ decided_live: 1 });
    const run = await job('executor');
    const changes = await shop.changes();
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.map(({ status }) => status)).toEqual(changes.map(() => 'completed'));
    expect(run.counts['completed']).toBe(changes.length);
    expect(changes.some(({ ad_id }) => ad_id === locked?.adId)).toBe(false);
    expect(spend(await shop.world())).toBe(Math.round(total * 100));
    await shop.remove();
  });

  it('asks a person first in approve mode, waits a day for the answer, and then asks anew', async () => {
    const shop = await sandbox('approved');
    await shop.plan({ daily_budget: spend(await shop.world()) / 100, mode: 'approve' });
    await job('allocate');
    await job('executor');
    const asked = await shop.changes();
    const statesNow = async () => {
      const states = new Map((await shop.changes()).map(({ id, status }) => [id, status]));
      return new Set(asked.map(({ id }) => states.get(id)));
    };
    expect(await statesNow()).toEqual(new Set(['awaiting_approval']));
    await shop.advance(24);
    expect((await job('allocate')).counts).toEqual({ approval_waiting: 1, nothing_due: true });
    // Nor does the clock decide over a person's head.
    const turned = await server.admin<{ decision_id: string | null }>(
      ...(['POST', '/admin/sandbox/approved/advance', { hours: 6, turn: true }] as const),
    );
    expect(turned.body.decision_id).toBeNull();
    expect(await statesNow()).toEqual(new Set(['awaiting_approval']));
    await job('executor');
    expect(await statesNow()).toEqual(new Set(['cancelled']));
    expect((await job('allocate')).counts).toEqual({ decided_approve: 1 });
    await shop.remove();
  });

  it('never spends more when a reduction fails: its increase is not released', async () => {
    const shop = await sandbox('halfway', 11);
    const total = spend(await shop.world());
    await shop.plan({ daily_budget: total / 100, mode: 'live' });
    await job('allocate');
    const [decision] = await shop.decisions();
    const cut = (decision?.recommendations ?? []).filter(({ action }) => action === 'reduce');
    expect(cut.length).toBeGreaterThan(0);
    // Somebody lowers every ad that was to be reduced by a cent: all reductions are refused as
    // drift.
    const drifted = new Set(cut.map(({ ad_id }) => ad_id));
    await shop.edit((world) => ({
      ...world,
      ads: world.ads.map((ad) =>
        drifted.has(ad.adId) ? { ...ad, dailyBudgetMinor: ad.dailyBudgetMinor - 1 } : ad,
      ),
    }));
    await job('executor');
    const changes = await shop.changes();
    const why = (reduced: boolean) =>
      new Set(
        changes
          .filter(({ ad_id }) => drifted.has(ad_id) === reduced)
          .map(({ status, blocked_by }) => `${status} ${blocked_by}`),
      );
    expect(why(true)).toEqual(new Set(['blocked execution.drift']));
    expect(why(false)).toEqual(new Set(['blocked execution.money_not_free']));
    expect(spend(await shop.world())).toBe(total - drifted.size);
    await shop.remove();
  });

  it('paces a month, stays under the ceiling, and says when a target holds money back', async () => {
    const shop = await sandbox('paced');
    await shop.plan({ monthly_budget: 3_000, mode: 'shadow' }, { daily_spend_ceiling: 50 });
    await job('allocate');
    const [paced] = await shop.decisions();
    expect(paced?.total_budget).toBeLessThanOrEqual(50);
    await shop.advance(24);
    await shop.plan({ daily_budget: 500, mode: 'shadow', objective: 'target_roas', target: 1000 });
    await job('allocate');
    const [held] = await shop.decisions();
    expect(held?.total_budget).toBe(0);
    expect(held?.notes.join(' ')).toMatch(/target_roas of 1000 holds the day at 0 %/);
    await shop.advance(24);
    await shop.plan({ daily_budget: 500, mode: 'shadow', objective: 'target_cpa', target: 9999 });
    await job('allocate');
    expect((await shop.decisions())[0]?.total_budget).toBe(500);
    await shop.remove();
  });

  it('makes no move that is less sure than the floor', async () => {
    const shop = await sandbox('unsure');
    const total = spend(await shop.world()) / 100;
    await shop.plan({ daily_budget: total, mode: 'shadow' }, { confidence_floor: 1 });
    await job('allocate');
    const [decision] = await shop.decisions();
    const unsure = decision?.recommendations.filter(({ confidence }) => confidence < 1) ?? [];
    expect(new Set(unsure.map(({ action }) => action))).toEqual(new Set(['hold']));
    await shop.remove();
  });

  it('counts a scope that cannot be decided and goes on with the others', async () => {
    const { key } = await createAccount(server, 'empty');
    const shop = await sandbox('beside');
    const scope = { scope_id: 's', campaign_ids: 'all', apply_window: ALL_DAY, mode: 'live' };
    await server.as(key, 'PUT', '/v1/accounts/empty/plan', {
      scopes: [{ ...scope, daily_budget: 5 }],
    });
    await shop.plan({ daily_budget: 500, mode: 'shadow' });
    expect((await job('allocate')).counts).toEqual({ refused: 1, decided_shadow: 1 });
  });
});
