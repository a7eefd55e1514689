import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { EVENTS_TABLE, insertAdEvents } from '../src/metrics/index.js';
import { EventQueue } from '../src/learning/index.js';
import { ensureMonths } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const T0 = Date.parse('2026-10-10T00:00:00Z');
const HOUR = 3_600_000;
const at = (hours: number) => new Date(T0 + hours * HOUR).toISOString();
let accounts = 0;

interface Belief {
  ctr: { mean: number };
  cvr: { mean: number } | null;
  value_per_conversion: { mean: number } | null;
  evidence: { impressions: number; clicks: number; conversions: number | null };
}
interface Ad {
  totals: Record<string, number | null>;
  belief: Belief;
}
interface Answer {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; detail: string; pointer: string }[];
  learned: { ads: number; drift: string[] };
  conversion_source: string | null;
}

async function newAccount(adIds: string[], extra: Record<string, unknown> = {}) {
  accounts += 1;
  const account = await createAccount(server, `events-${accounts}`, extra);
  const ads = adIds.map((adId) => adInput(adId));
  await server.as(account.key, 'PUT', '/v1/ads', { ads });
  return account;
}

async function tell(account: TestAccount, events: unknown[], asOf = at(24 * 30)) {
  const path = '/v1/events';
  const reply = await server.as<Answer>(account.key, 'POST', path, { events, as_of: asOf });
  expect(reply.status).toBe(202);
  return reply.body;
}

async function ad(account: TestAccount, adId: string, asOf = at(24 * 30)): Promise<Ad> {
  const path = `/v1/ads/${adId}?as_of=${asOf}`;
  return (await server.as<Ad & Record<string, unknown>>(account.key, 'GET', path)).body;
}

describe('POST /v1/events', () => {
  it('learns before it answers, once, and tells who counts conversions', async () => {
    const acme = await newAccount(['a', 'b']);
    const events = [
      { event_id: 'i1', ad_id: 'a', type: 'impression', count: 5000, occurred_at: at(1) },
      { event_id: 'k1', ad_id: 'a', type: 'click', count: 100, occurred_at: at(1) },
      { event_id: 'k2', ad_id: 'a', type: 'click', click_id: 'c2', occurred_at: at(2) },
      {
        ...{ event_id: 'v1', ad_id: 'a', type: 'conversion', click_id: 'c2', value: 50 },
        occurred_at: at(30),
      },
    ];
    const before = await ad(acme, 'a');
    // Nothing was measured yet.
    expect(before.totals).toMatchObject({ impressions: null, clicks: null, conversions: null });
    expect(await tell(acme, events)).toEqual({
      accepted: 4,
      duplicates: 0,
      rejected: [],
      learned: { ads: 1, drift: [] },
      conversion_source: 'first_party',
    });
    const after = await ad(acme, 'a');
    expect(after.totals).toMatchObject({
      ...{ impressions: 5000, clicks: 101, conversions: 1, revenue: 50 },
    });
    expect(after.belief.evidence).toMatchObject({ impressions: 5000, clicks: 101, conversions: 1 });
    expect(after.belief.value_per_conversion?.mean).toBe(50);
    // Nobody reported a sale of the other ad, and the account counts: that is a measured zero.
    expect((await ad(acme, 'b')).totals).toMatchObject({ clicks: null, conversions: 0 });

    expect(await tell(acme, events)).toMatchObject({
      accepted: 0,
      duplicates: 4,
      learned: { ads: 0, drift: [] },
    });
    expect(await ad(acme, 'a')).toEqual(after);
  });

  it('rejects by index what it cannot believe, and learns the rest', async () => {
    const acme = await newAccount(['a']);
    const click = { ad_id: 'a', type: 'click', occurred_at: at(1) };
    const now = at(24 * 30);
    const answer = await tell(acme, [
      { ...click, event_id: 'good' },
      { ...click, event_id: 'future', occurred_at: at(24 * 30 + 0.2) },
      { ...click, event_id: 'old', occurred_at: at(24 * 30 - 24 * 401) },
      { ...click, event_id: 'oldclick', type: 'conversion', clicked_at: at(-24 * 371) },
      { ...click, event_id: 'stranger', ad_id: 'nobody' },
      { ...click, event_id: 'negative', count: -1 },
      { ...click, event_id: 'huge', count: 1e12 },
      { ...click, event_id: 'half', count: 1.5 },
      { ...click, event_id: 'currency', type: 'conversion', value: 3, currency: 'EUR' },
      { ...click, event_id: 'debt', type: 'conversion', value: -3 },
      { ...click, event_id: 7, count: 'many' },
      'not an event',
      { ...click, event_id: 'kind', type: 'view' },
      { ...click, event_id: 'time', occurred_at: 'yesterday' },
      { ...click, event_id: 'features', features: { a: { b: 1 } } },
      { ...click, event_id: 'backwards', type: 'conversion', clicked_at: at(3) },
      { ...click, event_id: 'soon', occurred_at: at(24 * 30 + 0.1) },
      { ...click, event_id: 'ok', type: 'conversion', value: 3, currency: 'USD' },
      { ...click, event_id: 'all', ad_id: 'nobody', currency: 'EUR', occurred_at: at(24 * 31) },
    ]);
    expect(answer.accepted).toBe(3);
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'events.in_future'],
      [2, 'events.too_old'],
      [3, 'events.too_old'],
      [4, 'events.unknown_ad'],
      [5, 'events.invalid'],
      [6, 'events.invalid'],
      [7, 'events.invalid'],
      [8, 'events.currency'],
      [9, 'events.invalid'],
      [10, 'events.invalid'],
      [11, 'events.invalid'],
      [12, 'events.invalid'],
      [13, 'events.invalid'],
      [14, 'events.invalid'],
      [15, 'events.click_after_conversion'],
      [18, 'events.unknown_ad'],
    ]);
    expect(answer.rejected.at(-1)?.detail).toMatch(/no ad with this id.*counts in USD.*future/);
    expect(answer.rejected[3]?.pointer).toBe('/events/4/ad_id');
    expect((await ad(acme, 'a', now)).totals).toMatchObject({ clicks: 1, conversions: 1 });
  });

  it('never locks two writers that bring the same events in opposite order', async () => {
    const acme = await newAccount(['a']);
    const { manager } = server.app.get(DataSource);
    const occurredAt = new Date(T0 + HOUR);
    await ensureMonths(server.app.get(DataSource), EVENTS_TABLE, [occurredAt]);
    for (let round = 0; round < 50; round += 1) {
      const events = Array.from({ length: 800 }, (_, at) => ({
        ...{ eventId: `${round}-${at}`, adId: 'a', type: 'click' as const, count: 1 },
        ...{ valueMinor: null, stage: null, occurredAt, clickId: null, clickedAt: null },
        features: null,
      }));
      const write = (list: typeof events) =>
        manager.transaction(
          async (own) =>
            (await insertAdEvents(own, acme.accountId, list, { queued: false })).inserted.length,
        );
      const [one, other] = await Promise.all([write(events), write([...events].reverse())]);
      expect(one + other).toBe(800);
    }
  });

  it('refuses a clock and events of years that are not kept, and makes no table', async () => {
    const acme = await newAccount(['a']);
    const months = async () => {
      const rows: { count: number }[] = await server.app.get(DataSource).query(
        `select count(*)::int as count from pg_inherits
          where inhparent in ('ad_events'::regclass, 'learned_events'::regclass)`,
      );
      return rows[0]?.count;
    };
    const before = await months();
    const ancient = (year: number, month: number) =>
      new Date(Date.UTC(year, month, 15)).toISOString();
    for (const year of [1500, 1905, 1999, 2010, 2024]) {
      const events = Array.from({ length: 12 }, (_, month) => ({
        ...{ event_id: `e${year}-${month}`, ad_id: 'a', type: 'click' },
        occurred_at: ancient(year, month),
      }));
      const late = { events, as_of: ancient(year, 11) };
      const reply = await server.as(acme.key, 'POST', '/v1/events', late);
      expect([reply.status, reply.body['errors']]).toEqual([
        400,
        [expect.objectContaining({ pointer: '/as_of' })],
      ]);
      const now = await server.as(acme.key, 'POST', '/v1/events', { events });
      expect((now.body as unknown as Answer).rejected).toHaveLength(12);
    }
    expect(await months()).toBe(before);
  });

  it('tells the same id with other content apart, within a request and between two', async () => {
    const acme = await newAccount(['a']);
    const click = { event_id: 'x', ad_id: 'a', type: 'click', occurred_at: at(1) };
    const spelled = { ...click, count: 1, occurred_at: '2026-10-10T02:00:00+01:00', value: null };
    const first = await tell(acme, [click, spelled, { ...click, count: 2 }]);
    expect(first).toMatchObject({
      ...{ accepted: 1, duplicates: 1 },
      rejected: [{ index: 2, code: 'events.conflict', pointer: '/events/2/event_id' }],
    });
    const second = await tell(acme, [{ ...click, ad_id: 'a', occurred_at: at(2) }, click]);
    expect(second).toMatchObject({
      ...{ accepted: 0, duplicates: 1 },
      rejected: [{ index: 0, code: 'events.conflict' }],
    });
    expect((await ad(acme, 'a')).totals['clicks']).toBe(1);
  });

  it('asks for a key that may tell events, and for a list', async () => {
    const acme = await newAccount(['a']);
    const ingest = await server.admin<{ api_key: string }>(
      'POST',
      `/v1/accounts/${acme.accountId}/keys`,
      { name: 'pixel', role: 'ingest' },
    );
    const events = [{ event_id: 'x', ad_id: 'a', type: 'click', occurred_at: at(1) }];
    const key = ingest.body.api_key;
    expect((await server.as(key, 'POST', '/v1/events', { events })).status).toBe(202);
    expect((await server.as(key, 'GET', '/v1/learning/model')).status).toBe(403);
    expect((await server.as(acme.key, 'POST', '/v1/events', { events: [] })).status).toBe(400);
    const many = Array.from({ length: 1001 }, () => events[0]);
    expect((await server.as(acme.key, 'POST', '/v1/events', { events: many })).status).toBe(413);
    expect((await server.admin('POST', '/v1/events', { events })).status).toBe(400);
  });
});

describe('reports and events together', () => {
  it('count the latest snapshot and the events after it, conversions from one source', async () => {
    const acme = await newAccount(['a']);
    const click = (id: string, hours: number) => ({
      ...{ event_id: id, ad_id: 'a', type: 'click', occurred_at: at(hours) },
    });
    await tell(acme, [
      click('k1', 1),
      click('k2', 7.5),
      click('k3', 9),
      click('k4', 20),
      { event_id: 'v1', ad_id: 'a', type: 'conversion', clicked_at: at(1), occurred_at: at(21) },
    ]);
    expect((await ad(acme, 'a')).totals).toMatchObject({ clicks: 4, spend: 0, conversions: 1 });
    const snapshot = {
      ...{ ad_id: 'a', observed_at: at(8), impressions: 900, clicks: 30, spend: 12 },
      ...{ conversions: 7, revenue: 70 },
    };
    const told = await server.as(acme.key, 'POST', '/v1/metrics', {
      ...{ snapshots: [snapshot], as_of: at(24 * 30) },
    });
    expect(told.body).toMatchObject({ accepted: 1, conversion_source: 'first_party' });
    const both = await ad(acme, 'a');
    // 30 by 8:00, then the clicks of 9:00 and 20:00; the platform's seven sales are not counted.
    expect(both.totals).toMatchObject({ impressions: 900, clicks: 32, spend: 12, conversions: 1 });
    expect(both.belief.evidence).toMatchObject({ clicks: 32, conversions: 1 });
    await server.admin('PATCH', `/v1/accounts/${acme.accountId}`, {
      conversion_source: 'platform',
    });
    expect((await ad(acme, 'a')).totals).toMatchObject({ clicks: 32, conversions: 7, revenue: 70 });
  });

  it('leave a platform account with its platform, events of its ads move rates only', async () => {
    const acme = await newAccount(['a']);
    const snapshot = {
      ...{ ad_id: 'a', observed_at: at(8), impressions: 900, clicks: 30, spend: 12 },
      conversions: 7,
    };
    await server.as(acme.key, 'POST', '/v1/metrics', {
      ...{ snapshots: [snapshot], as_of: at(24 * 30) },
    });
    const answer = await tell(acme, [
      { event_id: 'k', ad_id: 'a', type: 'click', occurred_at: at(9) },
      { event_id: 'v', ad_id: 'a', type: 'conversion', occurred_at: at(9), value: 10 },
    ]);
    expect(answer).toMatchObject({ accepted: 2, conversion_source: 'platform' });
    expect((await ad(acme, 'a')).totals).toMatchObject({ clicks: 31, conversions: 7 });
  });
});

describe('events of other rooms', () => {
  it('of one account that cannot be learned keep no other account waiting', async () => {
    const [first, second] = [await newAccount(['a']), await newAccount(['a'])];
    const database = server.app.get(DataSource);
    const event = {
      ...{ eventId: 'order', adId: 'a', type: 'conversion' as const, count: 1 },
      ...{ valueMinor: 100, stage: null, occurredAt: new Date(at(30)) },
      ...{ clickId: null, clickedAt: new Date(at(2)), features: null },
    };
    await ensureMonths(database, EVENTS_TABLE, [event.occurredAt]);
    for (const { accountId } of [first, second]) {
      await database.transaction((manager) => insertAdEvents(manager, accountId, [event]));
    }
    await database.query(
      `create function refuse_one() returns trigger language plpgsql as $$
         begin raise exception 'not this one'; end $$;
       create trigger refuse_one before delete on ad_event_queue
         for each row when (old.account_id = '${first.accountId}') execute function refuse_one()`,
    );
    const queue = server.app.get(EventQueue);
    expect(await queue.learnQueued()).toBe(1);
    await expect(queue.learnQueued(first.accountId)).rejects.toThrow('not this one');
    await database.query(`drop trigger refuse_one on ad_event_queue; drop function refuse_one()`);
    expect(await queue.learnQueued()).toBe(1);
  });

  it('are learned from the queue, once', async () => {
    const acme = await newAccount(['a']);
    const database = server.app.get(DataSource);
    const event = {
      ...{ eventId: 'order-1', adId: 'a', type: 'conversion' as const, count: 1 },
      ...{ valueMinor: 1250, stage: null, occurredAt: new Date(at(30)) },
      ...{ clickId: null, clickedAt: new Date(at(2)), features: null },
    };
    await ensureMonths(database, EVENTS_TABLE, [event.occurredAt]);
    const insert = () =>
      database.transaction((manager) => insertAdEvents(manager, acme.accountId, [event]));
    expect(await insert()).toMatchObject({ duplicates: [], conversionSource: 'first_party' });
    expect(await insert()).toMatchObject({ inserted: [], duplicates: [0] });
    const queue = server.app.get(EventQueue);
    expect([await queue.learnQueued(), await queue.learnQueued()]).toEqual([1, 0]);
    expect((await ad(acme, 'a')).totals).toMatchObject({ conversions: 1, revenue: 12.5 });
    // Who reads the belief first learns what waits.
    await database.transaction((manager) =>
      insertAdEvents(manager, acme.accountId, [{ ...event, eventId: 'order-2' }]),
    );
    expect((await ad(acme, 'a')).totals).toMatchObject({ conversions: 2, revenue: 25 });
    expect(await queue.learnQueued()).toBe(0);
    const answer = await tell(acme, [
      {
        ...{ event_id: 'order-1', ad_id: 'a', type: 'conversion', value: 12.5 },
        ...{ occurred_at: at(30), clicked_at: at(2) },
      },
    ]);
    expect(answer).toMatchObject({ accepted: 0, duplicates: 1 });
  });
});

describe('forgetting', () => {
  it("is a matter of as_of and of the account's half-lives, not of who looked when", async () => {
    const halfLife = (cvr: number) => ({ settings: { half_life_days: { ctr: 3, cvr } } });
    const [slow, quick] = [
      await newAccount(['a'], halfLife(28)),
      await newAccount(['a'], halfLife(2)),
    ];
    const events = [
      { event_id: 'k', ad_id: 'a', type: 'click', count: 1000, occurred_at: at(1) },
      {
        ...{ event_id: 'v', ad_id: 'a', type: 'conversion', count: 100 },
        ...{ occurred_at: at(10), clicked_at: at(1) },
      },
    ];
    interface Effective {
      effective_conversions: number;
      matured_clicks: number;
    }
    const effective = async (account: TestAccount, days: number) => {
      const { belief } = await ad(account, 'a', at(1 + 24 * days));
      return belief.evidence as unknown as Effective;
    };
    for (const account of [slow, quick]) await tell(account, events);
    const day28 = await effective(slow, 28);
    expect(day28.effective_conversions).toBeCloseTo(50, 0);
    expect(day28.matured_clicks).toBe(1000);
    expect((await effective(quick, 28)).effective_conversions).toBeLessThan(0.01);
    const young = await effective(slow, 2);
    expect(young.matured_clicks).toBeLessThan(800);
    // Having looked at another instant in between changes nothing.
    expect(await effective(slow, 28)).toEqual(day28);
  });

  it('keeps what came later out of an earlier as_of', async () => {
    const acme = await newAccount(['a']);
    await tell(acme, [{ event_id: 'k', ad_id: 'a', type: 'click', count: 5, occurred_at: at(1) }]);
    const early = await ad(acme, 'a', at(12));
    await tell(acme, [
      { event_id: 'k2', ad_id: 'a', type: 'click', count: 5, occurred_at: at(13) },
      { event_id: 'v', ad_id: 'a', type: 'conversion', occurred_at: at(14), clicked_at: at(1) },
    ]);
    const again = await ad(acme, 'a', at(12));
    expect(again.belief.evidence.clicks).toBe(5);
    expect(again.totals['clicks']).toBe(early.totals['clicks']);
    expect(again.belief.evidence.conversions).toBe(0);
  });
});

describe('the online model over HTTP', () => {
  it('is bounded and tells what it could not use', async () => {
    const acme = await newAccount(['a']);
    const click = (index: number, features: object) => ({
      ...{ event_id: `k${index}`, ad_id: 'a', type: 'click', occurred_at: at(1 + index / 1000) },
      features,
    });
    await tell(acme, [
      click(0, { far: 1e300, unknown: null, name: 'x'.repeat(10_000) }),
      ...Array.from({ length: 900 }, (_, index) => click(index + 1, { session: `s${index}` })),
    ]);
    interface Model {
      weights: { feature: string; weight: number }[];
      weights_total: number;
      features: object;
      calibration: { clicks: number; log_loss: number };
    }
    const path = '/v1/learning/model';
    const { body } = await server.as<Model & Record<string, unknown>>(acme.key, 'GET', path);
    expect(body.features).toEqual({ dropped: 1, clipped: 2 });
    expect(body.weights.length).toBe(500);
    expect(body.weights_total).toBeGreaterThan(800);
    expect(body.weights[0]?.feature).toBe('ad_id=a');
    expect(body.weights.every(({ weight }) => Number.isFinite(weight))).toBe(true);
    expect(body.calibration).toMatchObject({ clicks: 901 });
    expect(body.calibration.log_loss).toBeLessThan(0.02);
  });
});
