// Conversions: how fast they are durable (against the raw insert of the same rows), how fast they are
// delivered through the local Graph server, and what isolating poisoned events costs in calls.
import { createHash } from 'node:crypto';
import { DataSource } from 'typeorm';
import { FakeCapi } from '../test/fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../test/fake-graph/fake-graph-server.js';
import { Isolation } from '../src/attribution/delivery/isolate.js';
import { cleanUserData } from '../src/attribution/identity/user-data.js';
import { readConfig } from '../src/shared/config/config.js';
import { startServer, type RunningServer } from '../src/start.js';
import { benchDatabase, rounded } from './measure.js';

const PIXEL = '700700700';
const TOKEN = 'EAAbenchtokenforcapi0001';
const ADMIN = 'bench-admin-token-0123456789abcdefghijkl';
const BATCH = 100;
const CONNECTIONS = 8;

/** `--events N` (default 100,000) are delivered; a tenth of them is taken one by one. */
export async function benchCapi(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--events');
  const total = at < 0 ? 100_000 : Number(args[at + 1]);
  const graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  const capi = new FakeCapi(new Set([PIXEL]));
  graph.routes.splice(1, 0, capi.route);
  const database = await benchDatabase();
  const server = await startServer(
    readConfig({
      PORT: '0',
      ADMIN_TOKEN: ADMIN,
      SECRETS_KEY: 'ab'.repeat(32),
      LOG_LEVEL: 'error',
      CRON_ENABLED: 'false',
      DATABASE_URL: database.url,
      META_GRAPH_URL: graph.url,
      RATE_LIMIT_PER_MINUTE: '10000000',
    }),
  );
  try {
    return await measure(server, capi, total);
  } finally {
    await server.stop();
    await graph.close();
    await database.close();
  }
}

async function measure(server: RunningServer, capi: FakeCapi, total: number) {
  await call(server, 'POST', '/v1/accounts', { account_id: 'b', name: 'b', currency: 'USD' });
  await call(server, 'PUT', '/v1/accounts/b/credentials', {
    meta: { access_token: TOKEN, pixel_id: PIXEL },
  });
  const single = Math.max(1, Math.round(total / 10));
  await intake(server, 0, Math.min(1000, single), BATCH);
  const one = await intake(server, 1e6, single, 1);
  const hundred = await intake(server, 2e6, total - single, BATCH);
  console.error(`intake: ${one}/s one by one, ${hundred}/s in hundreds`);
  const raw = await rawInserts(server, Math.min(total, 20_000));
  const memoryBefore = process.memoryUsage.rss();
  const since = performance.now();
  await call(server, 'POST', '/admin/jobs/capi/run?wait=true', {});
  const seconds = (performance.now() - since) / 1000;
  return {
    intake_one_by_one_per_second: one,
    intake_in_hundreds_per_second: hundred,
    raw_insert_in_hundreds_per_second: raw,
    share_of_raw_insert: rounded(hundred / raw),
    aim: 0.4,
    hashing_microseconds_per_event: hashingMicros(),
    hashing_share_of_intake: rounded((hashingMicros() * hundred) / 1e6, 3),
    delivered: capi.effective.length,
    delivered_per_second: Math.round(capi.effective.length / seconds),
    delivery_calls: capi.calls,
    memory_growth_mb: rounded((process.memoryUsage.rss() - memoryBefore) / 1024 / 1024, 1),
    isolation: [1, 3, 10].map(isolationCost),
  };
}

async function intake(
  server: RunningServer,
  from: number,
  count: number,
  size: number,
): Promise<number> {
  const since = performance.now();
  let next = 0;
  const client = async () => {
    for (let start = next; start < count; start = next) {
      next += size;
      const data = Array.from({ length: Math.min(size, count - start) }, (_, offset) =>
        event(from + start + offset),
      );
      await call(server, 'POST', '/v1/conversions', { account_id: 'b', data });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return Math.round(count / ((performance.now() - since) / 1000));
}

/** The same rows, read back and inserted as they are, without any of our work. */
async function rawInserts(server: RunningServer, count: number): Promise<number> {
  const database = server.app.get(DataSource);
  await database.query('create table bench_raw (like conversions including all)');
  const keys: { received_at: string; id: string }[] = await database.query(
    'select received_at::text, id from conversions limit $1',
    [count],
  );
  const since = performance.now();
  let next = 0;
  const client = async () => {
    for (let start = next; start < keys.length; start = next) {
      next += BATCH;
      const part = keys.slice(start, start + BATCH);
      await database.query(
        `insert into bench_raw
         select c.* from conversions c
           join unnest($1::timestamptz[], $2::uuid[]) d (received_at, id)
             on c.account_id = 'b' and c.received_at = d.received_at and c.id = d.id`,
        [part.map(({ received_at }) => received_at), part.map(({ id }) => id)],
      );
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const rate = Math.round(keys.length / ((performance.now() - since) / 1000));
  await database.query('drop table bench_raw');
  return rate;
}

function hashingMicros(): number {
  const rounds = 20_000;
  const now = new Date();
  const since = performance.now();
  for (let round = 0; round < rounds; round++) cleanUserData(event(round).user_data, 'us', now);
  return rounded(((performance.now() - since) * 1000) / rounds, 1);
}

/** Mean over 200 seeded draws, against the information-theoretic bound k·log2(1000/k). */
function isolationCost(poisoned: number) {
  const draws = 200;
  let calls = 0;
  for (let draw = 0; draw < draws; draw++) {
    const bad = new Set<number>();
    for (let turn = 0; bad.size < poisoned; turn++) {
      bad.add(createHash('sha256').update(`${draw}/${turn}`).digest().readUInt32BE(0) % 1000);
    }
    const isolation = new Isolation(
      Array.from({ length: 1000 }, (_, index) => index),
      '',
    );
    calls += 1;
    for (let set = isolation.next(() => undefined); set; set = isolation.next(() => undefined)) {
      calls += 1;
      const accepted = !set.some((index) => bad.has(index));
      isolation.answer(accepted ? { accepted } : { accepted, refusal: '' });
    }
  }
  return {
    poisoned,
    calls: rounded(calls / draws, 1),
    bound: rounded(poisoned * Math.log2(1000 / poisoned), 1),
  };
}

function event(index: number) {
  return {
    event_name: 'Purchase',
    event_time: Math.floor(Date.now() / 1000) - 60,
    event_id: `bench-${index}`,
    action_source: 'website',
    event_source_url: `https://shop.example/thanks?order=${index}&utm_content=1`,
    user_data: {
      em: `person${index}@example.com`,
      ph: `+1 650 555 ${String(index % 10_000).padStart(4, '0')}`,
      fn: 'Mary',
      ln: `O'Neil ${index}`,
      ct: 'Menlo Park',
      zp: '94025',
      country: 'us',
      client_user_agent: 'Mozilla/5.0',
    },
    custom_data: { value: 12.5, currency: 'USD' },
  };
}

async function call(server: RunningServer, method: string, path: string, body: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN}` },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}
