// An account with everything in it goes, and its neighbour stays.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AccountsService } from '../src/accounts/index.js';
import { AccountRemoval } from '../src/admin/index.js';
import { Config, Lifecycle, Log } from '../src/shared/index.js';
import { adInput, createAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

const now = () => new Date().toISOString();
const CONVERSION = {
  event_name: 'Purchase',
  action_source: 'website',
  event_source_url: 'https://shop.example/',
  user_data: { em: 'a@example.com', client_user_agent: 'x', external_id: 'c-1' },
  custom_data: { value: 9, currency: 'USD', order_id: 'o-1' },
};

const PLAN = {
  scopes: [{ scope_id: 's', campaign_ids: 'all', daily_budget: 100, mode: 'off' }],
};

let server: TestServer;
let overtaken = 0;
let database: DataSource;

beforeAll(async () => {
  server = await startTestServer();
  database = server.app.get(DataSource);
});
afterAll(() => server.close());

/** Rows of the account by table, of every table that has such a column; empty ones left out. */
async function rowsOf(accountId: string): Promise<Record<string, number>> {
  const tables: { name: string }[] = await database.query(
    `select c.table_name as name
       from information_schema.columns c
       join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = current_schema() and c.column_name = 'account_id'
        and t.table_type = 'BASE TABLE'
      order by 1`,
  );
  const counts: [string, number][] = [];
  for (const { name } of tables) {
    const [row]: { count: number }[] = await database.query(
      `select count(*)::int as count from "${name}" where account_id = $1`,
      [accountId],
    );
    if (row && row.count > 0) counts.push([name, row.count]);
  }
  return Object.fromEntries(counts);
}

/** Simulated, so that its changes are carried out; with something of every kind. */
async function fullAccount(accountId: string): Promise<string> {
  const made = await server.admin<{ api_key: string }>('POST', '/admin/sandbox', {
    account_id: accountId,
    ads: 3,
    seed: 4,
  });
  expect(made.status).toBe(201);
  const { api_key: key } = made.body;
  const post = async (method: string, path: string, body: unknown) => {
    const reply = await server.as(key, method, path, body);
    expect([path, reply.status < 300, reply.body]).toEqual([path, true, reply.body]);
    return reply.body;
  };
  await server.admin('POST', `/admin/sandbox/${accountId}/advance`, { hours: 24, turn: true });
  await post('PUT', '/v1/ads', { ads: [adInput('own')] });
  await post('PUT', `/v1/accounts/${accountId}/plan`, PLAN);
  await post('PUT', `/v1/accounts/${accountId}/credentials`, {
    bluesky: { actor: 'shop.example.com' },
  });
  await post('POST', '/v1/metrics', {
    days: [{ ad_id: 'own', date: '2026-11-20', impressions: 10, clicks: 1, spend: 1 }],
  });
  await post('POST', '/v1/metrics', {
    days: [{ ad_id: 'own', date: '2026-11-20', impressions: 12, clicks: 1, spend: 1 }],
  });
  await post('POST', '/v1/events', {
    events: [
      { event_id: 'e1', ad_id: 'own', type: 'click', occurred_at: now(), click_id: 'k1' },
      { event_id: 'e2', ad_id: 'own', type: 'conversion', occurred_at: now(), click_id: 'k1' },
    ],
  });
  await post('POST', '/v1/clicks', {
    clicks: [{ click_id: 'k2', ad_id: 'own', landed_at: now() }],
  });
  await post('PUT', '/v1/attribution/stages', {
    stages: [{ stage: 'lead', value: 1, probability: 0.5 }],
  });
  const event_time = Math.floor(Date.now() / 1000);
  await post('POST', '/v1/conversions', {
    data: [{ ...CONVERSION, event_time, event_id: 'c1', ad_id: 'own' }],
  });
  await post('POST', '/v1/conversions/adjustments', {
    adjustments: [{ adjustment_id: 'a1', event_id: 'c1', kind: 'cancel', occurred_at: now() }],
  });
  await post('POST', '/v1/execution/changes', {
    changes: [
      {
        ...{ idempotency_key: 'late', ad_id: 'own', change_type: 'budget', requested_value: 51 },
        not_before: '2027-06-01T00:00:00Z',
      },
    ],
  });
  await post('POST', '/v1/execution/pause', {});
  // More than one statement deletes.
  await database.query(
    `insert into ads (account_id, ad_id, entity_type, campaign_id, status, creative)
     select $1, 'many-' || n, 'adset', 'c', 'paused', '{}' from generate_series(1, 5001) n`,
    [accountId],
  );
  return key;
}

describe('the removal of an account', () => {
  it('leaves no row of it in any table, and its keys open nothing', async () => {
    const key = await fullAccount('gone');
    const neighbour = await createAccount(server, 'stays');
    await server.as(neighbour.key, 'PUT', '/v1/ads', { ads: [adInput('own')] });
    const stays = await rowsOf('stays');
    expect(Object.keys(await rowsOf('gone')).length).toBeGreaterThan(24);
    const path = '/v1/accounts/gone?confirm=Sandbox%20(simulated)';
    const [reply] = await Promise.all([
      server.admin('DELETE', path),
      ...Array.from({ length: 20 }, (_, index) =>
        server.as(key, 'PUT', '/v1/ads', { ads: [adInput(`more-${index}`)] }),
      ),
    ]);
    expect(reply.status).toBe(204);
    expect(await rowsOf('gone')).toEqual({});
    expect(await rowsOf('stays')).toEqual(stays);
    expect((await server.as(key, 'GET', '/v1/ads')).status).toBe(401);
    expect((await server.admin('GET', '/v1/accounts/gone')).status).toBe(404);
    expect((await server.admin('DELETE', path)).status).toBe(404);
  });

  it('sweeps what a job stores late, whichever process runs by then', async () => {
    const { key } = await createAccount(server, 'late');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('a')] });
    await server.admin('DELETE', '/v1/accounts/late?confirm=late');
    const store = () =>
      database.query(`insert into ad_arrivals (account_id, ad_id) values ('late', 'b')`);
    const age = (interval: string) =>
      database.query(
        `update removed_accounts
            set removed_at = removed_at - $1::interval, swept_at = swept_at - $1::interval`,
        [interval],
      );
    // Only the rows know of the sweeps: the process that removed the account may be gone.
    const removal = new AccountRemoval(
      database,
      server.app.get(AccountsService),
      server.app.get(Config),
      new Lifecycle(),
      server.app.get(Log),
    );
    for (const [interval, erased] of [
      ['1 second', 0],
      ['1 minute', 1],
      ['1 minute', 0],
      ['15 minutes', 1],
    ] as const) {
      if (erased > 0) await store();
      await age(interval);
      expect([interval, await removal.sweep()]).toEqual([interval, erased]);
    }
    await store();
    await age('1 day');
    const run = await server.admin('POST', '/admin/jobs/retention/run?wait=true');
    expect(run.body).toMatchObject({ counts: { rows_of_removed_accounts: 1 } });
    expect(await rowsOf('late')).toEqual({});
    expect(
      await database.query(`select removed_id from removed_accounts where removed_id = 'late'`),
    ).toEqual([]);
  });

  it('sweeps nothing of an account that took the id again', async () => {
    await createAccount(server, 'reborn');
    await server.admin('DELETE', '/v1/accounts/reborn?confirm=reborn');
    const { key } = await createAccount(server, 'reborn');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('a')] });
    await database.query(
      `update removed_accounts set removed_at = now() - interval '2 days',
              swept_at = now() - interval '2 days' where removed_id = 'reborn'`,
    );
    await server.app.get(AccountRemoval).sweep();
    expect(await rowsOf('reborn')).toMatchObject({ ads: 1, api_keys: 1 });
  });

  it('wants the name of the account, letter by letter', async () => {
    await createAccount(server, 'named', { name: 'Acme Shoes' });
    for (const query of ['', '?confirm=', '?confirm=named', '?confirm=acme%20shoes']) {
      const reply = await server.admin('DELETE', `/v1/accounts/named${query}`);
      expect([query, reply.status, reply.body['errors']]).toMatchObject([
        query,
        400,
        [{ pointer: '/confirm' }],
      ]);
    }
    expect((await server.admin('GET', '/v1/accounts/named')).status).toBe(200);
    const { key } = await createAccount(server, 'other');
    const foreign = await server.as(key, 'DELETE', '/v1/accounts/other?confirm=other');
    expect(foreign.status).toBe(403);
  });

  it.each([
    ['PUT', '/v1/ads', { ads: [adInput('a')] }],
    ['PUT', '/v1/accounts/ACCOUNT/plan', PLAN],
    ['POST', '/v1/execution/pause', {}],
  ])('answers 404 to a %s %s that its last moment overtook', async (method, path, body) => {
    const accountId = `overtaken-${overtaken++}`;
    const { key } = await createAccount(server, accountId);
    // Whoever asks now still sees the account, and its row is gone when a row refers to it.
    const last = database.createQueryRunner();
    await last.startTransaction();
    await last.query('delete from api_keys where account_id = $1', [accountId]);
    await last.query('delete from accounts where account_id = $1', [accountId]);
    const reply = server.as(key, method, path.replace('ACCOUNT', accountId), body);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await last.commitTransaction();
    await last.release();
    const { status, body: answer } = await reply;
    expect([status, answer['code']]).toEqual([404, 'accounts.unknown']);
  });

  it.each(['executing', 'unknown'])('waits while a change is %s', async (status) => {
    const { accountId, key } = await createAccount(server, `busy-${status}`);
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('a'), adInput('b')] });
    await server.as(key, 'POST', '/v1/execution/changes', {
      changes: ['a', 'b'].map((ad_id) => ({
        ...{ idempotency_key: ad_id, ad_id, change_type: 'budget', requested_value: 51 },
        not_before: '2027-06-01T00:00:00Z',
      })),
    });
    // As the executor does it, one state after the other.
    const held = `claimed_by = 'w', lease_until = now() + interval '1 hour', fence = fence + 1`;
    for (const set of [
      `status = 'claimed', ${held}`,
      `status = 'executing', executing_at = now()`,
      ...(status === 'unknown'
        ? [`status = 'unknown', claimed_by = null, lease_until = null`]
        : []),
    ]) {
      await database.query(
        `update pending_ad_changes set ${set} where account_id = $1 and ad_id = 'a'`,
        [accountId],
      );
    }
    const path = `/v1/accounts/${accountId}?confirm=${accountId}`;
    const refused = await server.admin('DELETE', path);
    expect([refused.status, refused.body['code']]).toEqual([409, 'accounts.changes_under_way']);
    const { body } = await server.as(key, 'GET', '/v1/execution/changes');
    expect(body['items']).toHaveLength(2);
  });

  it('goes on where it was interrupted, and its id can be taken again', async () => {
    const { key } = await createAccount(server, 'again');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('a')] });
    await database.query(`update accounts set closing_at = now() where account_id = 'again'`);
    expect((await server.as(key, 'GET', '/v1/ads')).status).toBe(404);
    const listed = await server.admin('GET', '/v1/accounts?limit=200');
    expect(JSON.stringify(listed.body)).not.toContain('"again"');
    const gone = await server.admin('DELETE', '/v1/accounts/again?confirm=again');
    expect(gone.status).toBe(204);
    const anew = await createAccount(server, 'again');
    const event = { event_id: 'e', ad_id: 'a', type: 'click', occurred_at: now() };
    const reply = await server.as(anew.key, 'POST', '/v1/events', { events: [event] });
    expect(reply.body).toMatchObject({ accepted: 0, rejected: [{ code: 'events.unknown_ad' }] });
  });
});
