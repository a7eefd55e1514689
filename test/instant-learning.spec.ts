// Exactly once, in any order, by any process: two servers on one database.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { SeededRandom } from '../src/shared/index.js';
import { answerBytes } from './harness/answer-bytes.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema, type TestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

let schema: TestSchema;
let servers: TestServer[];

beforeAll(async () => {
  schema = await createTestSchema();
  servers = [await startTestServer({ schema }), await startTestServer({ schema })];
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await schema.drop();
});

const T0 = Date.parse('2026-10-01T00:00:00Z');
const HOUR = 3_600_000;
const at = (hours: number) => new Date(T0 + hours * HOUR).toISOString();
const AS_OF = at(24 * 20);
let accounts = 0;

async function newAccount(adIds: string[]): Promise<TestAccount> {
  accounts += 1;
  const account = await createAccount(servers[0] as TestServer, `instant-${accounts}`);
  const ads = adIds.map((adId) => adInput(adId, { started_at: at(0) }));
  await servers[0]?.as(account.key, 'PUT', '/v1/ads', { ads });
  return account;
}

async function tell(server: TestServer, { key }: TestAccount, events: unknown[]) {
  const body = { events, as_of: AS_OF };
  const reply = await server.as<Record<string, number>>(key, 'POST', '/v1/events', body);
  expect(reply.status).toBe(202);
  return reply.body;
}

async function storedIntegers(account: TestAccount): Promise<unknown> {
  const database = (servers[0] as TestServer).app.get(DataSource);
  const cells: unknown = await database.query(
    `select ad_id, cohort_at, lag, impressions, clicks, conversions, valued_conversions,
            value_minor, last_at
       from ad_evidence_cells where account_id = $1 order by ad_id, cohort_at, lag`,
    [account.accountId],
  );
  const named: unknown = await database.query(
    `select click_id, event_digest, placed_at, conversions
       from click_conversions where account_id = $1 order by click_id, event_digest`,
    [account.accountId],
  );
  return { cells, named };
}

async function beliefs(server: TestServer, { key }: TestAccount): Promise<string> {
  const reply = await server.as(key, 'GET', `/v1/ads?as_of=${AS_OF}`);
  return JSON.stringify(reply.body);
}

const ADS = ['a', 'b', 'c'];

/**
 * A stream with everything in it: counts, clicks with and without ids, ids used twice, late sales.
 */
const event = (index: number) =>
  fc.record(
    {
      event_id: fc.constant(`e${index}`),
      ad_id: fc.constantFrom(...ADS),
      type: fc.constantFrom('impression', 'click', 'click', 'conversion', 'conversion'),
      count: fc.integer({ min: 1, max: 50 }),
      value: fc.option(fc.integer({ min: 0, max: 9999 }).map((cents) => cents / 100)),
      occurred_at: fc.integer({ min: 24, max: 24 * 19 }).map(at),
      click_id: fc.option(fc.constantFrom('k1', 'k2', 'k3', 'k4')),
      clicked_at: fc.option(fc.integer({ min: 0, max: 24 }).map(at), { freq: 1 }),
    },
    { requiredKeys: ['event_id', 'ad_id', 'type', 'occurred_at'] },
  );
const stream = fc
  .integer({ min: 1, max: 25 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => event(index))));

describe('any permutation, repetition and splitting over two processes', () => {
  it('ends in the same stored integers and byte-identical beliefs', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 1e9 }), async (events, seed) => {
        const [straight, mixed] = [await newAccount(ADS), await newAccount(ADS)];
        await tell(servers[0] as TestServer, straight, events);

        const random = new SeededRandom(seed);
        const doubled = [...events, ...events.filter(() => random.uniform() < 0.5)];
        const shuffled = doubled
          .map((one) => ({ one, key: random.uniform() }))
          .sort((left, right) => left.key - right.key)
          .map(({ one }) => one);
        const parts: unknown[][] = [[], [], [], []];
        for (const one of shuffled) parts[Math.floor(random.uniform() * 4)]?.push(one);
        const answers = await Promise.all(
          parts
            .filter((part) => part.length > 0)
            .map((part, index) => tell(servers[index % 2] as TestServer, mixed, part)),
        );
        const sum = (field: string) =>
          answers.reduce((total, answer) => total + (answer[field] ?? 0), 0);
        expect([sum('accepted'), sum('duplicates')]).toEqual([
          events.length,
          doubled.length - events.length,
        ]);
        expect(await storedIntegers(mixed)).toEqual(await storedIntegers(straight));
        const [first, second] = await Promise.all([
          beliefs(servers[0] as TestServer, straight),
          beliefs(servers[1] as TestServer, mixed),
        ]);
        expect(second).toBe(first);
      }),
      { numRuns: 12, interruptAfterTimeLimit: 12_000 },
    );
  });

  it('counts one event once when twenty requests bring it at the same time', async () => {
    const account = await newAccount(ADS);
    const click = { event_id: 'x', ad_id: 'a', type: 'click', occurred_at: at(30) };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        tell(servers[index % 2] as TestServer, account, [click]),
      ),
    );
    expect(answers.filter(({ accepted }) => accepted === 1).length).toBe(1);
    expect(answers.filter(({ duplicates }) => duplicates === 1).length).toBe(19);
    expect(await storedIntegers(account)).toMatchObject({ cells: [{ clicks: '1' }] });
  });
});

describe('the first events of a month', () => {
  it('may come to many requests and processes at once', async () => {
    const crowd = await Promise.all(Array.from({ length: 6 }, () => newAccount(['a'])));
    for (const day of ['2026-01-15', '2026-02-15', '2026-03-15']) {
      const click = { ad_id: 'a', type: 'click', occurred_at: `${day}T00:00:00Z` };
      const answers = await Promise.all(
        crowd.map((account, index) =>
          tell(servers[index % 2] as TestServer, account, [{ ...click, event_id: day }]),
        ),
      );
      expect(answers.map(({ accepted }) => accepted)).toEqual(crowd.map(() => 1));
    }
  });
});

describe('watching it learn', () => {
  interface Allocation {
    recommendations: { ad_id: string; probability_best: number; recommended_budget: number }[];
  }
  async function allocate(server: TestServer, { key }: TestAccount) {
    const body = { total_budget: 100, as_of: AS_OF, seed: 7, max_step_pct: null };
    const reply = await server.as<Allocation>(key, 'POST', '/v1/sampling/allocate', body);
    expect(reply.status).toBe(200);
    return reply.body.recommendations;
  }
  const best = (recommendations: Allocation['recommendations'], adId: string) =>
    recommendations.find((one) => one.ad_id === adId)?.probability_best ?? NaN;

  it('raises an ad with 200 conversions above .95, in any process, and replay moves nothing', async () => {
    const [here, there] = servers as [TestServer, TestServer];
    const account = await newAccount(['a', 'b']);
    const clicks = ['a', 'b'].flatMap((adId) => [
      {
        ...{ event_id: `i-${adId}`, ad_id: adId, type: 'impression', count: 100_000 },
        occurred_at: at(24 * 10),
      },
      {
        ...{ event_id: `k-${adId}`, ad_id: adId, type: 'click', count: 2000 },
        occurred_at: at(24 * 10),
      },
      {
        ...{ event_id: `v-${adId}`, ad_id: adId, type: 'conversion', count: 20, value: 800 },
        ...{ occurred_at: at(24 * 11), clicked_at: at(24 * 10) },
      },
    ]);
    await tell(here, account, clicks);
    const equal = best(await allocate(there, account), 'a');
    expect(Math.abs(equal - 0.5)).toBeLessThan(0.15);

    const conversions = Array.from({ length: 200 }, (_, index) => ({
      ...{ event_id: `order-${index}`, ad_id: 'a', type: 'conversion', value: 40 },
      ...{ occurred_at: at(24 * 12 + index / 10), clicked_at: at(24 * 10) },
      features: { device: index % 2 === 0 ? 'mobile' : 'desktop' },
    }));
    expect(await tell(here, account, conversions)).toMatchObject({
      ...{ accepted: 200, learned: { ads: 1, drift: [] } },
    });
    const moved = await allocate(there, account);
    expect(best(moved, 'a')).toBeGreaterThan(0.95);

    const before = await beliefs(here, account);
    const path = '/v1/learning/model';
    const model = await here.as(account.key, 'GET', path);
    expect(await tell(there, account, conversions)).toMatchObject({ accepted: 0, duplicates: 200 });
    expect(await beliefs(here, account)).toBe(before);
    expect(answerBytes(await allocate(here, account))).toBe(answerBytes(moved));
    expect((await here.as(account.key, 'GET', path)).body['weights']).toEqual(
      model.body['weights'],
    );
  });

  it('shows for each event what was predicted, lost, believed before and after, and moved', async () => {
    const [here, there] = servers as [TestServer, TestServer];
    const account = await newAccount(['a', 'b']);
    await tell(here, account, [
      { event_id: 'i', ad_id: 'a', type: 'impression', count: 9000, occurred_at: at(30) },
      { event_id: 'k', ad_id: 'a', type: 'click', click_id: 'c', occurred_at: at(30) },
      { event_id: 'kk', ad_id: 'a', type: 'click', count: 90, occurred_at: at(30) },
    ]);
    await tell(there, account, [
      {
        ...{ event_id: 'v', ad_id: 'a', type: 'conversion', click_id: 'c', value: 20 },
        ...{ occurred_at: at(40), features: { device: 'mobile' } },
      },
    ]);
    interface Lesson {
      prediction: number;
      loss: number;
      belief: Record<'before' | 'after', { cvr: { mean: number } | null; evidence: object }>;
      weights: { feature: string; before: number; after: number }[];
    }
    const look = async (id: string) =>
      (
        await here.as<Lesson & Record<string, unknown>>(
          account.key,
          'GET',
          `/v1/learning/events/${id}?as_of=${AS_OF}`,
        )
      ).body;
    const conversion = await look('v');
    expect(conversion).toMatchObject({ event_id: 'v', ad_id: 'a', type: 'conversion' });
    expect(conversion.loss).toBeCloseTo(-Math.log(conversion.prediction), 10);
    expect(conversion.weights.map(({ feature }) => feature)).toEqual([
      ...['bias', 'ad_id=a', 'device=mobile'],
    ]);
    expect(conversion.weights[0]?.after).toBeGreaterThan(conversion.weights[0]?.before ?? NaN);
    expect(conversion.belief.before.evidence).toMatchObject({ clicks: 91, conversions: 0 });
    expect(conversion.belief.after.evidence).toMatchObject({ clicks: 91, conversions: 1 });
    expect(conversion.belief.after.cvr?.mean).toBeGreaterThan(
      conversion.belief.before.cvr?.mean ?? NaN,
    );
    const click = await look('k');
    expect(click.belief.before.evidence).toMatchObject({ clicks: 90 });
    expect(click.weights[0]?.after).toBeLessThan(click.weights[0]?.before ?? NaN);
    expect(await look('i')).toMatchObject({ prediction: null, loss: null, weights: [] });
    const nobody = await here.as(account.key, 'GET', '/v1/learning/events/nobody');
    expect([nobody.status, nobody.body['code']]).toEqual([404, 'learning.unknown_event']);
  });
});

describe('GET /v1/learning/model', () => {
  it('learns the delay of the account from conversions whose click is known', async () => {
    const [here] = servers as [TestServer, TestServer];
    const account = await newAccount(['a']);
    const random = new SeededRandom(3);
    const meanHours = 20;
    const events = Array.from({ length: 3000 }, (_, index) => {
      const clicked = random.uniform() * 24 * 12;
      const delay = -meanHours * Math.log(1 - random.uniform());
      return {
        ...{ event_id: `v${index}`, ad_id: 'a', type: 'conversion', value: 5 },
        ...{ clicked_at: at(clicked), occurred_at: at(clicked + delay) },
      };
    });
    for (let from = 0; from < 3000; from += 1000) {
      await tell(here, account, events.slice(from, from + 1000));
    }
    interface Model {
      delay: { lag_hours: number; cdf: number; lo: number; hi: number }[];
      events_seen: number;
      bias: number;
      coupling: object;
      calibration: { conversions: number };
    }
    const path = `/v1/learning/model?as_of=${AS_OF}`;
    const { body } = await here.as<Model & Record<string, unknown>>(account.key, 'GET', path);
    for (const { lag_hours: lag, cdf } of body.delay) {
      const truth = (1 - Math.exp(-lag / meanHours)) / (1 - Math.exp(-168 / meanHours));
      expect(Math.abs(cdf - truth)).toBeLessThan(0.03);
    }
    expect(body).toMatchObject({ events_seen: 3000, learning_rate: 0.1, drift: [] });
    expect(body.coupling).toMatchObject({
      ...{ beta: 0, lo: null, hi: null, ads: 0, applied: 0 },
      by_campaign: [{ campaign_id: 'campaign-1', beta: 0, lo: null, hi: null, ads: 0, applied: 0 }],
      prior: { beta: 0, source: 'global', accounts: 0 },
    });
    expect(Number.isFinite(body.bias)).toBe(true);
  });
});
