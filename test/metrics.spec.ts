import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AccountsService } from '../src/accounts/index.js';
import { ReportsService, type Totals } from '../src/metrics/index.js';
import { standingTotals } from '../src/metrics/reports/totals.queries.js';
import { addDays } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  server = await startTestServer({ env: { META_GRAPH_URL: 'http://127.0.0.1:1' } });
  acme = await createAccount(server, 'acme', { timezone: 'America/New_York' });
  await put([adInput('a'), adInput('b'), adInput('c'), adInput('d')]);
});

afterAll(() => server.close());

const put = (ads: unknown[]) => server.as(acme.key, 'PUT', '/v1/ads', { ads });
const report = (body: unknown) => server.as(acme.key, 'POST', '/v1/metrics', body);

async function totals(adId: string, asOf = '2026-11-20T12:00:00Z'): Promise<unknown> {
  const reply = await server.as(acme.key, 'GET', `/v1/ads/${adId}?as_of=${asOf}`);
  return reply.body['totals'];
}

const snapshot = (adId: string, at: string, numbers: Record<string, unknown> = {}) => ({
  ad_id: adId,
  observed_at: at,
  impressions: 1000,
  clicks: 50,
  spend: 12.34,
  ...numbers,
});

describe('lifetime snapshots', () => {
  it('are kept once, and other numbers for the same instant are a conflict', async () => {
    const first = snapshot('a', '2026-11-20T08:00:00Z', { conversions: 3, revenue: 90.5 });
    expect((await report({ snapshots: [first] })).body).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [],
      conversion_source: 'platform',
    });
    const again = await report({ snapshots: [first, { ...first, clicks: 51 }] });
    expect(again.body).toEqual({
      accepted: 0,
      duplicates: 1,
      rejected: [expect.objectContaining({ index: 1, code: 'metrics.conflict' })],
      conversion_source: 'platform',
    });
    expect(await totals('a')).toEqual({
      impressions: 1000,
      clicks: 50,
      spend: 12.34,
      conversions: 3,
      leads: null,
      revenue: 90.5,
      pipeline_value: null,
      observed_at: '2026-11-20T08:00:00.000Z',
    });
  });

  it('may be corrected downwards without a negative rate', async () => {
    await report({
      snapshots: [
        snapshot('b', '2026-11-18T00:00:00Z', { impressions: 5000, clicks: 400, conversions: 9 }),
        snapshot('b', '2026-11-19T00:00:00Z', { impressions: 4000, clicks: 300, conversions: 7 }),
      ],
    });
    const { body } = await server.as(acme.key, 'GET', '/v1/ads/b?as_of=2026-11-20T00:00:00Z');
    expect(body['totals']).toEqual(
      expect.objectContaining({ impressions: 4000, clicks: 300, conversions: 7 }),
    );
    const belief = body['belief'] as Record<string, { mean: number; lo: number; hi: number }>;
    for (const rate of ['ctr', 'cvr']) {
      expect(belief[rate]?.lo).toBeGreaterThan(0);
      expect(belief[rate]?.lo).toBeLessThan(belief[rate]?.mean ?? 0);
      expect(belief[rate]?.mean).toBeLessThan(belief[rate]?.hi ?? 0);
    }
  });

  it('that say nothing new are stored once in six hours, and yet were observed', async () => {
    await put([adInput('still')]);
    const every20 = Array.from({ length: 24 }, (_, at) =>
      snapshot('still', new Date(Date.UTC(2026, 10, 18, 6, 20 * at)).toISOString()),
    );
    const first = await report({ snapshots: every20.slice(0, 12) });
    const second = await report({ snapshots: every20.slice(12) });
    expect([first.body['accepted'], first.body['duplicates']]).toEqual([1, 11]);
    expect([second.body['accepted'], second.body['duplicates']]).toEqual([1, 11]);
    expect((await report({ snapshots: every20 })).body).toMatchObject({ duplicates: 24 });
    const observed = async (asOf: string) =>
      ((await totals('still', asOf)) as { observed_at: string }).observed_at;
    expect(await observed('2026-11-20T12:00:00Z')).toBe('2026-11-18T13:40:00.000Z');
    expect(await observed('2026-11-18T12:00:00Z')).toBe('2026-11-18T12:00:00.000Z');
    const moved = snapshot('still', '2026-11-18T13:50:00Z', { clicks: 51 });
    expect((await report({ snapshots: [moved] })).body['accepted']).toBe(1);
    const other = { ...every20[3], clicks: 49 };
    expect(
      (await report({ snapshots: [{ ...every20[0], clicks: 49 }, other] })).body,
    ).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: 'metrics.conflict' }] });
    const [object] = await server.app
      .get(DataSource)
      .query(
        `select last_observed_at from metric_objects where account_id = 'acme' and ad_id = 'still'`,
      );
    expect(object.last_observed_at).toEqual(new Date('2026-11-18T13:50:00Z'));
  });

  it('are kept and warned of where they can hardly be, and no rate above 1 is believed', async () => {
    await put([adInput('odd')]);
    const first = await report({
      snapshots: [snapshot('odd', '2026-11-18T00:00:00Z', { impressions: 120_000, clicks: 1800 })],
    });
    expect(first.body['warnings']).toBeUndefined();
    const odd = { impressions: 10, clicks: 1000, conversions: 5000 };
    const reply = await report({ snapshots: [snapshot('odd', '2026-11-19T00:00:00Z', odd)] });
    expect(reply.body['accepted']).toBe(1);
    expect(
      (reply.body['warnings'] as { index: number; code: string }[]).map(
        ({ index, code }) => `${index} ${code}`,
      ),
    ).toEqual([
      '0 metrics.more_clicks_than_impressions',
      '0 metrics.more_conversions_than_clicks',
      '0 metrics.total_fell',
    ]);
    expect(await totals('odd')).toEqual(expect.objectContaining(odd));
    const { body } = await server.as(acme.key, 'GET', '/v1/ads/odd?as_of=2026-11-20T00:00:00Z');
    const belief = body['belief'] as Record<string, { mean: number; hi: number }>;
    for (const rate of ['ctr', 'cvr']) {
      expect(belief[rate]?.mean).toBeLessThanOrEqual(1);
      expect(belief[rate]?.hi).toBeLessThanOrEqual(1);
    }
  });

  it('come back by index when they are wrong, the rest being kept', async () => {
    const reply = await report({
      snapshots: [
        snapshot('nobody', '2026-11-20T09:00:00Z'),
        snapshot('a', '2036-01-01T00:00:00Z'),
        snapshot('a', '2001-01-01T00:00:00Z'),
        snapshot('a', '2026-02-30T00:00:00Z'),
        snapshot('a', '2026-11-20T09:00:00Z', { clicks: -1, impressions: 1.5 }),
        snapshot('a', '2026-11-20T09:00:00+02:00', { conversions: null }),
      ],
    });
    expect(reply.status).toBe(202);
    expect(reply.body['accepted']).toBe(1);
    expect(
      (reply.body['rejected'] as { index: number; code: string; pointer: string }[]).map(
        ({ index, code, pointer }) => `${index} ${code} ${pointer}`,
      ),
    ).toEqual([
      '0 metrics.unknown_ad /snapshots/0/ad_id',
      '1 metrics.in_future /snapshots/1/observed_at',
      '2 metrics.too_old /snapshots/2/observed_at',
      '3 metrics.invalid /snapshots/3/observed_at',
      '4 metrics.invalid /snapshots/4/impressions',
    ]);
  });

  it('lie in monthly partitions', async () => {
    const rows: { name: string }[] = await server.app.get(DataSource)
      .query(`select inhrelid::regclass::text as name from pg_inherits
               where inhparent = 'metric_snapshots'::regclass order by 1`);
    expect(rows.map(({ name }) => name)).toContain('metric_snapshots_2026_11');
  });
});

describe('days', () => {
  const day = (date: string, clicks: number, extra: Record<string, unknown> = {}) => ({
    ad_id: 'c',
    date,
    impressions: clicks * 100,
    clicks,
    spend: clicks / 10,
    conversions: 1,
    ...extra,
  });

  it('sum up, and a later report of a day replaces it and keeps the old one', async () => {
    const days = Array.from({ length: 10 }, (_, index) =>
      day(`2026-11-0${index}`.slice(0, 10), 10),
    );
    days[0] = day('2026-11-10', 10);
    await report({ days });
    expect(await totals('c')).toEqual(expect.objectContaining({ clicks: 100, conversions: 10 }));
    const restated = await report({ days: [day('2026-11-05', 25)] });
    expect(restated.body).toEqual(expect.objectContaining({ accepted: 1, duplicates: 0 }));
    expect(await totals('c')).toEqual(expect.objectContaining({ clicks: 115, conversions: 10 }));
    expect((await report({ days: [day('2026-11-05', 25)] })).body).toEqual(
      expect.objectContaining({ accepted: 0, duplicates: 1 }),
    );
    const history: { report: { clicks: number } }[] = await server.app
      .get(DataSource)
      .query(`select report from metric_day_history where ad_id = 'c'`);
    expect(history.map((row) => row.report.clicks)).toEqual([10]);
  });

  it('keep view-through conversions apart', async () => {
    await report({ days: [day('2026-11-11', 10, { conversions: 0, view_conversions: 40 })] });
    expect(await totals('c')).toEqual(expect.objectContaining({ clicks: 125, conversions: 10 }));
  });

  it('add to the last snapshot before them, and no total falls when a second source appears', async () => {
    const before = (await totals('c')) as { clicks: number };
    await report({
      snapshots: [snapshot('c', '2026-11-12T18:00:00Z', { impressions: 10, clicks: 1, spend: 0 })],
    });
    expect(((await totals('c')) as { clicks: number }).clicks).toBeGreaterThanOrEqual(
      before.clicks,
    );
  });

  it('of a day that has not begun in the account’s timezone are refused', async () => {
    const reply = await report({
      as_of: '2026-11-20T03:00:00Z',
      days: [day('2026-11-20', 1), day('2026-11-19', 1), day('2026-13-01', 1)],
    });
    const rejected = reply.body['rejected'] as { index: number; code: string }[];
    expect(rejected.map(({ index, code }) => `${index} ${code}`)).toEqual([
      '0 metrics.in_future',
      '2 metrics.invalid',
    ]);
  });
});

describe('the tree of objects', () => {
  it('credits a child’s numbers once, to the nearest ancestor that owns a budget', async () => {
    await put([
      adInput('set', { campaign_id: 'tree', daily_budget: 40 }),
      adInput('child-1', {
        entity_type: 'ad',
        campaign_id: 'tree',
        parent_id: 'set',
        daily_budget: null,
      }),
      adInput('child-2', {
        entity_type: 'ad',
        campaign_id: 'tree',
        parent_id: 'set',
        daily_budget: null,
      }),
    ]);
    await report({
      snapshots: [
        snapshot('child-1', '2026-11-20T08:00:00Z', { clicks: 7 }),
        snapshot('child-2', '2026-11-20T08:00:00Z', { clicks: 5 }),
      ],
    });
    expect(await totals('set')).toEqual(expect.objectContaining({ clicks: 12, spend: 24.68 }));
    const child = await server.as(acme.key, 'GET', '/v1/ads/child-1?as_of=2026-11-20T12:00:00Z');
    expect(child.body).toEqual(
      expect.objectContaining({
        budget_owner_id: 'set',
        belief: null,
        totals: expect.objectContaining({ clicks: 7 }),
      }),
    );
    // The set's own report includes its ads, so it stands alone.
    await report({ snapshots: [snapshot('set', '2026-11-20T09:00:00Z', { clicks: 13 })] });
    expect(await totals('set')).toEqual(expect.objectContaining({ clicks: 13 }));
  });
});

describe('totals', () => {
  async function bothWays(asOf: string) {
    const account = await server.app.get(AccountsService).byId('acme');
    const at = new Date(asOf);
    const bySql = await standingTotals(server.app.get(DataSource).manager, account, at);
    const { totals, arms } = await server.app.get(ReportsService).ofAccount(account, at);
    const numbers = (of: Totals) => ({ ...of, observedAt: of.observedAt?.toISOString() });
    const reported = [...totals].filter(([, own]) => own.observedAt !== null);
    return {
      bySql: [...bySql].map(([adId, own]) => [adId, numbers(own)]).sort(),
      byReports: reported.map(([adId, own]) => [adId, numbers(own)]).sort(),
      arms,
    };
  }

  it('are by SQL alone those that the reports add up to, object by object', async () => {
    const { bySql, byReports } = await bothWays('2026-11-20T12:00:00Z');
    expect(byReports).toEqual(bySql);
    expect(bySql.length).toBeGreaterThan(4);
  });

  it('count days of years, of which beliefs read the last half year one by one', async () => {
    await put(['y1', 'y2', 'y3', 'y4', 'y5'].map((adId) => adInput(adId)));
    const dayOf = (adId: string, index: number, extra: Record<string, unknown> = {}) => ({
      ...{ ad_id: adId, date: addDays('2025-09-20', index), impressions: 100 + index },
      ...{ clicks: 1 + (index % 7), spend: 1.5, ...(index % 3 ? {} : { conversions: 1 }) },
      ...extra,
    });
    const years = (adId: string, from = 0, until = 420) =>
      Array.from({ length: until - from }, (_, index) => dayOf(adId, from + index));
    await report({ days: [...years('y1'), ...years('y2', 100)] });
    await report({ days: [...years('y3', 0, 300), ...years('y4'), ...years('y5', 0, 90)] });
    // A day under a second setting, and days restated: some of long ago, some of a whole month.
    await report({
      days: [dayOf('y1', 40, { attribution_setting: '1d_click', impressions: 900 })],
    });
    const restated = [...years('y1', 70, 110), ...years('y4', 200, 202)];
    await report({ days: restated.map((one) => ({ ...one, impressions: 7 })) });
    await report({
      snapshots: [
        snapshot('y2', '2025-12-15T03:00:00Z', { impressions: 9_000 }),
        snapshot('y3', '2026-11-10T09:00:00Z', { impressions: 900_000 }),
        snapshot('y4', '2026-11-02T23:59:00Z', { impressions: 17 }),
      ],
    });
    for (const at of ['2025-12-20T12:00:00Z', '2026-06-01T03:59:00Z', '2026-11-20T12:00:00Z']) {
      const { bySql, byReports, arms } = await bothWays(at);
      expect(byReports).toEqual(bySql);
      const days = arms.flatMap(({ reporters }) => reporters.map(({ reports }) => reports.days));
      expect(Math.max(...days.map(({ length }) => length))).toBeLessThanOrEqual(181);
    }
    const { bySql } = await bothWays('2026-11-20T12:00:00Z');
    expect(bySql.filter(([adId]) => /^y/.test(adId as string))).toHaveLength(5);
  });
});

describe('one conversion source', () => {
  it('leaves platform conversions out of beliefs when the account counts its own', async () => {
    const change = await server.admin('PATCH', '/v1/accounts/acme', {
      conversion_source: 'first_party',
    });
    expect(change.body['conversion_source']).toBe('first_party');
    const { body } = await server.as(acme.key, 'GET', '/v1/ads/a?as_of=2026-11-20T12:00:00Z');
    expect((body['belief'] as { evidence: unknown }).evidence).toEqual(
      expect.objectContaining({ clicks: 50, conversions: null }),
    );
    await server.admin('PATCH', '/v1/accounts/acme', { conversion_source: 'platform' });
  });
});

describe('a list of ads', () => {
  it('pages in the order of ids and filters by campaign', async () => {
    const reply = await server.as<{ items: { ad_id: string }[] }>(
      acme.key,
      'GET',
      '/v1/ads?campaign_id=tree&limit=2',
    );
    expect(reply.body.items.map(({ ad_id }) => ad_id)).toEqual(['child-1', 'child-2']);
  });
});

describe('the job that reads figures', () => {
  const run = () => server.admin('POST', '/admin/jobs/metrics/run?wait=true');

  it('reads every account behind one that fails, and names that one', async () => {
    const broken = await createAccount(server, 'aaa-broken');
    await server.as(broken.key, 'PUT', '/v1/ads', { ads: [adInput('1')] });
    const credentials = { meta: { access_token: 'revoked', ad_account_id: '1' } };
    const kept = await server.admin('PUT', '/v1/accounts/aaa-broken/credentials', credentials);
    expect(kept.status).toBeLessThan(300);
    await server.admin('POST', '/admin/sandbox', {
      ...{ account_id: 'zzz-sandbox', ads: 3, seed: 1, history_days: 2 },
    });
    const { manager } = server.app.get(DataSource);
    await manager.query(
      `update sandbox_worlds
          set world = jsonb_set(world, '{clockAt}', to_jsonb((world ->> 'clockAt')::bigint - $1)),
              clock_at = clock_at - make_interval(secs => $1 / 1000)`,
      [12 * 3_600_000],
    );
    const { body } = await run();
    expect(body['error']).toMatch(/^account aaa-broken: /);
    expect(body).toMatchObject({
      status: 'succeeded',
      counts: { failed: 1, accounts: 1, ads: expect.any(Number) },
    });
    const [world] = await manager.query(
      `select clock_at > now() - interval '7 hours' as moved from sandbox_worlds
        where account_id = 'zzz-sandbox'`,
    );
    expect(world.moved).toBe(true);
    await server.admin('DELETE', '/v1/accounts/zzz-sandbox?confirm=zzz-sandbox');
  });

  it('keeps neither a world nor its readings when one of both fails', async () => {
    await server.admin('POST', '/admin/sandbox', {
      ...{ account_id: 'torn', ads: 2, seed: 1, history_days: 1 },
    });
    const { manager } = server.app.get(DataSource);
    const clock = async () =>
      (await manager.query(`select clock_at from sandbox_worlds where account_id = 'torn'`))[0];
    const before = await clock();
    await manager.query(
      `alter table metric_snapshots add constraint torn check (account_id <> 'torn') not valid`,
    );
    const path = '/admin/sandbox/torn/advance';
    const reply = await server.admin('POST', path, { hours: 24, turn: false });
    expect(reply.status).toBe(500);
    expect(await clock()).toEqual(before);
    await manager.query('alter table metric_snapshots drop constraint torn');
    expect((await server.admin('POST', path, { hours: 24, turn: false })).status).toBe(200);
    expect(await clock()).not.toEqual(before);
  });

  it('makes no simulated account without its world', async () => {
    const { manager } = server.app.get(DataSource);
    await manager.query(
      `alter table sandbox_worlds add constraint torn check (account_id <> 'half') not valid`,
    );
    const half = { account_id: 'half', ads: 2, seed: 1, history_days: 1 };
    expect((await server.admin('POST', '/admin/sandbox', half)).status).toBe(500);
    await manager.query('alter table sandbox_worlds drop constraint torn');
    expect((await server.admin('GET', '/v1/accounts/half')).status).toBe(404);
    expect((await server.admin('POST', '/admin/sandbox', half)).status).toBe(201);
  });
});
