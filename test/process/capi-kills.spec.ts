// Servers are killed, frozen and stopped in the midst of intake and delivery. Meta's side is a fake
// with a ledger of what counts after its 48 h of recognition: in the end it holds what was
// accepted, once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { SeededRandom } from '../../src/shared/random.js';
import { FakeCapi } from '../fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../fake-graph/fake-graph-server.js';
import { CAPI_TOKEN, PIXEL, purchase } from '../harness/capi.js';
import { createTestSchema, type TestSchema } from '../harness/database.js';
import { TEST_ADMIN_TOKEN } from '../harness/server.js';
import { startProcess, type ServerProcess } from '../harness/server-process.js';

const SEED = 20_261_122;
const KILLS = 4;
const BATCH = 20;

let schema: TestSchema;
let database: DataSource;
let folder: string;
let graph: FakeGraphServer;
let capi: FakeCapi;
const running = new Set<ServerProcess>();

beforeAll(async () => {
  schema = await createTestSchema();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-kills-'));
  graph = await FakeGraphServer.start();
  graph.world.addToken(CAPI_TOKEN, 'app-secret');
  capi = new FakeCapi(new Set([PIXEL]));
  graph.routes.splice(1, 0, capi.route);
  database = await new DataSource({ type: 'postgres', url: schema.url }).initialize();
  const server = await start();
  const account = { account_id: 'shop', name: 'shop', currency: 'USD' };
  await server.call('POST', '/v1/accounts', account);
  await server.call('PUT', '/v1/accounts/shop/credentials', {
    meta: { access_token: CAPI_TOKEN, app_secret: 'app-secret', pixel_id: PIXEL },
  });
  await end(server, 'SIGTERM');
}, 120_000);

afterAll(async () => {
  for (const server of running) await server.stop('SIGKILL');
  await graph.close();
  await database.destroy();
  await rm(folder, { recursive: true, force: true });
  await schema.drop();
});

async function start(): Promise<ServerProcess> {
  const server = await startProcess({
    ...{ DATA_DIR: folder, DATABASE_URL: schema.url, SECRETS_KEY: 'ab'.repeat(32) },
    ...{ META_GRAPH_URL: graph.url, RETRY_BASE_MS: '10', RETRY_MAX_MS: '100', LOG_LEVEL: 'warn' },
  });
  running.add(server);
  return server;
}

async function end(server: ServerProcess, signal: NodeJS.Signals): Promise<number | null> {
  running.delete(server);
  return server.stop(signal);
}

const idsOf = (prefix: string, batch: number) =>
  Array.from({ length: BATCH }, (_, index) => `${prefix}-${batch}-${index}`);

/**
 * One batch until it is acknowledged, by whichever server answers. Returns what was acknowledged.
 */
async function sendUntilTaken(
  prefix: string,
  batch: number,
  server: () => ServerProcess,
): Promise<string[]> {
  const ids = idsOf(prefix, batch);
  const data = ids.map((id) => purchase(id));
  for (;;) {
    const reply = await fetch(`${server().url}/v1/conversions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TEST_ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ account_id: 'shop', data }),
    }).catch(() => null);
    const text = await reply?.text().catch(() => null);
    if (reply?.status === 202 && text) {
      const { accepted, duplicates } = JSON.parse(text) as Record<string, number>;
      expect((accepted ?? 0) + (duplicates ?? 0)).toBe(BATCH);
      return ids;
    }
    await sleep(20);
  }
}

async function untilDelivered(): Promise<void> {
  for (;;) {
    const [row]: { open: number }[] = await database.query(
      `select count(*)::int as open from conversions where status in ('queued', 'retrying')`,
    );
    if (row?.open === 0) return;
    await sleep(200);
  }
}

async function openClaims(): Promise<number> {
  const rows: { count: number }[] = await database.query(
    'select count(*)::int as count from capi_claims',
  );
  return rows[0]?.count ?? 0;
}

/** Ids that count at Meta, each as often as it counts. */
const counted = (prefix: string) =>
  capi.effective
    .map(({ eventId }) => eventId)
    .filter((id) => id.startsWith(`${prefix}-`))
    .sort();

/** How often an event was sent in all, by what Meta took. */
const statuses = (prefix: string): Promise<{ status: string; count: number }[]> =>
  database.query(
    `select status, count(*)::int as count from conversions where event_id like $1 group by 1`,
    [`${prefix}-%`],
  );

describe('a server that is killed again and again', () => {
  it('loses nothing acknowledged, and Meta counts nothing twice', async () => {
    const random = new SeededRandom(SEED);
    graph.faults.seed(SEED, {
      target: 'write',
      odds: [
        { probability: 0.1, fault: { kind: 'reset', applied: true } },
        { probability: 0.1, fault: { kind: 'reset', applied: false } },
        { probability: 0.3, fault: { kind: 'delay', ms: 150 } },
      ],
    });
    let server = await start();
    const acknowledged: string[] = [];
    let batch = 0;
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        acknowledged.push(...(await sendUntilTaken('kill', (batch += 1), () => server)));
        await sleep(30);
      }
    };
    const clients = [client(), client(), client()];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const calls = capi.calls;
      // Half of the kills fall at any time, half right into a send.
      if (kill % 2 === 0) await sleep(200 + random.uniform() * 1500);
      else while (capi.calls === calls) await sleep(1);
      await sleep(random.uniform() * 30);
      await end(server, 'SIGKILL');
      server = await start();
    }
    isOver = true;
    await Promise.all(clients);
    graph.faults.clear();
    await untilDelivered();
    expect(counted('kill')).toEqual([...acknowledged].sort());
    expect(acknowledged.length).toBeGreaterThan(KILLS * BATCH);
    expect(await statuses('kill')).toEqual([{ status: 'delivered', count: acknowledged.length }]);
    expect(await end(server, 'SIGTERM')).toBe(0);
  }, 240_000);
});

describe('two servers on one outbox', () => {
  it('share it: every event is sent once, and one being killed costs nothing', async () => {
    graph.latencyMs = 20;
    const servers = [await start(), await start()];
    const received = capi.received;
    const acknowledged: string[] = [];
    const send = async (from: number, to: number, which: (batch: number) => ServerProcess) => {
      for (let batch = from; batch < to; batch += 1) {
        acknowledged.push(...(await sendUntilTaken('two', batch, () => which(batch))));
      }
    };
    await send(0, 30, (batch) => servers[batch % 2]!);
    await untilDelivered();
    expect(counted('two')).toEqual([...acknowledged].sort());
    // Without a fault nobody sends what another is sending.
    expect(capi.received - received).toBe(acknowledged.length);
    const [first, second] = servers as [ServerProcess, ServerProcess];
    const sending = send(30, 60, () => second);
    await sleep(100);
    await end(first, 'SIGKILL');
    await sending;
    await untilDelivered();
    expect(counted('two')).toEqual([...acknowledged].sort());
    expect(await end(second, 'SIGTERM')).toBe(0);
    graph.latencyMs = 0;
  }, 240_000);
});

describe('a server that is told to stop in the midst of a send', () => {
  it('waits for the answer, settles it, and leaves the rest to the next one', async () => {
    graph.latencyMs = 1500;
    const received = capi.received;
    const server = await start();
    // A server that was killed between settling and release leaves a claim that lapses.
    while ((await openClaims()) > 0) await sleep(200);
    const acknowledged = await sendUntilTaken('stop', 0, () => server);
    const calls = graph.calls;
    while (graph.calls === calls) await sleep(5);
    const later = await sendUntilTaken('stop', 1, () => server);
    expect(await end(server, 'SIGTERM')).toBe(0);
    expect(await openClaims()).toBe(0);
    expect(counted('stop')).toEqual(acknowledged.sort());
    const left = await statuses('stop');
    expect(left.sort((a, b) => (a.status < b.status ? -1 : 1))).toEqual([
      { status: 'delivered', count: BATCH },
      { status: 'queued', count: BATCH },
    ]);
    graph.latencyMs = 0;
    const next = await start();
    await untilDelivered();
    expect(counted('stop')).toEqual([...acknowledged, ...later].sort());
    expect(capi.received - received).toBe(2 * BATCH);
    expect(await end(next, 'SIGTERM')).toBe(0);
  }, 120_000);
});

describe('a server that was frozen past its lease', () => {
  it('changes nothing when it wakes up: another has taken over, and Meta counts once', async () => {
    const frozen = await start();
    graph.latencyMs = 1000;
    const calls = graph.calls;
    const acknowledged = await sendUntilTaken('frozen', 0, () => frozen);
    while (graph.calls === calls) await sleep(5);
    frozen.child.kill('SIGSTOP');
    graph.latencyMs = 0;
    const other = await start();
    acknowledged.push(...(await sendUntilTaken('frozen', 1, () => other)));
    await untilDelivered();
    const before: unknown[] = await database.query(
      `select event_id, status, attempts, delivered_at from conversions
        where event_id like 'frozen-%' order by event_id`,
    );
    frozen.child.kill('SIGCONT');
    acknowledged.push(...(await sendUntilTaken('frozen', 2, () => frozen)));
    await untilDelivered();
    const after: unknown[] = await database.query(
      `select event_id, status, attempts, delivered_at from conversions
        where event_id like 'frozen-%' and event_id not like 'frozen-2-%' order by event_id`,
    );
    expect(after).toEqual(before);
    expect(counted('frozen')).toEqual(acknowledged.sort());
    expect(await end(frozen, 'SIGTERM')).toBe(0);
    expect(await end(other, 'SIGTERM')).toBe(0);
  }, 120_000);
});
