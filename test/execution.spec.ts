import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Change {
  id: string;
  status: string;
  ad_id: string;
  blocked_by: string | null;
  not_before: string | null;
  detail: string | null;
  undo_of: string | null;
  requested_by: string;
  before: { value: unknown; source: string } | null;
  after: { value: unknown } | null;
  attempts: { outcome: string; mode: string }[];
}
interface Answer {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; pointer?: string }[];
  ids: (string | null)[];
}
interface Run {
  status: string;
  skip_reason: string | null;
  counts: Record<string, unknown>;
}

let schema: Awaited<ReturnType<typeof createTestSchema>>;
let server: TestServer;
let keys = 0;

beforeAll(async () => {
  schema = await createTestSchema();
  server = await startTestServer({ schema });
});

afterAll(async () => {
  await server.close();
  await schema.drop();
});

const run = async (on = server): Promise<Run> =>
  (await on.admin<Run>('POST', '/admin/jobs/executor/run?wait=true')).body;

const budget = (ad_id: string, requested_value: unknown, extra: Record<string, unknown> = {}) => ({
  ...{ idempotency_key: `k${++keys}`, ad_id, change_type: 'budget', requested_value },
  ...extra,
});

function callsOf(account: TestAccount, on = server) {
  const call = <T>(method: string, path: string, body?: unknown) =>
    on.as<T>(account.key, method, `/v1/execution${path}`, body);
  return {
    call,
    put: (ads: unknown[]) => on.as(account.key, 'PUT', '/v1/ads', { ads }),
    post: async (...changes: unknown[]) =>
      (await call<Answer>('POST', '/changes', { changes })).body,
    one: async (id: string | null | undefined) =>
      (await call<Change>('GET', `/changes/${id}`)).body,
  };
}

/** A simulated account with its ads' ids and budgets. */
async function sandbox(accountId: string) {
  const reply = await server.admin<{ api_key: string }>('POST', '/admin/sandbox', {
    ...{ account_id: accountId, ads: 4, seed: 7, history_days: 1 },
  });
  const account = { accountId, key: reply.body.api_key };
  const listed = await server.as<{ items: { ad_id: string; daily_budget: number }[] }>(
    ...([account.key, 'GET', '/v1/ads'] as const),
  );
  const ads = listed.body.items;
  const advance = (hours: number) =>
    server.admin('POST', `/admin/sandbox/${accountId}/advance`, { hours, turn: false });
  const registered = async (adId: string) =>
    (await server.as<{ daily_budget: number }>(account.key, 'GET', `/v1/ads/${adId}`)).body
      .daily_budget;
  return { account, ads, advance, registered, ...callsOf(account) };
}

const times = (amount: number, factor: number) => Math.floor(amount * factor * 100) / 100;

describe('the door of the queue', () => {
  let shop: ReturnType<typeof callsOf>;
  beforeAll(async () => {
    const account = await createAccount(server, 'door');
    shop = callsOf(account);
    await server.as(account.key, 'PUT', '/v1/ads', {
      ads: [
        adInput('a1', { max_budget: 500 }),
        adInput('gone', { status: 'archived' }),
        adInput('child', { daily_budget: null, parent_id: 'a1' }),
      ],
    });
  });

  it('takes the good items and names what is wrong with each of the others', async () => {
    const answer = await shop.post(
      ...[budget('a1', 55), budget('nobody', 55), budget('a1', 55.555), budget('a1', -1)],
      ...[budget('a1', 1e12), budget('gone', 55), budget('child', 55), budget('a1', 501)],
      ...[{ ...budget('a1', 'deleted'), change_type: 'status' }, { ad_id: 'a1' }],
    );
    expect({ ...answer, ids: answer.ids.map((id) => id !== null) }).toMatchObject({
      ...{ accepted: 1, duplicates: 0 },
      ids: [true, ...Array<boolean>(9).fill(false)],
    });
    expect(answer.rejected.map(({ index, code, pointer }) => [index, code, pointer])).toEqual([
      [1, 'execution.unknown_ad', '/changes/1/ad_id'],
      [2, 'execution.fractional_minor', '/changes/2/requested_value'],
      [3, 'execution.negative_value', '/changes/3/requested_value'],
      [4, 'execution.absurd_value', '/changes/4/requested_value'],
      [5, 'execution.archived_ad', '/changes/5/ad_id'],
      [6, 'execution.not_budget_owner', '/changes/6/ad_id'],
      [7, 'execution.above_max_budget', '/changes/7/requested_value'],
      [8, 'execution.unknown_status', '/changes/8/requested_value'],
      [9, 'execution.invalid', '/changes/9/idempotency_key'],
    ]);
  });

  it('names every kind of nonsense by its place, and keeps what stands beside it', async () => {
    const long = 'x'.repeat(129);
    const bad: [object, string, string][] = [
      [budget('a1', 55, { currency: 'EUR' }), 'execution.other_currency', 'currency'],
      [budget('a1', '55'), 'execution.invalid_value', 'requested_value'],
      [budget('a1', null), 'execution.invalid', 'requested_value'],
      [budget('a1', 1e308), 'execution.absurd_value', 'requested_value'],
      [budget('a1', 55, { current_value: 50.001 }), 'execution.fractional_minor', 'current_value'],
      [budget('a1', 55, { current_value: -1 }), 'execution.negative_value', 'current_value'],
      [budget('a1', true, { change_type: 'status' }), 'execution.invalid', 'requested_value'],
      [budget('a1', 1, { change_type: 'status' }), 'execution.unknown_status', 'requested_value'],
      [
        budget('a1', 'ACTIVE', { change_type: 'status' }),
        'execution.unknown_status',
        'requested_value',
      ],
      [budget('a1', 55, { change_type: 'delete' }), 'execution.invalid', 'change_type'],
      [budget('a1', 55, { not_before: 'tomorrow' }), 'execution.invalid', 'not_before'],
      [budget('a1', 55, { confidence: 1.1 }), 'execution.invalid', 'confidence'],
      [budget(long, 55), 'execution.invalid', 'ad_id'],
      [budget('a1', 55, { idempotency_key: '' }), 'execution.invalid', 'idempotency_key'],
      [budget('a1', 55, { curent_value: 50 }), 'execution.invalid', 'curent_value'],
      [budget('gone', 'paused', { change_type: 'status' }), 'execution.archived_ad', 'ad_id'],
    ];
    const answer = await shop.post(...bad.map(([item]) => item), budget('a1', 55.5));
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ code, pointer }) => [code, pointer])).toEqual(
      bad.map(([, code, field], index) => [code, `/changes/${index}/${field}`]),
    );
    const yen = callsOf(await createAccount(server, 'yen', { currency: 'JPY' }));
    await yen.put([adInput('y1', { daily_budget: 5000 })]);
    const { rejected, accepted } = await yen.post(budget('y1', 5500), budget('y1', 5500.5));
    expect([accepted, rejected.map(({ code }) => code)]).toEqual([
      ...[1, ['execution.fractional_minor']],
    ]);
  });

  it('takes one of many equal requests at the same time, and refuses the other contents', async () => {
    const change = budget('a1', 52);
    const same = await Promise.all(Array.from({ length: 8 }, () => shop.post(change)));
    expect(same.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1);
    expect(new Set(same.map(({ ids }) => ids[0])).size).toBe(1);
    const key = `race${++keys}`;
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, cent) =>
        shop.call('POST', '/changes', {
          changes: [budget('a1', 52 + cent / 100, { idempotency_key: key })],
        }),
      ),
    );
    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses).toEqual([202, ...Array<number>(7).fill(409)]);
  });

  it('knows the same change again and refuses its key for another', async () => {
    const change = budget('a1', 51);
    const first = await shop.post(change);
    expect(await shop.post({ ...change, requested_value: 51.0 })).toEqual({
      ...{ accepted: 0, duplicates: 1, rejected: [], ids: first.ids },
    });
    const other = { ...change, requested_value: 52 };
    const alone = await shop.call<{ code: string }>('POST', '/changes', { changes: [other] });
    expect([alone.status, alone.body.code]).toEqual([409, 'execution.key_conflict']);
    const among = await shop.post(other, budget('a1', 53));
    expect(among.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'execution.key_conflict'],
    ]);
    expect(among.ids[0]).toBe(null);
  });

  it('lets the newest change of an object supersede the ones before it', async () => {
    const { ids } = await shop.post(budget('a1', 54), budget('a1', 55), budget('a1', 56));
    const states = await Promise.all(ids.map(async (id) => (await shop.one(id)).status));
    expect(states).toEqual(['superseded', 'superseded', 'pending']);
  });

  it('lists the newest first, page by page, without losing any', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await shop.call<{ items: Change[]; next_cursor: string | null }>(
        ...(['GET', `/changes?limit=2&ad_id=a1${at}`] as const),
      );
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    const whole = await shop.call<{ items: Change[] }>('GET', '/changes?limit=200');
    expect(seen).toEqual(whole.body.items.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('shows and changes nothing of another account', async () => {
    const { ids } = await shop.post(budget('a1', 57));
    const stranger = callsOf(await createAccount(server, 'stranger'));
    for (const path of [`/changes/${ids[0]}`, `/changes/${ids[0]}/cancel`]) {
      const reply = await stranger.call(path.endsWith('cancel') ? 'POST' : 'GET', path);
      expect(reply.status).toBe(404);
    }
  });

  it('ends a change of a real account as shadowed, for good, and never writes it', async () => {
    const { ids } = await shop.post(budget('a1', 58), budget('a1', 59, { current_value: 40 }));
    const [, drifted] = ids;
    await run();
    expect(await shop.one(drifted)).toMatchObject({
      ...{ status: 'blocked', blocked_by: 'execution.drift', attempts: [] },
    });
    const next = (await shop.post(budget('a1', 60))).ids[0];
    await run();
    expect(await shop.one(next)).toMatchObject({
      ...{ status: 'shadowed', before: { value: 50, source: 'registered' }, attempts: [] },
    });
    for (const action of ['approve', 'cancel', 'undo']) {
      expect((await shop.call('POST', `/changes/${next}/${action}`)).status).toBe(409);
    }
  });
});

describe('the executor on a simulated account', () => {
  it('carries a change out once, with both images, and the registered ad follows', async () => {
    const { ads, post, one, registered } = await sandbox('simple');
    const [ad] = ads;
    const { ad_id, daily_budget } = ad!;
    const wanted = times(daily_budget, 1.1);
    const { ids } = await post(budget(ad_id, wanted, { current_value: daily_budget }));
    expect((await run()).counts).toEqual({ claimed: 1, completed: 1 });
    expect(await one(ids[0])).toMatchObject({
      ...{ status: 'completed', requested_by: 'key:first key', blocked_by: null },
      ...{ before: { value: daily_budget, source: 'platform' }, after: { value: wanted } },
      attempts: [{ outcome: 'completed', mode: 'single' }],
    });
    expect(await registered(ad_id)).toBe(wanted);
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { nothing_due: true } });
  });

  it('bounds eight requests of +20 % within 48 simulated hours, and lets the way back pass', async () => {
    const { ads, advance, post, one, registered } = await sandbox('velocity');
    const { ad_id, daily_budget } = ads[0]!;
    const outcomes: string[] = [];
    for (let request = 0; request < 8; request += 1) {
      const { ids } = await post(budget(ad_id, times(await registered(ad_id), 1.2)));
      await run();
      const { status, blocked_by, not_before } = await one(ids[0]);
      outcomes.push(status);
      if (status === 'pending') {
        expect(blocked_by).toBe('execution.budget_velocity');
        expect(not_before).not.toBe(null);
      }
      await advance(6);
    }
    expect(outcomes).toEqual([
      ...['completed', 'pending', 'pending', 'pending', 'completed', 'pending'],
      ...['pending', 'pending'],
    ]);
    expect(await registered(ad_id)).toBeLessThanOrEqual(daily_budget * 1.44);
    // The last deferred step is due at 48 h by the account's own clock, but the week forbids it
    // then.
    const { ids } = await post(budget(ad_id, daily_budget));
    await run();
    expect(await one(ids[0])).toMatchObject({ status: 'completed' });
  });

  it('releases a deferred change when its time has come on the simulated clock', async () => {
    const { ads, advance, post, one, registered } = await sandbox('release');
    const { ad_id, daily_budget } = ads[0]!;
    await post(budget(ad_id, times(daily_budget, 1.2)));
    await run();
    const { ids } = await post(budget(ad_id, times(daily_budget, 1.3)));
    await run();
    expect((await one(ids[0])).status).toBe('pending');
    await advance(24);
    await run();
    expect((await one(ids[0])).status).toBe('completed');
    expect(await registered(ad_id)).toBe(times(daily_budget, 1.3));
  });

  it('moves money under a full ceiling only when the simulated day is over', async () => {
    const { account, ads, advance, post, one, registered } = await sandbox('ceiling');
    const total = ads.reduce((sum, ad) => sum + ad.daily_budget, 0);
    const scope = { scope_id: 's', campaign_ids: 'all', daily_budget: 1, mode: 'off' };
    const plan = { scopes: [scope], daily_spend_ceiling: Math.round(total * 100) / 100 };
    const put = await server.as(account.key, 'PUT', '/v1/accounts/ceiling/plan', plan);
    expect(put.status).toBe(200);
    const [cut, raised] = ads;
    await post(budget(cut!.ad_id, times(cut!.daily_budget, 0.9)));
    await run();
    const wanted = Math.round((raised!.daily_budget + 1) * 100) / 100;
    const { ids } = await post(budget(raised!.ad_id, wanted));
    await run();
    expect(await one(ids[0])).toMatchObject({
      ...{ status: 'pending', blocked_by: 'execution.daily_spend_ceiling' },
    });
    await advance(24);
    await run();
    expect((await one(ids[0])).status).toBe('completed');
    expect(await registered(raised!.ad_id)).toBe(wanted);
  });

  it('blocks a step that no waiting makes small enough', async () => {
    const { ads, post, one } = await sandbox('never');
    const { ids } = await post(budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.5)));
    await run();
    expect(await one(ids[0])).toMatchObject({
      ...{ status: 'blocked', blocked_by: 'execution.budget_velocity', attempts: [] },
    });
  });

  it('undoes a completed change once, and refuses when it did not complete', async () => {
    const { account, ads, post, one, call, registered } = await sandbox('undo');
    const { ad_id, daily_budget } = ads[0]!;
    const { ids } = await post(budget(ad_id, times(daily_budget, 1.1)));
    const early = await call<{ code: string }>('POST', `/changes/${ids[0]}/undo`);
    expect([early.status, early.body.code]).toEqual([409, 'execution.not_completed']);
    await run();
    // The admin names the account in the body where a key would imply it.
    const undo = await server.admin<Change>('POST', `/v1/execution/changes/${ids[0]}/undo`, {
      account_id: account.accountId,
    });
    expect(undo.status).toBe(202);
    expect(undo.body).toMatchObject({ undo_of: ids[0], status: 'pending', requested_by: 'admin' });
    const again = await call<Change>('POST', `/changes/${ids[0]}/undo`);
    expect(again.body.id).toBe(undo.body.id);
    await run();
    expect((await one(undo.body.id)).status).toBe('completed');
    expect(await registered(ad_id)).toBe(daily_budget);
    const drifted = await call<{ code: string }>('POST', `/changes/${ids[0]}/undo`);
    expect([drifted.status, drifted.body.code]).toEqual([409, 'execution.drift']);
  });

  it('cancels before the write and not after it', async () => {
    const { ads, post, one, call } = await sandbox('cancel');
    const { ids } = await post(budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.1)));
    expect((await call<Change>('POST', `/changes/${ids[0]}/cancel`)).body.status).toBe('cancelled');
    await run();
    expect(await one(ids[0])).toMatchObject({ status: 'cancelled', attempts: [] });
    const done = (await post(budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.1)))).ids[0];
    await run();
    const late = await call<{ code: string }>('POST', `/changes/${done}/cancel`);
    expect([late.status, late.body.code]).toEqual([409, 'execution.not_cancellable']);
  });

  it('queues a decision once, however often it is applied', async () => {
    const { account, ads, post, registered } = await sandbox('decided');
    const total = ads.reduce((sum, ad) => sum + ad.daily_budget, 0);
    const decision = await server.as<{
      decision_id: string;
      recommendations: { ad_id: string; recommended_budget: number; change_pct: number }[];
    }>(account.key, 'POST', '/v1/sampling/allocate', { total_budget: total, seed: 3 });
    const path = `/v1/sampling/decisions/${decision.body.decision_id}/apply`;
    const first = await server.as<{ changes: Change[] }>(account.key, 'POST', path);
    const moves = decision.body.recommendations.filter(({ change_pct }) => change_pct !== 0);
    expect(first.status).toBe(200);
    expect(first.body.changes.map(({ ad_id }) => ad_id).sort()).toEqual(
      moves.map(({ ad_id }) => ad_id).sort(),
    );
    const again = await server.as<{ changes: Change[] }>(account.key, 'POST', path);
    expect(again.body).toEqual(first.body);
    await run();
    for (const { ad_id, recommended_budget } of moves) {
      expect(await registered(ad_id)).toBe(recommended_budget);
    }
    const unknown = await server.as(account.key, 'POST', '/v1/sampling/decisions/none/apply');
    expect(unknown.status).toBe(404);
    expect((await post(budget(ads[0]!.ad_id, 1))).accepted).toBe(1);
  });

  it('plans what it would do, with reasons and the worst case', async () => {
    const { ads, post, call } = await sandbox('plan');
    const [first, second] = ads;
    const { ids } = await post(
      budget(first!.ad_id, times(first!.daily_budget, 1.1)),
      budget(second!.ad_id, times(second!.daily_budget, 2)),
    );
    const { body } = await call<{
      batches: { mode: string; changes: { id: string }[] }[];
      blocked: { id: string; blocked_by: string }[];
      worst_case_daily_exposure: { amount: number; today: number };
    }>('GET', '/plan');
    expect(body).toMatchObject({ mode: 'sandbox', paused: false });
    expect(body.batches.map(({ changes }) => changes.map(({ id }) => id))).toEqual([[ids[0]]]);
    expect(body.blocked.map(({ id, blocked_by }) => [id, blocked_by])).toEqual([
      [ids[1], 'execution.budget_velocity'],
    ]);
    const { amount, today } = body.worst_case_daily_exposure;
    const raise = times(first!.daily_budget, 1.1) - first!.daily_budget;
    expect(amount).toBeCloseTo(today + 1.75 * raise, 1);
  });

  it('stops at the kill switch, over restarts too, and goes on afterwards', async () => {
    const { account, ads, post, one } = await sandbox('switch');
    const paused = await server.admin('POST', '/v1/execution/pause');
    expect(paused.body).toMatchObject({ paused: true, changed_by: 'admin' });
    const { ids } = await post(budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.1)));
    const restarted = await startTestServer({ schema });
    expect(await run(restarted)).toMatchObject({ status: 'skipped', skip_reason: 'paused' });
    expect((await callsOf(account, restarted).one(ids[0])).status).toBe('pending');
    await restarted.close();
    expect((await server.admin('POST', '/v1/execution/resume')).body).toMatchObject({
      ...{ paused: false },
    });
    await run();
    expect((await one(ids[0])).status).toBe('completed');
  });

  it('stops one account by its own key, in every process, and no other one', async () => {
    const [stopped, other] = [await sandbox('switch-own'), await sandbox('switch-other')];
    const raise = ({ ads }: typeof stopped) =>
      budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.1));
    const byAdmin = (path: string, body?: unknown) =>
      server.admin<Record<string, unknown>>('POST', `/v1/execution/${path}`, body);
    const role = async (name: string) => {
      const path = '/v1/accounts/switch-own/keys';
      const made = await server.admin<{ api_key: string }>('POST', path, { name, role: name });
      return made.body.api_key;
    };
    for (const name of ['read', 'ingest']) {
      const denied = await server.as(await role(name), 'POST', '/v1/execution/pause');
      expect(denied.status).toBe(403);
    }
    expect((await stopped.call('POST', '/pause', { account_id: 'switch-other' })).status).toBe(403);
    expect((await byAdmin('resume', { account_id: 7 })).status).toBe(400);
    expect((await byAdmin('pause?account_id=nobody')).status).toBe(404);
    const own = await stopped.call('POST', '/pause');
    expect(own).toMatchObject({
      status: 200,
      body: { paused: true, scope: 'account', account_id: 'switch-own', detail: null },
    });
    // Again, by another: who did it stays.
    const { changed_by } = own.body as { changed_by: string };
    expect(changed_by).toMatch(/^key:/);
    const again = await byAdmin('pause', { account_id: 'switch-own' });
    expect(again.body).toMatchObject({ paused: true, changed_by });
    // Each lifts what is theirs: the admin's pause on top of the key's goes on.
    const colleague = await role('full');
    const resume = (key: string) =>
      server.as<{ code: string; detail: string }>(key, 'POST', '/v1/execution/resume');
    const others = await resume(colleague);
    expect([others.status, others.body.code]).toEqual([409, 'execution.paused_by_other']);
    expect(others.body.detail).toContain(changed_by);
    await stopped.call('POST', '/pause');
    expect((await stopped.call('POST', '/resume')).body).toMatchObject({
      ...{ paused: true, scope: 'account', changed_by: 'admin' },
    });
    const refused = await resume(stopped.account.key);
    expect([refused.status, refused.body.code]).toEqual([409, 'execution.paused_by_other']);
    expect(refused.body.detail).toContain('admin');
    expect((await byAdmin('resume', { account_id: 'switch-own' })).body['paused']).toBe(false);
    await stopped.call('POST', '/pause');
    const plan = await stopped.call('GET', '/plan');
    expect(plan.body).toMatchObject({ paused: true, paused_by: { scope: 'account', changed_by } });
    expect((await other.call('GET', '/plan')).body).toMatchObject({
      ...{ paused: false, paused_by: null },
    });
    const held = (await stopped.post(raise(stopped))).ids[0];
    const free = (await other.post(raise(other))).ids[0];
    const second = await startTestServer({ schema });
    try {
      await run(second);
      expect((await stopped.one(held)).status).toBe('pending');
      expect((await other.one(free)).status).toBe('completed');
      // Nothing is left to do, and not everything is paused.
      expect((await run(second)).skip_reason).not.toBe('paused');
    } finally {
      await second.close();
    }
    const loop = await server.admin('GET', '/admin/loop?account_id=switch-own');
    expect(JSON.stringify(loop.body)).toContain('Execution of this account was paused by key:');

    await byAdmin('pause');
    expect((await stopped.call('POST', '/resume')).body).toMatchObject({
      ...{ paused: true, scope: 'all', changed_by: 'admin' },
      detail: 'All accounts are paused by admin: nothing is written until that ends too.',
    });
    await run();
    expect((await stopped.one(held)).status).toBe('pending');
    await byAdmin('resume');
    await run();
    expect((await stopped.one(held)).status).toBe('completed');
  });
});

describe('a server that starts work by itself', () => {
  it('carries out a due change within two seconds', async () => {
    const { account, ads } = await sandbox('by-itself');
    const busy = await startTestServer({ schema, env: { CRON_ENABLED: 'true' } });
    try {
      const { post, one } = callsOf(account, busy);
      const { ids } = await post(budget(ads[0]!.ad_id, times(ads[0]!.daily_budget, 1.1)));
      const started = performance.now();
      while ((await one(ids[0])).status !== 'completed') {
        if (performance.now() - started > 10_000) throw new Error('never carried out');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(performance.now() - started).toBeLessThan(2500);
    } finally {
      await busy.close();
    }
  });
});
