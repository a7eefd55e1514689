// A GET only reads: whoever looks, however often, leaves everything as it was.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { purchase } from './harness/capi.js';
import { createTestSchema, type TestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[];
}
interface Document {
  paths: Record<string, { get?: Operation }>;
}
type Found = Record<string, string>;

const ACCOUNT = 'playground';
const SCOPE = { scope_id: 'all', campaign_ids: 'all', daily_budget: 50, mode: 'shadow' };
const PLAN = { scopes: [SCOPE] };

let schema: TestSchema;
let server: TestServer;
let reader: TestServer;

beforeAll(async () => {
  schema = await createTestSchema();
  server = await startTestServer({ schema });
  const sandbox = { account_id: ACCOUNT, name: 'Playground', seed: 5, ads: 4, history_days: 10 };
  await works('POST', '/admin/sandbox', sandbox);
  reader = await startTestServer({ schema: readOnly(schema) });
});
afterAll(async () => {
  await reader?.close();
  await server?.close();
  await schema.drop();
});

/** The same tables for a server whose every transaction may only read. */
function readOnly({ address, ...rest }: TestSchema): TestSchema {
  const url = new URL(address.url);
  const options = `-c search_path=${address.schema} -c default_transaction_read_only=on`;
  url.searchParams.set('options', options);
  return { ...rest, address: { ...address, url: String(url) } };
}

async function works(method: string, path: string, body?: object) {
  const { status, body: answer } = await server.admin(method, path, body);
  expect([path, status < 300 ? [] : answer, answer['rejected'] ?? []]).toEqual([path, [], []]);
  return answer;
}

async function firstOf(list: string): Promise<Found> {
  const { items } = await works('GET', `${list}?account_id=${ACCOUNT}`);
  return (items as Found[])[0]!;
}

/** Something under every address, and much that nobody has looked at yet. */
async function fill(): Promise<Found> {
  const account_id = ACCOUNT;
  const decided = await works('POST', '/v1/sampling/allocate', { account_id, total_budget: 50 });
  const decision_id = String(decided['decision_id']);
  const occurred_at = String(decided['as_of']);
  await works('POST', `/v1/sampling/decisions/${decision_id}/apply`, { account_id });
  await works('PUT', `/v1/accounts/${account_id}/plan`, PLAN);
  const { ad_id = '' } = await firstOf('/v1/ads');
  const { id = '' } = await firstOf('/v1/execution/changes');
  const event = { event_id: 'seen', ad_id, type: 'click', occurred_at };
  await works('POST', '/v1/events', { account_id, events: [event] });
  const data = [{ ...purchase('seen'), event_time: occurred_at }];
  await works('POST', '/v1/conversions', { account_id, data });
  return {
    account_id,
    as_of: occurred_at,
    ad_id,
    id,
    decision_id,
    event_id: 'seen',
    name: 'metrics',
  };
}

describe('a GET', () => {
  it('works where the database refuses every write, whichever it is', async () => {
    const ids = await fill();
    const { paths } = (await reader.as<Document>(null, 'GET', '/docs-json')).body;
    const answers: Record<string, number> = {};
    for (const [path, { get }] of Object.entries(paths)) {
      if (!get) continue;
      const address = path
        .replace('{file}', 'page.js')
        .replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
      const query = new URLSearchParams();
      for (const { name, in: place } of get.parameters ?? []) {
        if (place === 'query' && (name === 'account_id' || name === 'as_of')) {
          query.set(name, ids[name] ?? '');
        }
      }
      answers[path] = (await reader.admin('GET', `${address}?${query}`)).status;
    }
    expect(Object.keys(answers).length).toBeGreaterThan(20);
    expect(Object.entries(answers).filter(([, status]) => status !== 200)).toEqual([]);
  });

  it('is asked of a server that really cannot write', async () => {
    const { status } = await reader.admin('PUT', `/v1/accounts/${ACCOUNT}/plan`, PLAN);
    expect(status).toBe(503);
  });
});
