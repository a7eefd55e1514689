// Conversions through a server that is killed, or asked to end, while they come in and leave: what it
// answered reaches Meta, and counts there once. Real processes on a schema of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FakeCapi } from '../fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../fake-graph/fake-graph-server.js';
import { CAPI_TOKEN, PIXEL, purchase } from '../harness/capi.js';
import { createTestSchema, testDatabaseUrl, type TestSchema } from '../harness/database.js';

const TOKEN = 'test-admin-token-0123456789abcdefghijkl';
/** Each leaves a claim that is free after 25 s. */
const KILLS = 3;

let schema: TestSchema;
let folder: string;
let graph: FakeGraphServer;
let capi: FakeCapi;
let database: DataSource;
const started: ChildProcess[] = [];

beforeAll(async () => {
  schema = await createTestSchema();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-capi-'));
  graph = await FakeGraphServer.start();
  graph.world.addToken(CAPI_TOKEN);
  capi = new FakeCapi(new Set([PIXEL]));
  graph.routes.splice(1, 0, capi.route);
  database = await new DataSource({ type: 'postgres', url: address() }).initialize();
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await database.destroy();
  await graph.close();
  await rm(folder, { recursive: true, force: true });
  await schema.drop();
});

function address(): string {
  const url = new URL(testDatabaseUrl());
  url.searchParams.set('options', `-c search_path=${schema.address.schema}`);
  return url.toString();
}

interface Running {
  child: ChildProcess;
  url: string;
  exit: Promise<number | null>;
}

async function start(): Promise<Running> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      ...{ PATH: process.env['PATH'], DATA_DIR: folder, PORT: '0', ADMIN_TOKEN: TOKEN },
      ...{ DATABASE_URL: address(), META_GRAPH_URL: graph.url, SECRETS_KEY: 'ab'.repeat(32) },
      ...{ LOG_LEVEL: 'error', RATE_LIMIT_PER_MINUTE: '1000000' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let waited = 0; waited < 60_000; waited += 50) {
    const url = /http:\/\/[0-9.]+:\d+/.exec(text)?.[0];
    if (url) return { child, url, exit };
    await pause(50);
  }
  throw new Error(`the server did not start:\n${text}`);
}

async function call(url: string, method: string, path: string, body: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { accepted: number; duplicates: number };
}

async function addShop(url: string): Promise<void> {
  const shop = { account_id: 'shop', name: 'shop', currency: 'USD' };
  await call(url, 'POST', '/v1/accounts', shop);
  const meta = { access_token: CAPI_TOKEN, pixel_id: PIXEL };
  await call(url, 'PUT', '/v1/accounts/shop/credentials', { meta });
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(50);
}
const post = (url: string, ids: string[]) =>
  call(url, 'POST', '/v1/conversions', { account_id: 'shop', data: ids.map((id) => purchase(id)) });

describe('conversions and a server that is killed', () => {
  it('reach Meta, each counted once, whenever it dies', async () => {
    const batches = Array.from({ length: KILLS * 12 }, (_, batch) =>
      Array.from({ length: 50 }, (__, index) => `k-${batch}-${index}`),
    );
    const open = [...batches];
    graph.latencyMs = 200;
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, url, exit } = await start();
      if (kill === 0) await addShop(url);
      const calls = graph.calls;
      // Some are kept, some are on their way in, and one batch is on its way out.
      const sending = open.splice(0, 12).map(async (batch, place) => {
        await pause(place * 100);
        await post(url, batch).catch(() => open.push(batch));
      });
      await until(() => graph.calls > calls);
      child.kill('SIGKILL');
      await Promise.all([...sending, exit]);
    }
    const { url, child, exit } = await start();
    const answers = await Promise.all(batches.map((batch) => post(url, batch)));
    expect(answers.every(({ accepted, duplicates }) => accepted + duplicates === 50)).toBe(true);
    await until(() => capi.effective.length >= KILLS * 12 * 50);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    const counted = capi.effective.map(({ eventId }) => eventId).sort();
    expect(counted).toEqual(batches.flat().sort());
    expect(capi.received).toBeGreaterThan(capi.effective.length);
  }, 180_000);

  it('are settled before it ends when it is asked to end', async () => {
    const { child, url, exit } = await start();
    graph.latencyMs = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let isHeld = false;
    graph.hold = () => {
      isHeld = true;
      return released;
    };
    await post(url, ['last']);
    await until(() => isHeld);
    child.kill('SIGTERM');
    await until(async () => {
      const health = await fetch(`${url}/health/ready`).catch(() => null);
      return health === null || !health.ok;
    });
    release();
    expect(await exit).toBe(0);
    expect(capi.effective.filter(({ eventId }) => eventId === 'last').length).toBe(1);
    const rows: unknown = await database.query(
      `select status, attempts, claim,
              (select count(*)::int from capi_claims where claimed_at >= received_at) as claims
         from conversions where event_id = 'last'`,
    );
    expect(rows).toEqual([{ status: 'delivered', attempts: 1, claim: null, claims: 0 }]);
  });
});
