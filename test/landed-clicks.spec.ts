// A click told to POST /v1/clicks alone is never counted, yet it says when the conversions that
// name it began: whichever came first, and through whichever process.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
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
const at = (hours: number) => new Date(T0 + hours * 3_600_000).toISOString();
const AS_OF = at(24 * 20);
let accounts = 0;

async function newAccount(): Promise<TestAccount> {
  accounts += 1;
  const account = await createAccount(servers[0] as TestServer, `landed-${accounts}`);
  const ads = ['a', 'b'].map((id) => adInput(id, { started_at: at(0) }));
  await servers[0]?.as(account.key, 'PUT', '/v1/ads', { ads });
  return account;
}

interface Told {
  path: '/v1/events' | '/v1/clicks';
  items: unknown[];
}
const events = (...items: unknown[]): Told => ({ path: '/v1/events', items });
const clicks = (...items: unknown[]): Told => ({ path: '/v1/clicks', items });
const sale = (id: string, clickId: string, hours: number, more: object = {}) => ({
  ...{ event_id: id, ad_id: 'a', type: 'conversion', click_id: clickId, value: 20 },
  ...{ occurred_at: at(hours), ...more },
});
const landed = (clickId: string, hours: number) => ({
  ...{ click_id: clickId, ad_id: 'a', landed_at: at(hours) },
});
const clicked = (id: string, clickId: string, hours: number) => ({
  ...{ event_id: id, ad_id: 'a', type: 'click', click_id: clickId, occurred_at: at(hours) },
});
const LATE = clicked('told', 'k', 10);

async function tell(account: TestAccount, { path, items }: Told, process = 0): Promise<void> {
  const name = path === '/v1/events' ? 'events' : 'clicks';
  const body = { [name]: items, as_of: AS_OF };
  const reply = await (servers[process] as TestServer).as(account.key, 'POST', path, body);
  expect([reply.status, reply.body['rejected']]).toEqual([202, []]);
}

async function beliefs({ key }: TestAccount, process = 0): Promise<string> {
  const path = `/v1/ads?as_of=${AS_OF}`;
  return JSON.stringify((await servers[process]?.as(key, 'GET', path))?.body);
}

/** [cohort in hours, lag, clicks, conversions, value] of each cell, once everything is learned. */
async function cells(account: TestAccount): Promise<number[][]> {
  await beliefs(account);
  const rows: Record<string, string>[] = await (servers[0] as TestServer).app.get(DataSource).query(
    `select extract(epoch from cohort_at)::bigint as at, lag, clicks, conversions, value_minor
         from ad_evidence_cells where account_id = $1 order by ad_id, cohort_at, lag`,
    [account.accountId],
  );
  return rows.map((row) => [
    (Number(row['at']) - T0 / 1000) / 3600,
    ...['lag', 'clicks', 'conversions', 'value_minor'].map((name) => Number(row[name])),
  ]);
}

describe('a click known by POST /v1/clicks alone', () => {
  it('has the conversions that name it in its cohort, and is not counted itself', async () => {
    const account = await newAccount();
    await tell(account, clicks(landed('k', 7)));
    await tell(account, events(sale('v', 'k', 30)));
    expect(await cells(account)).toEqual([[6, 3, 0, 1, 2000]]);
  });

  it('is found by a conversion that is told after learning has heard of the click', async () => {
    const account = await newAccount();
    await tell(account, clicks(landed('k', 7)));
    expect(await cells(account)).toEqual([]);
    await tell(account, events(sale('v', 'k', 30)));
    expect(await cells(account)).toEqual([[6, 3, 0, 1, 2000]]);
  });

  it('may come after the conversion, by another process and more than once', async () => {
    const account = await newAccount();
    await tell(account, events(sale('v', 'k', 30), sale('w', 'k', 32), sale('x', 'other', 32)));
    expect(await cells(account)).toEqual([
      [24, -1, 0, 1, 2000],
      [30, -1, 0, 2, 4000],
    ]);
    await tell(account, clicks(landed('k', 7)), 1);
    await tell(account, clicks(landed('k', 7)));
    const moved = [
      [6, 3, 0, 1, 2000],
      [6, 4, 0, 1, 2000],
      [30, -1, 0, 1, 2000],
    ];
    expect(await cells(account)).toEqual(moved);
    expect(await cells(account)).toEqual(moved);
  });

  it('moves nothing whose click the caller dated, and nothing that happened before it', async () => {
    const account = await newAccount();
    await tell(account, events(sale('v', 'k', 30, { clicked_at: at(20) }), sale('w', 'k', 3)));
    await tell(account, clicks(landed('k', 7)));
    expect(await cells(account)).toEqual([
      [0, -1, 0, 1, 2000],
      [18, 1, 0, 1, 2000],
    ]);
  });

  it('is found under the same pseudonym where somebody made an address an id', async () => {
    const account = await newAccount();
    await tell(
      account,
      events(
        sale('jane@example.com', 'jane@example.com', 30, { features: { who: 'jane@example.com' } }),
      ),
    );
    await tell(account, clicks(landed('jane@example.com', 7)));
    expect(await cells(account)).toEqual([[6, 3, 0, 1, 2000]]);
    const rows: unknown = await (servers[0] as TestServer).app
      .get(DataSource)
      .query('select * from ad_events where account_id = $1', [account.accountId]);
    expect(JSON.stringify(rows).toLowerCase()).not.toContain('jane');
  });
});

describe('any order of events and landed clicks', () => {
  const told: Told[] = [
    events(sale('v', 'k', 30)),
    events(sale('w', 'l', 31), sale('x', 'l', 50)),
    events(LATE),
    clicks(landed('k', 7)),
    clicks(landed('l', 13)),
    events(clicked('early', 'l', 2)),
  ];

  it('ends in the same evidence and byte-identical beliefs', async () => {
    const straight = await newAccount();
    for (const one of told) await tell(straight, one);
    const expected = [await cells(straight), await beliefs(straight)];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(told, { minLength: told.length }),
        fc.boolean(),
        async (order, together) => {
          const account = await newAccount();
          if (together) await Promise.all(order.map((one, index) => tell(account, one, index % 2)));
          else for (const [index, one] of order.entries()) await tell(account, one, index % 2);
          expect([await cells(account), await beliefs(account, 1)]).toEqual(expected);
        },
      ),
      { numRuns: 8, interruptAfterTimeLimit: 10_000 },
    );
  });
});
