// What is learned lies in a journal first and in the rows of the ads later: which of the two, and
// which process wrote it, is seen nowhere.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { LearningJournal1795300000024 } from '../migrations/0024-learning-journal.js';
import { DriftByMinutes1795300000061 } from '../migrations/0061-drift-by-minutes.js';
import { JournalFold } from '../src/learning/events/journal-fold.service.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { createTestSchema, type TestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

let schema: TestSchema;
let servers: TestServer[];
let database: DataSource;

beforeAll(async () => {
  schema = await createTestSchema();
  servers = [await startTestServer({ schema }), await startTestServer({ schema })];
  database = server(0).app.get(DataSource);
});
afterAll(async () => {
  for (const one of servers) await one.close();
  await schema.drop();
});

const T0 = Date.parse('2026-10-01T00:00:00Z');
const at = (hours: number) => new Date(T0 + hours * 3_600_000).toISOString();
const AS_OF = at(24 * 20);
const ADS = ['a', 'b', 'c'];
let accounts = 0;

function server(process: number): TestServer {
  return servers[process] as TestServer;
}

async function newAccount(adIds = ADS): Promise<TestAccount> {
  accounts += 1;
  const account = await createAccount(server(0), `journal-${accounts}`);
  const ads = adIds.map((adId) => adInput(adId, { started_at: at(0) }));
  await server(0).as(account.key, 'PUT', '/v1/ads', { ads });
  return account;
}

async function tell(process: number, { key }: TestAccount, events: unknown[]) {
  const body = { events, as_of: AS_OF };
  const reply = await server(process).as(key, 'POST', '/v1/events', body);
  expect(reply).toMatchObject({ status: 202, body: { rejected: [] } });
  return reply.body;
}

const fold = ({ accountId }: TestAccount, process = 0) =>
  server(process).app.get(JournalFold).fold(accountId);

/** Everything that counts, and what is believed because of it. */
async function learned({ accountId, key }: TestAccount): Promise<unknown> {
  const all = (sql: string) => database.query(sql, [accountId]);
  return {
    cells: await all(
      `select ad_id, cohort_at, lag, impressions, clicks, conversions, valued_conversions,
              value_minor, last_at
         from ad_evidence_cells where account_id = $1 order by ad_id, cohort_at, lag`,
    ),
    drifts: await all(
      `select scope, detected_at, changed_at, before, after, keep
         from drift_events where account_id = $1 order by scope, detected_at`,
    ),
    beliefs: (await server(1).as(key, 'GET', `/v1/ads?as_of=${AS_OF}`)).body,
  };
}

async function journalled({ accountId }: TestAccount): Promise<number> {
  const [row]: { rows: number }[] = await database.query(
    'select count(*)::int as rows from evidence_journal where account_id = $1',
    [accountId],
  );
  return row?.rows ?? 0;
}

const event = (index: number) =>
  fc.record(
    {
      event_id: fc.constant(`e${index}`),
      ad_id: fc.constantFrom(...ADS),
      type: fc.constantFrom('impression', 'impression', 'click', 'click', 'conversion'),
      count: fc.integer({ min: 1, max: 3000 }),
      value: fc.option(fc.integer({ min: 0, max: 9999 }).map((cents) => cents / 100)),
      occurred_at: fc.integer({ min: 24, max: 24 * 19 }).map(at),
      click_id: fc.option(fc.constantFrom('k1', 'k2', 'k3')),
    },
    { requiredKeys: ['event_id', 'ad_id', 'type', 'occurred_at'] },
  );
/** Who is told an event, and whether the journal is folded after it. */
const turn = fc.record({ process: fc.integer({ min: 0, max: 1 }), folds: fc.boolean() });
const turns = fc
  .integer({ min: 1, max: 12 })
  .chain((length) =>
    fc.tuple(...Array.from({ length }, (_, index) => fc.tuple(event(index), turn))),
  );

describe('the journal of an account', () => {
  it('counts the same wherever it is folded and whoever writes it', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (given) => {
        const [plain, mixed] = [await newAccount(), await newAccount()];
        for (const [one] of given) await tell(0, plain, [one]);
        for (const [one, { process, folds }] of given) {
          await tell(process, mixed, [one]);
          if (folds) await fold(mixed, process);
        }
        expect(await learned(mixed)).toEqual(await learned(plain));
        await fold(mixed);
        expect(await journalled(mixed)).toBe(0);
        expect(await learned(mixed)).toEqual(await learned(plain));
      }),
      { numRuns: 12, interruptAfterTimeLimit: 12_000 },
    );
  });

  it('proves nothing from a transaction that failed', async () => {
    const account = await newAccount();
    const hour = (hours: number, impressions: number, clicks: number) => {
      const one = { ad_id: 'a', occurred_at: at(30 + hours) };
      return [
        { ...one, event_id: `i${hours}`, type: 'impression', count: impressions },
        { ...one, event_id: `k${hours}`, type: 'click', count: clicks },
      ];
    };
    const steady = (from: number) =>
      Array.from({ length: 10 }, (_, index) => hour(from + index, 1000, 40)).flat();
    await tell(0, account, steady(0));
    // What the database cannot do, not what an event holds: nothing of the request is stored.
    await database.query('alter table evidence_journal rename to evidence_journal_away');
    const body = { events: hour(10, 50_000, 1), as_of: AS_OF };
    expect((await server(0).as(account.key, 'POST', '/v1/events', body)).status).toBe(500);
    await database.query('alter table evidence_journal_away rename to evidence_journal');
    expect(await tell(0, account, steady(11))).toMatchObject({ learned: { drift: [] } });
    expect(await learned(account)).toMatchObject({ drifts: [] });
  });

  it('is folded while events come in, and by one process at a time', async () => {
    const account = await newAccount();
    const events = Array.from({ length: 40 }, (_, index) => ({
      ...{ event_id: `e${index}`, ad_id: ADS[index % 3], type: 'impression', count: 5 },
      occurred_at: at(24 + index),
    }));
    await Promise.all(
      events.flatMap((one, index) => [
        tell(index % 2, account, [one]),
        fold(account, index % 2),
        fold(account, (index + 1) % 2),
      ]),
    );
    const straight = await newAccount();
    for (const one of events) await tell(0, straight, [one]);
    const shown = async ({ accountId }: TestAccount): Promise<unknown> =>
      database.query(
        `select ad_id, cohort_at, impressions from ad_evidence_cells where account_id = $1
          order by ad_id, cohort_at`,
        [accountId],
      );
    expect(await shown(account)).toEqual(await shown(straight));
  });

  it('is folded by itself once every ad has had its share of events', async () => {
    const account = await newAccount();
    const batch = (from: number) =>
      Array.from({ length: 1000 }, (_, index) => ({
        ...{ event_id: `e${from + index}`, ad_id: ADS[index % 3], type: 'impression' },
        occurred_at: at(30),
      }));
    for (let from = 0; from < 4000; from += 1000) await tell(0, account, batch(from));
    expect(await journalled(account)).toBe(4);
    await tell(0, account, batch(4000));
    while ((await journalled(account)) > 0) await new Promise((later) => setTimeout(later, 20));
    const [row]: { shown: number }[] = await database.query(
      'select sum(impressions)::int as shown from ad_evidence where account_id = $1',
      [account.accountId],
    );
    expect(row).toEqual({ shown: 5000 });
  });

  it('is folded after a restart by what had grown before it', async () => {
    const account = await newAccount();
    const batch = (from: number) =>
      Array.from({ length: 1000 }, (_, index) => ({
        ...{ event_id: `e${from + index}`, ad_id: ADS[index % 3], type: 'impression' },
        occurred_at: at(30),
      }));
    for (let from = 0; from < 4000; from += 1000) await tell(0, account, batch(from));
    const restarted = await startTestServer({ schema });
    const body = { events: batch(4000), as_of: AS_OF };
    const reply = await restarted.as(account.key, 'POST', '/v1/events', body);
    expect(reply.status).toBe(202);
    // Closing waits for what is being folded.
    await restarted.close();
    expect(await journalled(account)).toBe(0);
  });

  it('loses nothing on the way back to the version before, and forth', async () => {
    const account = await newAccount();
    const click = { ad_id: 'a', type: 'click', occurred_at: at(30), click_id: 'k' };
    await tell(0, account, [
      { event_id: 'i', ad_id: 'a', type: 'impression', count: 2000, occurred_at: at(30) },
      { event_id: 's', ad_id: 'a', type: 'conversion', occurred_at: at(40), click_id: 'k' },
    ]);
    await fold(account);
    await tell(1, account, [{ ...click, event_id: 'k' }]);
    await tell(1, account, [{ ...click, event_id: 'w', ad_id: 'b', click_id: 'other' }]);
    const before = await learned(account);
    const runner = database.createQueryRunner();
    const migrations = [new DriftByMinutes1795300000061(), new LearningJournal1795300000024()];
    for (const migration of migrations) await migration.down(runner);
    for (const migration of migrations.reverse()) await migration.up(runner);
    await runner.release();
    expect(await learned(account)).toEqual(before);
  });
});
