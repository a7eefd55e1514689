// From a decision to its changes: one that cannot be queued keeps no other waiting, one that came
// too late is refused, and what waits for a person has an end.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ExecutorService } from '../src/execution/index.js';
import { Clock } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Change {
  id: string;
  idempotency_key: string;
  ad_id: string;
  status: string;
  blocked_by: string | null;
  expires_at: string | null;
}
interface Decision {
  decision_id: string;
  code: string;
  detail: string;
  queued_at: string | null;
  queue_failed_at: string | null;
  queue_failure: string | null;
  recommendations: { action: string }[];
}
interface Run {
  status: string;
  error: string | null;
  counts: Record<string, unknown>;
}

const HOUR = 3_600_000;
const LONG = 'x'.repeat(128);

class TurnedClock extends Clock {
  ahead = 0;

  now(): Date {
    return new Date(Date.now() + this.ahead);
  }
}

const clock = new TurnedClock();
let schema: Awaited<ReturnType<typeof createTestSchema>>;
let server: TestServer;
let counter = 0;

beforeAll(async () => {
  schema = await createTestSchema();
  server = await startTestServer({ schema, clock });
});
afterAll(async () => {
  await server.close();
  await schema.drop();
});

const sql = (statement: string, values: unknown[] = []) =>
  server.app.get(DataSource).query<Record<string, unknown>[]>(statement, values);
const job = async (): Promise<Run> =>
  (await server.admin<Run>('POST', '/admin/jobs/executor/run?wait=true')).body;

/** An account whose next decision moves money from one ad to another. */
async function shopOf(adIds = ['a', 'b'], extra: object = {}) {
  const account: TestAccount = await createAccount(server, `queue${++counter}`, { ...extra });
  const call = async <T>(method: string, path: string, body?: unknown) =>
    server.as<T>(account.key, method, path, body);
  await call('PUT', '/v1/ads', { ads: adIds.map((adId) => adInput(adId)) });
  const observed_at = new Date(clock.now().getTime() - HOUR).toISOString();
  const measured = { observed_at, impressions: 100_000, clicks: 2000, spend: 150 };
  await call('POST', '/v1/metrics', {
    snapshots: adIds.map((ad_id, index) => ({
      ...{ ad_id, ...measured, conversions: index === 0 ? 100 : 10 },
      revenue: index === 0 ? 9000 : 900,
    })),
  });
  const allocateAnswer = (body: object) =>
    call<Decision>('POST', '/v1/sampling/allocate', {
      ...{ total_budget: 50 * adIds.length, seed: 1, apply: false },
      ...body,
    });
  const allocate = async (body: object = {}) => (await allocateAnswer(body)).body.decision_id;
  const apply = (id: string) => call<Decision>('POST', `/v1/sampling/decisions/${id}/apply`);
  const decision = async (id: string) =>
    (await call<Decision>('GET', `/v1/sampling/decisions/${id}`)).body;
  const changes = async (query = '') =>
    (await call<{ items: Change[] }>('GET', `/v1/execution/changes?limit=100${query}`)).body.items;
  const { accountId } = account;
  return { accountId, call, allocateAnswer, allocate, apply, decision, changes };
}

/** Spoils a stored decision, and mends it again. */
const respell = (id: string, from: string, to: string) =>
  sql(
    `update sampling_decisions
        set inputs = replace(inputs::text, '"currency":"' || $2 || '"',
                             '"currency":"' || $3 || '"')::json
      where decision_id = $1`,
    [id, from, to],
  );

const states = (changes: Change[]) => [...new Set(changes.map(({ status }) => status))];

describe('the queue of decisions', () => {
  it('puts aside the one that cannot be queued and queues the others', async () => {
    const [spoilt, well] = [await shopOf(), await shopOf()];
    const bad = await spoilt.allocate({ apply: true });
    const good = await well.allocate({ apply: true });
    await respell(bad, 'USD', 'XXQ');
    const run = await job();
    expect(run.status).toBe('succeeded');
    expect(run.counts).toMatchObject({ failed: 1, shadowed: 2 });
    expect(run.error).toContain(`account ${spoilt.accountId}: decision ${bad} was put aside`);
    expect((await well.decision(good)).queued_at).not.toBe(null);
    const aside = await spoilt.decision(bad);
    expect(aside.queued_at).toBe(null);
    expect(aside.queue_failed_at).not.toBe(null);
    expect(aside.queue_failure).toContain('XXQ');
    const loop = await server.admin<{ stages: { name: string; stuck: { remedy: string }[] }[] }>(
      ...(['GET', `/admin/loop?account_id=${spoilt.accountId}`] as const),
    );
    const stuck = loop.body.stages.find(({ name }) => name === 'decide')?.stuck ?? [];
    expect(stuck.map(({ remedy }) => remedy).join()).toContain('XXQ');
    // The next pass finds nothing of it, and says so.
    expect(await job()).toMatchObject({ status: 'succeeded', error: null });
  });

  it('fails a run in which nothing succeeded', async () => {
    const shop = await shopOf();
    const id = await shop.allocate({ apply: true });
    await respell(id, 'USD', 'XXQ');
    expect(await job()).toMatchObject({ status: 'failed', counts: {} });
  });

  it('queues moves of ads with the longest of ids, once', async () => {
    const shop = await shopOf([LONG, `${LONG.slice(1)}y`, 'short']);
    const id = await shop.allocate({ apply: true });
    expect(await job()).toMatchObject({ status: 'succeeded' });
    const changes = await shop.changes(`&decision_id=${id}`);
    expect(changes.length).toBeGreaterThan(1);
    expect(new Set(changes.map((one) => one.idempotency_key)).size).toBe(changes.length);
    expect(changes.every((one) => one.idempotency_key.length <= 128)).toBe(true);
    await sql(`update sampling_decisions set queued_at = null where decision_id = $1`, [id]);
    await job();
    expect(await shop.changes(`&decision_id=${id}`)).toHaveLength(changes.length);
  });

  it('applies one account and leaves the decisions of others to the executor', async () => {
    const [own, other] = [await shopOf(), await shopOf()];
    const theirs = await other.allocate({ apply: true });
    await respell(theirs, 'USD', 'XXQ');
    const id = await own.allocate();
    const reply = await own.apply(id);
    expect(reply.status).toBe(200);
    expect(await other.decision(theirs)).toMatchObject({ queue_failed_at: null });
    await job();
  });

  it('tells a person who applies it why a decision is put aside, and tries again when asked', async () => {
    const shop = await shopOf();
    const id = await shop.allocate();
    await respell(id, 'USD', 'XXQ');
    const refused = await shop.apply(id);
    expect([refused.status, refused.body.code]).toEqual([422, 'execution.decision_not_queued']);
    expect(refused.body.detail).toContain('XXQ');
    await respell(id, 'XXQ', 'USD');
    expect((await shop.apply(id)).status).toBe(200);
    expect((await shop.changes(`&decision_id=${id}`)).length).toBeGreaterThan(0);
    await job();
  });
});

describe('a decision that comes too late', () => {
  it('is refused when a newer one of these ads was applied, and leaves that one alone', async () => {
    const shop = await shopOf();
    const minutesAgo = (minutes: number) =>
      new Date(clock.now().getTime() - minutes * 60_000).toISOString();
    const old = await shop.allocate({ as_of: minutesAgo(9), seed: 3 });
    const newer = await shop.allocate({ as_of: minutesAgo(5) });
    expect((await shop.apply(newer)).status).toBe(200);
    const before = await shop.changes();
    const refused = await shop.apply(old);
    expect([refused.status, refused.body.code]).toEqual([409, 'sampling.decision_stale']);
    expect(refused.body.detail).toContain(newer);
    expect(await shop.changes()).toEqual(before);
    // Applying the newer one again still answers its changes.
    expect((await shop.apply(newer)).status).toBe(200);
    await job();
  });

  it('is put aside by the queue as well, and supersedes nothing newer', async () => {
    const shop = await shopOf();
    const minutesAgo = (minutes: number) =>
      new Date(clock.now().getTime() - minutes * 60_000).toISOString();
    const old = await shop.allocate({ as_of: minutesAgo(9), seed: 3 });
    const newer = await shop.allocate({ as_of: minutesAgo(5) });
    await shop.apply(newer);
    await sql(
      `update sampling_decisions set apply_requested_at = now(), apply_requested_by = 'x'
        where decision_id = $1`,
      [old],
    );
    await server.app.get(ExecutorService).poll();
    expect((await shop.decision(old)).queue_failure).toContain(newer);
    expect(await shop.changes(`&decision_id=${old}`)).toEqual([]);
    const states = (await shop.changes(`&decision_id=${newer}`)).map(({ status }) => status);
    expect(states).not.toContain('superseded');
    await job();
  });

  it('is not even recorded when it is asked for and marked in one request', async () => {
    const shop = await shopOf();
    const ask = (minutes: number) =>
      shop.allocateAnswer({
        apply: true,
        as_of: new Date(clock.now().getTime() - minutes * 60_000).toISOString(),
      });
    const answers = [await ask(25 * 60), await ask(5), await ask(9)];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'sampling.decision_stale'],
      [200, undefined],
      [409, 'sampling.decision_stale'],
    ]);
    expect(answers[2]?.body.detail).toContain(answers[1]?.body.decision_id);
    await job();
  });

  it('is refused after a day by the clock of the account', async () => {
    const shop = await shopOf();
    const id = await shop.allocate();
    clock.ahead += 24 * HOUR + 60_000;
    const refused = await shop.apply(id);
    expect([refused.status, refused.body.code]).toEqual([409, 'sampling.decision_stale']);
    const fresh = await shop.allocate();
    clock.ahead += 24 * HOUR - 60_000;
    expect((await shop.apply(fresh)).status).toBe(200);
    await job();
  });
});

describe('a change that waits for a person', () => {
  /** A simulated account whose plan asks first, and what waits in it. */
  async function asking() {
    const accountId = `asking${++counter}`;
    const reply = await server.admin<{ api_key: string }>('POST', '/admin/sandbox', {
      ...{ account_id: accountId, ads: 6, seed: 7, history_days: 8 },
    });
    const key = reply.body.api_key;
    const call = async <T>(method: string, path: string, body?: unknown) =>
      (await server.as<T>(key, method, path, body)).body;
    const advance = (hours: number, turn: boolean) =>
      server.admin('POST', `/admin/sandbox/${accountId}/advance`, { hours, turn });
    const scope = { scope_id: 's', campaign_ids: 'all', daily_budget: 300, mode: 'approve' };
    await server.admin('PUT', `/v1/accounts/${accountId}/plan`, {
      scopes: [{ ...scope, apply_window: '00:00-24:00' }],
    });
    await server.admin('POST', '/admin/jobs/allocate/run?wait=true');
    await job();
    const changes = async () =>
      (await call<{ items: Change[] }>('GET', '/v1/execution/changes?limit=200')).items;
    return { accountId, call, advance, changes };
  }

  it('says until when, and is not overtaken by the clock of a simulated account', async () => {
    const shop = await asking();
    const asked = await shop.changes();
    expect(asked.length).toBeGreaterThan(0);
    expect(states(asked)).toEqual(['awaiting_approval']);
    const { as_of } = await shop.call<{ as_of: string }>('GET', '/v1/execution/plan');
    const until = new Date(new Date(as_of).getTime() + 24 * HOUR).toISOString();
    expect(new Set(asked.map(({ expires_at }) => expires_at))).toEqual(new Set([until]));
    await shop.advance(24, true);
    // Exactly a day on there is still time.
    await job();
    const after = await shop.changes();
    expect(after.map(({ id, status }) => [id, status])).toEqual(
      asked.map(({ id }) => [id, 'awaiting_approval']),
    );
  });

  it('is cancelled after 24 hours of the account, and cannot be agreed to any more', async () => {
    const shop = await asking();
    const [asked] = await shop.changes();
    await shop.advance(24, false);
    await shop.advance(6, false);
    const late = await shop.call<{ code: string }>(
      ...(['POST', `/v1/execution/changes/${asked?.id}/approve`] as const),
    );
    expect(late.code).toBe('execution.approval_expired');
    await job();
    const over = await shop.changes();
    expect(states(over)).toEqual(['cancelled']);
    expect(over[0]).toMatchObject({
      ...{ blocked_by: 'execution.approval_expired', expires_at: null },
    });
  });

  it('gives way to a newer decision that a person applies', async () => {
    const shop = await asking();
    const asked = await shop.changes();
    await shop.advance(6, false);
    const { decision_id } = await shop.call<Decision>('POST', '/v1/sampling/allocate', {
      ...{ total_budget: 300, seed: 5, apply: false },
    });
    await shop.call('POST', `/v1/sampling/decisions/${decision_id}/apply`);
    const now = new Map((await shop.changes()).map(({ id, status }) => [id, status]));
    expect(new Set(asked.map(({ id }) => now.get(id)))).toEqual(new Set(['superseded']));
  });
});
