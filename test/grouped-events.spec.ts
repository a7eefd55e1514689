// Requests of one account that come during a write are written together, and each is answered, and
// learned, as if it had come alone.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { Account } from '../src/accounts/index.js';
import { EventsIntake } from '../src/learning/index.js';
import { adInput, createAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let database: DataSource;
let intake: EventsIntake;
let accounts = 0;

beforeAll(async () => {
  server = await startTestServer();
  database = server.app.get(DataSource);
  intake = server.app.get(EventsIntake);
});
afterAll(() => server.close());

const T0 = Date.parse('2026-10-01T00:00:00Z');
const at = (hours: number) => new Date(T0 + hours * 3_600_000).toISOString();
const AS_OF = new Date(at(24 * 20));
const ADS = ['a', 'b', 'c'];

/** An account of which one event is known, so that nothing has to be looked up before the write. */
async function newAccount(): Promise<Account> {
  accounts += 1;
  const { key, accountId } = await createAccount(server, `grouped-${accounts}`);
  await server.as(key, 'PUT', '/v1/ads', { ads: ADS.map((adId) => adInput(adId)) });
  const account = await database.getRepository(Account).findOneByOrFail({ accountId });
  const first = ADS.map((adId) => ({
    ...{ event_id: `first-${adId}`, ad_id: adId, type: 'impression', count: 2000 },
    occurred_at: at(1),
  }));
  await intake.take(account, first, AS_OF);
  return account;
}

/** What comes while another process has its turn: the first alone, all others behind it as one. */
async function meanwhile(account: Account, requests: unknown[][]) {
  const runner = database.createQueryRunner();
  await runner.startTransaction();
  await runner.query('select from online_models where account_id = $1 for update', [
    account.accountId,
  ]);
  const answers = [];
  for (const events of requests) {
    answers.push(intake.take(account, events, AS_OF));
    await inLine();
  }
  const settled = Promise.allSettled(answers);
  await new Promise((resolve) => setTimeout(resolve, 250));
  await runner.commitTransaction();
  await runner.release();
  return settled;
}

/** Reading a request may give others their turn; the next one shall not overtake it. */
async function inLine(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function transactionOf(account: Account, eventId: string): Promise<string> {
  const [row]: { xmin: string }[] = await database.query(
    'select xmin::text from ad_events where account_id = $1 and event_id = $2',
    [account.accountId, eventId],
  );
  return row?.xmin ?? 'none';
}

/** Everything that learning has stored, without the account's name and the time of day. */
async function stored({ accountId }: Account) {
  const all = (columns: string, table: string) =>
    database.query(`select ${columns} from ${table} where account_id = $1 order by ${columns}`, [
      accountId,
    ]);
  return {
    cells: await all(
      'ad_id, cohort_at, lag, impressions, clicks, conversions, valued_conversions, value_minor',
      'ad_evidence_cells',
    ),
    conversions: await all('click_id, event_digest, placed_at, is_fixed', 'click_conversions'),
    lessons: await all(
      'occurred_at, event_digest, prediction, loss, units, positives, weights',
      'learned_events',
    ),
    weights: await all('slot, feature, z, n', 'online_weights'),
    models: await all('events_seen, tally', 'online_models'),
    drifts: await all('scope, detected_at, changed_at, before, after, keep', 'drift_events'),
  };
}

const click = { ad_id: 'a', type: 'click', occurred_at: at(30) };

describe('requests that come during a write', () => {
  it('share a transaction, and each is told of its own events', async () => {
    const account = await newAccount();
    const sale = { ad_id: 'a', type: 'conversion', value: 20, occurred_at: at(40) };
    const answers = await meanwhile(account, [
      [{ ...click, event_id: 'alone' }],
      [
        { ...click, event_id: 'k1', click_id: 'c1' },
        { ...click, event_id: 'k2', ad_id: 'b' },
      ],
      [
        { ...click, event_id: 'k1', click_id: 'c1' },
        { ...click, event_id: 'k2', ad_id: 'c' },
        { ...click, event_id: 'nobody', ad_id: 'stranger' },
        { ...sale, event_id: 'v1', click_id: 'c1' },
      ],
      [{ ...click, event_id: 'alone' }],
    ]);
    const answer = (accepted: number, duplicates: number, ads: number) => ({
      ...{ accepted, duplicates, rejected: [], learned: { ads, drift: [] } },
      conversion_source: null,
    });
    expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
      answer(1, 0, 1),
      answer(2, 0, 2),
      {
        ...{ accepted: 1, duplicates: 1, learned: { ads: 1, drift: [] } },
        rejected: [
          expect.objectContaining({ index: 1, code: 'events.conflict' }),
          expect.objectContaining({ index: 2, code: 'events.unknown_ad' }),
        ],
        conversion_source: 'first_party',
      },
      answer(0, 1, 0),
    ]);
    const together = await transactionOf(account, 'k1');
    expect(await transactionOf(account, 'v1')).toBe(together);
    expect(await transactionOf(account, 'alone')).not.toBe(together);
  });

  it('do not suffer from one among them that cannot be stored', async () => {
    const account = await newAccount();
    // HTTP refuses the character at the door; PostgreSQL cannot hold it.
    const poisoned = { ...click, event_id: 'poisoned', features: { note: 'a\u0000b' } };
    const answers = await meanwhile(account, [
      [{ ...click, event_id: 'one' }],
      [{ ...click, event_id: 'two' }],
      [{ ...click, event_id: 'three' }, poisoned],
      [
        { ...click, event_id: 'two' },
        { ...click, event_id: 'three' },
      ],
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(answers[3]).toMatchObject({ value: { accepted: 1, duplicates: 1 } });
    const { cells, models } = (await stored(account)) as Record<string, Record<string, unknown>[]>;
    expect(cells?.reduce((sum, { clicks }) => sum + Number(clicks), 0)).toBe(3);
    expect(models).toMatchObject([{ events_seen: '6' }]);
  });

  it('leave to the bit what they leave one after the other', async () => {
    const event = (index: number) =>
      fc.record(
        {
          event_id: fc.constantFrom(`e${index}`, `e${Math.max(0, index - 3)}`),
          ad_id: fc.constantFrom(...ADS),
          type: fc.constantFrom('impression', 'click', 'click', 'conversion', 'conversion'),
          count: fc.integer({ min: 1, max: 50 }),
          value: fc.option(fc.integer({ min: 0, max: 9999 }).map((cents) => cents / 100)),
          occurred_at: fc.integer({ min: 24, max: 24 * 19 }).map(at),
          click_id: fc.option(fc.constantFrom('k1', 'k2', 'k3')),
          features: fc.option(fc.record({ device: fc.constantFrom('mobile', 'desktop') })),
        },
        { requiredKeys: ['event_id', 'ad_id', 'type', 'occurred_at'] },
      );
    const requests = fc
      .integer({ min: 6, max: 30 })
      .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => event(index))))
      .map((events) => Array.from({ length: 6 }, (_, k) => events.filter((__, i) => i % 6 === k)));
    await fc.assert(
      fc.asyncProperty(requests, async (lists) => {
        const [grouped, single] = [await newAccount(), await newAccount()];
        const together = await meanwhile(grouped, lists);
        const alone = [];
        for (const events of lists) alone.push(await intake.take(single, events, AS_OF));
        const answers = together.map((one) => (one.status === 'fulfilled' ? one.value : null));
        expect(answers).toEqual(alone);
        expect(await stored(grouped)).toEqual(await stored(single));
      }),
      { numRuns: 10, interruptAfterTimeLimit: 12_000 },
    );
  });
});
