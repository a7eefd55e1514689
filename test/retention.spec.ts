// What is old goes at night, and nobody believes or decides anything else afterwards.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ensureMonths } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

const HOUR = 3_600_000;
const NOW = Date.now();
const ago = (days: number, hours = 0) => new Date(NOW - days * 24 * HOUR - hours * HOUR);

let server: TestServer;
let acme: TestAccount;
let database: DataSource;

beforeAll(async () => {
  server = await startTestServer();
  database = server.app.get(DataSource);
  acme = await createAccount(server, 'acme');
  const started = { started_at: ago(395).toISOString() };
  const ads = ['a', 'b', 'c'].map((adId) => adInput(adId, started));
  await send('PUT', '/v1/ads', { ads });
  await send('PATCH', '/v1/accounts/acme', { conversion_source: 'first_party' });
  await send('POST', '/v1/events', { events: events() });
  await send('POST', '/v1/metrics', { snapshots: snapshots() });
  const days = [300, 200, 30, 2].map((day) => ({
    ...{ ad_id: 'c', date: ago(day).toISOString().slice(0, 10) },
    ...{ impressions: 1000, clicks: 20 + day, spend: 5 },
  }));
  await send('POST', '/v1/metrics', { days });
  const restated = days.map((day) => ({ ...day, clicks: day.clicks + 1 }));
  await send('POST', '/v1/metrics', { days: restated.slice(0, 3) });
  const clicks = [350, 3].map((day) => ({
    ...{ click_id: `k${day}`, ad_id: 'a', landed_at: ago(day).toISOString() },
  }));
  await send('POST', '/v1/clicks', { clicks });
  await send('POST', '/v1/conversions', { data: ['old', 'waiting', 'new'].map(conversion) });
  await send('POST', '/v1/sampling/allocate', { total_budget: 150, seed: 1 });
  await send('POST', '/v1/sampling/allocate', { total_budget: 150, seed: 2 });
  await send('POST', '/v1/sampling/allocate', { total_budget: 150, seed: 3 });
  await makeOld();
});

afterAll(() => server.close());

async function send(method: string, path: string, body: unknown) {
  const isAccount = path.startsWith('/v1/accounts');
  const reply = await (isAccount
    ? server.admin(method, path, body)
    : server.as(acme.key, method, path, body));
  expect([path, reply.status < 300, reply.body['rejected'] ?? []]).toEqual([path, true, []]);
  return reply.body;
}

function events() {
  return [390, 250, 179, 100, 20, 1]
    .flatMap((day) => [
      {
        event_id: `i${day}`,
        type: 'impression',
        count: 5000,
        occurred_at: ago(day, 2).toISOString(),
      },
      { event_id: `c${day}`, type: 'click', count: 90, occurred_at: ago(day, 1).toISOString() },
      {
        ...{ event_id: `s${day}`, type: 'conversion', value: 30 },
        ...{ occurred_at: ago(day).toISOString(), clicked_at: ago(day, 1).toISOString() },
      },
    ])
    .map((event) => ({ ...event, ad_id: 'a' }));
}

/** Three in one hour of each day: the last of a six-hour bucket is what beliefs read. */
function snapshots() {
  return [380, 370, 300, 200, 170, 60, 5].flatMap((day, at) =>
    [0.4, 0.2, 0].map((earlier, step) => ({
      ...{
        ad_id: 'b',
        observed_at: new Date(bucketEnd(day) - (0.1 + earlier) * HOUR).toISOString(),
      },
      ...{ impressions: 10_000 * (at + 1) + step, clicks: 200 * (at + 1) + step, spend: at + 1 },
    })),
  );
}

const bucketEnd = (day: number) => (Math.floor(ago(day).getTime() / (6 * HOUR)) + 1) * 6 * HOUR;

function conversion(eventId: string) {
  return {
    ...{ event_name: 'Purchase', event_id: eventId, event_time: Math.floor(NOW / 1000) - 60 },
    ...{
      action_source: 'system_generated',
      ad_id: 'a',
      user_data: { em: `${eventId}@example.com` },
    },
    custom_data: { value: 9, currency: 'USD' },
  };
}

/** Time has passed over what the server stamps itself. */
async function makeOld() {
  await ensureMonths(database, 'conversions', [ago(300)]);
  await database.query(
    `update conversions set received_at = received_at - interval '300 days',
            status = case event_id when 'old' then 'expired' else 'queued' end
      where event_id in ('old', 'waiting')`,
  );
  await database.query(
    `update sampling_decisions
        set created_at = created_at - interval '300 days', as_of = as_of - interval '300 days',
            apply_requested_at = case when seed = 2 then now() end
      where seed in (1, 2)`,
  );
  await database.query(
    `update metric_day_history set replaced_at = replaced_at - interval '200 days'
      where day < now() - interval '100 days'`,
  );
  await database.query(
    `insert into job_runs (run_id, name, trigger, status, holder, term, started_at, finished_at)
     select gen_random_uuid(), 'metrics', 'cron', 'succeeded', 'x', 1, at, at
       from unnest(array[now() - interval '100 days', now() - interval '99 days',
                         now() - interval '1 day']) at`,
  );
}

async function believed(asOf: Date) {
  const query = `as_of=${asOf.toISOString()}`;
  const body = { total_budget: 90, seed: 7, as_of: asOf.toISOString() };
  const answers = await Promise.all([
    server.as(acme.key, 'GET', `/v1/ads?limit=200&${query}`),
    server.as(acme.key, 'GET', `/v1/ads/a?${query}`),
    server.as(acme.key, 'GET', `/v1/ads/b?${query}`),
    server.as(acme.key, 'GET', `/v1/ads/c?${query}`),
  ]);
  const split = await server.as(acme.key, 'POST', '/v1/sampling/allocate', body);
  return JSON.stringify([...answers.map((one) => one.body), split.body['recommendations']]);
}

const count = async (table: string) =>
  ((await database.query(`select count(*)::int as count from ${table}`)) as { count: number }[])[0]
    ?.count;
const months = async (table: string) =>
  (
    (await database.query(
      `select inhrelid::regclass::text as name from pg_inherits
        where inhparent = '${table}'::regclass order by 1`,
    )) as { name: string }[]
  ).map(({ name }) => name.slice(-7));

describe('the job retention', () => {
  const run = async () =>
    (await server.admin('POST', '/admin/jobs/retention/run?wait=true')).body as {
      status: string;
      counts: Record<string, unknown>;
    };

  it('finds nothing due while everything is younger than the account keeps it', async () => {
    await database.query(`update accounts set settings = jsonb_set(settings,
      '{retention_days,runs}', '400')`);
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { nothing_due: true } });
  });

  it('removes what is old and nothing that anybody needs', async () => {
    const present = new Date(NOW);
    const before = [await believed(present), await believed(ago(100)), await believed(ago(170))];
    const digests = await count('ad_event_digests');
    const { events: days, ...rest } = { events: 180, conversions: 180, clicks: 180 };
    await send('PATCH', '/v1/accounts/acme', {
      settings: {
        retention_days: { events: days, ...rest, snapshots: 180, decisions: 180, runs: 90 },
      },
    });
    const { status, counts } = await run();
    expect([status, counts]).toEqual([
      'succeeded',
      {
        ...{
          metric_snapshots: 9,
          metric_readings: 1,
          metric_day_history: 2,
          conversions: 1,
          clicks: 1,
          attribution_touches: 1,
        },
        ...{ sampling_decisions: 1, job_runs: 2 },
        ...{ ad_events_months: 2, learned_events_months: 2 },
      },
    ]);
    expect(await count('ad_event_digests')).toBe(digests);
    const kept = ago(180).toISOString().slice(0, 7).replace('-', '_');
    expect((await months('ad_events')).every((month) => month >= kept)).toBe(true);
    expect([await believed(present), await believed(ago(100)), await believed(ago(170))]).toEqual(
      before,
    );
  });

  it('finds nothing due the second time, and takes events of kept months as before', async () => {
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { nothing_due: true } });
    const event = { ad_id: 'a', type: 'click', occurred_at: ago(179, 3).toISOString() };
    await send('POST', '/v1/events', { events: [{ ...event, event_id: 'again' }] });
    const late = { ...event, event_id: 'late', occurred_at: ago(181).toISOString() };
    const reply = await server.as(acme.key, 'POST', '/v1/events', { events: [late] });
    expect(reply.body['rejected']).toEqual([expect.objectContaining({ code: 'events.too_old' })]);
    const asked = await server.as(acme.key, 'GET', `/v1/ads/a?as_of=${ago(181).toISOString()}`);
    expect([asked.status, asked.body['errors']]).toEqual([
      400,
      [expect.objectContaining({ pointer: '/as_of' })],
    ]);
  });
});
