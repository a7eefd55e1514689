// What a conversion sent for Meta teaches the beliefs: once, whatever tells it again, and net of
// everything that was said about it later.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { nowSeconds, purchase } from './harness/capi.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let accounts = 0;
let account: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const TIME = nowSeconds() - 7200;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

async function newShop(): Promise<void> {
  accounts += 1;
  account = await createAccount(server, `shop-${accounts}`);
  await server.as(account.key, 'PUT', '/v1/ads', {
    ads: [
      adInput('set-1'),
      adInput('set-2'),
      adInput('ad-1', { entity_type: 'ad', parent_id: 'set-1', daily_budget: null }),
    ],
  });
}

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const reply = await server.as(account.key, 'POST', path, body);
  expect(reply.status).toBeLessThan(300);
  return reply.body;
}
const order = (eventId: string, extra: Record<string, unknown> = {}) =>
  purchase(eventId, {
    ...{ event_time: TIME, ad_id: 'set-1', custom_data: { value: 50, currency: 'USD' } },
    ...extra,
  });
const send = (...data: unknown[]) => post('/v1/conversions', { data });
const adjust = (...adjustments: unknown[]) => post('/v1/conversions/adjustments', { adjustments });
const news = (eventId: string, name: string, extra: object) => ({
  ...{ adjustment_id: `${eventId}-${name}`, event_id: eventId, occurred_at: iso(TIME + 60) },
  ...extra,
});

interface Ad {
  totals: { conversions: number | null; revenue: number | null };
  belief: { evidence: { conversions: number | null } };
}
async function counted(adId = 'set-1') {
  const { body } = await server.as<Ad>(account.key, 'GET', `/v1/ads/${adId}`);
  return [body.totals.conversions, body.belief.evidence.conversions, body.totals.revenue];
}
/** The integers behind the beliefs; what nets to nothing is nothing. */
function stored(): Promise<unknown> {
  return server.app.get(DataSource).query(
    `select ad_id, cohort_at, lag, conversions, valued_conversions, value_minor
       from ad_evidence_cells where account_id = $1 and impressions + clicks + conversions > 0
      order by ad_id, cohort_at, lag`,
    [account.accountId],
  );
}

describe('a matched conversion', () => {
  it('raises its ad by one and by its value, once, whoever tells it', async () => {
    await newShop();
    expect(await send(order('o1'))).toMatchObject({ accepted: 1 });
    expect(await counted()).toEqual([1, 1, 50]);
    expect(await send(order('o1'))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await counted()).toEqual([1, 1, 50]);
    const event = { ad_id: 'set-1', type: 'conversion', value: 50, occurred_at: iso(TIME) };
    expect(await post('/v1/events', { events: [{ ...event, event_id: 'o1' }] })).toMatchObject({
      ...{ accepted: 0, duplicates: 1 },
      learned: { ads: 0 },
    });
    expect(await post('/v1/events', { events: [{ ...event, event_id: 'o2' }] })).toMatchObject({
      accepted: 1,
    });
    expect(await send(order('o2'))).toMatchObject({ accepted: 1 });
    expect(await counted()).toEqual([2, 2, 100]);
    // Told first as an event and cancelled as a conversion: taken back all the same.
    await adjust(news('o2', 'gone', { kind: 'cancel' }));
    expect(await counted()).toEqual([1, 1, 50]);
    expect((await counted('set-2'))[0]).toBe(0);
  });

  it('counts once under an id that holds a person, at every door and in any order', async () => {
    await newShop();
    const person = { fn: 'Zebediah', ln: 'Quuxington', em: 'z@example.com' };
    const ids = [
      'Jane.Doe@example.com',
      '+49 151 23456789',
      '0049 151 23456789',
      'o Zebediah Quuxington',
    ];
    const event = { ad_id: 'set-1', type: 'conversion', value: 50, occurred_at: iso(TIME) };
    for (const [index, id] of ids.entries()) {
      const doors = [
        () => send(order(id, { user_data: person })),
        () => post('/v1/events', { events: [{ ...event, event_id: id }] }),
      ];
      if (index % 2 === 1) doors.reverse();
      const [first, second] = doors;
      expect(await first?.()).toMatchObject({ accepted: 1 });
      await counted();
      expect(await second?.()).toMatchObject({ rejected: [] });
      expect((await counted())[0]).toBe(index + 1);
      const path = `/v1/learning/events/${encodeURIComponent(id)}`;
      expect((await server.as(account.key, 'GET', path)).status).toBe(200);
    }
    for (const id of ids) await adjust(news(id, 'gone', { kind: 'cancel' }));
    expect((await counted())[0]).toBe(0);
    const rows = JSON.stringify(
      await server.app
        .get(DataSource)
        .query(`select payload::text, event_id from conversions where account_id = $1`, [
          account.accountId,
        ]),
    );
    expect(rows).not.toMatch(/jane|23456789|zebediah/i);
  });

  it('moves the owner of the budget behind its URL parameters, a lead nobody', async () => {
    await newShop();
    const { body } = await server.as(account.key, 'GET', '/v1/attribution/url-parameters');
    const query = String(body['url_parameters'])
      .replace('{{ad.id}}', 'ad-1')
      .replace('{{adset.id}}', 'set-1')
      .replace('{{campaign.id}}', 'campaign-9');
    await send(
      purchase('u1', { event_time: TIME, event_source_url: `https://shop.example/?${query}` }),
      order('l1', { event_name: 'Lead' }),
    );
    expect(await counted()).toEqual([1, 1, 10]);
    expect(await stored()).toMatchObject([{ ad_id: 'set-1', conversions: '1' }]);
  });

  it('goes to the cohort of its click, and is corrected there', async () => {
    await newShop();
    await send(order('c1', { ad_id: undefined, click_id: 'k1' }));
    await adjust(news('c1', 'part', { kind: 'refund', value_delta: 20 }));
    expect(await stored()).toEqual([]);
    const click = { click_id: 'k1', ad_id: 'ad-1', landed_at: iso(TIME - 30 * 3600) };
    await post('/v1/clicks', { clicks: [click] });
    expect(await counted()).toEqual([1, 1, 30]);
    await adjust(news('c1', 'more', { kind: 'refund', value_delta: 5 }));
    expect(await counted()).toEqual([1, 1, 25]);
    expect(await stored()).toMatchObject([{ lag: 4, conversions: '1', value_minor: '2500' }]);
  });
});

describe('corrections', () => {
  const story = [
    () => send(order('a'), order('b')),
    () => adjust(news('a', 'refund', { kind: 'refund', value_delta: 20 })),
    () => adjust(news('a', 'value', { kind: 'value', value_delta: 5 })),
    () => adjust(news('b', 'refund', { kind: 'refund', value_delta: 10 })),
    () => adjust(news('b', 'gone', { kind: 'cancel' })),
  ];
  const orders = [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [1, 3, 0, 2, 4, 1, 0],
    [4, 2, 0, 3, 1, 4],
  ];

  it('end in the net belief in any order and repetition, looked at between or not', async () => {
    await newShop();
    await send(order('a', { custom_data: { value: 35, currency: 'USD' } }));
    expect(await counted()).toEqual([1, 1, 35]);
    const net = await stored();
    for (const [index, steps] of orders.entries()) {
      await newShop();
      for (const step of steps) {
        await story[step]?.();
        if (index % 2 === 0) await counted();
      }
      expect(await counted()).toEqual([1, 1, 35]);
      expect(await stored()).toEqual(net);
    }
  });

  it('lower the value and take the last conversion back; the model hears of none', async () => {
    await newShop();
    await send(order('a'));
    await counted();
    const model = async () =>
      (await server.as(account.key, 'GET', '/v1/learning/model')).body['events_seen'];
    const before = await model();
    await adjust(news('a', 'refund', { kind: 'refund', value_delta: 20 }));
    expect(await counted()).toEqual([1, 1, 30]);
    await adjust(news('a', 'gone', { kind: 'cancel' }));
    expect((await counted())[0]).toBe(0);
    expect(await stored()).toEqual([]);
    expect(await model()).toBe(before);
  });
});
