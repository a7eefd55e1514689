// Conversions of several requests that are kept together: each request is answered as if it had
// come alone, in its turn, whether its neighbours are in this process or in another.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput } from './harness/accounts.js';
import { CAPI_TOKEN, PIXEL, purchase, storePixel } from './harness/capi.js';
import { createTestSchema, type TestSchema } from './harness/database.js';
import { createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type Reply, type TestServer } from './harness/server.js';

let schema: TestSchema;
let one: TestServer;
let two: TestServer;
let shop: TestAccount;
let database: DataSource;

beforeAll(async () => {
  schema = await createTestSchema();
  one = await startTestServer({ schema });
  two = await startTestServer({ schema });
  database = one.app.get(DataSource);
  shop = await createAccount(one, 'shop');
  await storePixel(one, 'shop', PIXEL, CAPI_TOKEN);
  await one.as(shop.key, 'PUT', '/v1/ads', { ads: [adInput('set-1')] });
});
afterAll(async () => {
  await one.close();
  await two.close();
  await schema.drop();
});

const post = (data: unknown[], server = one) =>
  server.as(shop.key, 'POST', '/v1/conversions', { data });
const metaPost = (data: unknown[]) =>
  one.as(shop.key, 'POST', `/v25.0/${PIXEL}/events`, { data, access_token: shop.key });
const inOrder = (eventId: string, order: string) =>
  purchase(eventId, { custom_data: { value: 1, currency: 'USD', order_id: order } });
const counts = ({ body }: Reply) => [body['accepted'], body['duplicates']];

/** Holds the first request in its write until the others stand in line behind it. */
async function together(requests: (() => Promise<Reply>)[]): Promise<Reply[]> {
  const runner = database.createQueryRunner();
  await runner.startTransaction();
  await runner.query('lock table conversion_keys in share mode');
  const answers: Promise<Reply>[] = [];
  for (const request of requests) {
    answers.push(request());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  await runner.commitTransaction();
  await runner.release();
  return Promise.all(answers);
}

async function transactionsOf(prefix: string): Promise<{ rows: number; writes: number }> {
  const [found]: { rows: number; writes: number }[] = await database.query(
    `select count(*)::int as rows, count(distinct xmin::text)::int as writes
       from conversions where event_id like $1 || '%'`,
    [prefix],
  );
  return found!;
}

describe('requests that arrive during a write', () => {
  it('share the next one', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `share-${index}`);
    const answers = await together(ids.map((id) => () => post([purchase(id)])));
    expect(answers.map(counts)).toEqual(ids.map(() => [1, 0]));
    const { rows, writes } = await transactionsOf('share-');
    expect(rows).toBe(8);
    expect(writes).toBeLessThan(8);
  });

  it('are answered each for itself, repetitions of one another included', async () => {
    const old = purchase('g-old', { event_time: 1_600_000_000 });
    const answers = await together([
      () => post([purchase('g-1')]),
      () => post([purchase('g-2'), purchase('g-2'), inOrder('g-3', 'G-1')]),
      () => post([purchase('g-1'), old, purchase('g-4'), inOrder('g-5', 'G-1')]),
      () => post([purchase('g-2'), purchase('g-5')]),
    ]);
    expect(answers.map(counts)).toEqual([
      [1, 0],
      [2, 1],
      [1, 2],
      // The id of a refused repetition is taken, as when it comes alone.
      [0, 2],
    ]);
    expect(answers.map(({ body }) => body['rejected'])).toEqual([
      [],
      [],
      [expect.objectContaining({ index: 1, code: 'conversions.too_old' })],
      [],
    ]);
    expect((await transactionsOf('g-')).rows).toBe(4);
  });

  it('take an order from nobody by repeating a known event', async () => {
    await post([purchase('k-1')]);
    const answers = await together([
      () => post([purchase('k-0')]),
      () => post([inOrder('k-1', 'K-1')]),
      () => post([inOrder('k-2', 'K-1')]),
    ]);
    expect(answers.map(counts)).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it('fall whole at Meta’s endpoint without taking the others with them', async () => {
    const bad = purchase('m-2', { action_source: 'nowhere' });
    const answers = await together([
      () => metaPost([purchase('m-0')]),
      () => metaPost([purchase('m-1'), bad]),
      () => metaPost([purchase('m-3')]),
      () => post([purchase('m-1')]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 202]);
    expect(counts(answers[3]!)).toEqual([1, 0]);
    expect((await transactionsOf('m-')).rows).toBe(3);
  });

  it('count what was turned away, of all of them together', async () => {
    const turnedAway = async () => {
      const rows: { outcome: string; count: number }[] = await database.query(
        `select outcome, sum(count)::int as count from conversion_tallies group by 1`,
      );
      return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
    };
    const before = await turnedAway();
    const old = purchase('t-old', { event_time: 1_600_000_000 });
    await together([
      () => post([purchase('t-1')]),
      () => post([purchase('t-1'), old]),
      () => post([purchase('t-1'), old, old]),
    ]);
    const after = await turnedAway();
    expect(after['duplicate']! - before['duplicate']!).toBe(2);
    expect(after['rejected:conversions.too_old']! - before['rejected:conversions.too_old']!).toBe(
      3,
    );
  });
});

describe('two processes on one account', () => {
  it('accept every event and every order once, and credit it once', async () => {
    const requests = Array.from({ length: 40 }, (_, request) =>
      Array.from({ length: 5 }, (__, index) => {
        const number = (request * 3 + index * 7) % 60;
        const custom_data = { value: 1, currency: 'USD', order_id: `P-${number % 45}` };
        return purchase(`p-${number}`, { ad_id: 'set-1', custom_data });
      }),
    );
    const answers = await Promise.all(
      requests.map((data, index) => post(data, index % 2 === 0 ? one : two)),
    );
    const accepted = answers.reduce((sum, { body }) => sum + (body['accepted'] as number), 0);
    const [stored] = await database.query(
      `select count(*)::int as rows, count(distinct event_id)::int as events,
              count(distinct order_id)::int as orders,
              (select count(*)::int from conversion_credits k
                 join conversions c on c.id = k.conversion_id
                where c.event_id like 'p-%') as credits
         from conversions where event_id like 'p-%'`,
    );
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 202));
    expect(stored).toEqual({
      rows: accepted,
      events: accepted,
      orders: accepted,
      credits: accepted,
    });
    expect(accepted).toBe(45);
  });

  it('let no refund slip past its conversion, whichever comes first', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    await Promise.all(
      ids.flatMap((id) => [
        post([purchase(id, { ad_id: 'set-1' })]),
        two.as(shop.key, 'POST', '/v1/conversions/adjustments', {
          adjustments: [
            {
              ...{ adjustment_id: `${id}-refund`, event_id: id, kind: 'refund' },
              occurred_at: new Date().toISOString(),
            },
          ],
        }),
      ]),
    );
    const [net] = await database.query(
      `select count(distinct conversion_id)::int as conversions, sum(value_minor)::int as value
         from conversion_credits
        where conversion_id in (select id from conversions where event_id = any ($1))`,
      [ids],
    );
    expect(net).toEqual({ conversions: 30, value: 0 });
  });
});
