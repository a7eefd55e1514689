// Crash safety with real processes: servers are killed and frozen and lose their connections while a
// Graph server loses answers, and the ledger of effects is held against what the changes report. The
// last test runs a worker that believes answers and completes without a fence, to show that the
// checker can fail. CRASH_CHANGES sizes the run.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { SeededRandom } from '../../src/shared/random.js';
import type { FaultOdds } from '../fake-graph/fake-graph-faults.js';
import { FakeGraphServer } from '../fake-graph/fake-graph-server.js';

const CHANGES = Number(process.env['CRASH_CHANGES'] ?? 2000);
const PROCESSES = 3;
const NEMESIS_MILLIS = 15_000;
const SETTLE_MILLIS = 110_000;
const HOT_AD_SETS = 30;
const HOT_ALLOWED = 15;
const ADMIN = 'crash-admin-token-0123456789abcdefghij';
const TOKEN = 'EAAtokenOfTheCrashTest';
const BEFORE = 5000;
const AFTER = 5500;

const LOSSES: FaultOdds['odds'] = [
  { probability: 0.02, fault: { kind: 'reset', applied: true } },
  { probability: 0.02, fault: { kind: 'reset', applied: false } },
  { probability: 0.01, fault: { kind: 'silent_no_op' } },
  { probability: 0.01, fault: { kind: 'service_unavailable', applied: true } },
];

let graph: FakeGraphServer;
let client: pg.Client;
let databaseUrl: string;
const running: ChildProcess[] = [];
const name = `crash_${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  const root = process.env['TEST_DATABASE_URL'] ?? '';
  await onRoot(root, `create database ${name}`);
  const address = new URL(root);
  address.pathname = `/${name}`;
  databaseUrl = address.toString();
  graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  graph.latencyMs = 60;
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await client.end();
  await graph.close();
  await onRoot(process.env['TEST_DATABASE_URL'] ?? '', `drop database ${name} with (force)`);
});

async function onRoot(url: string, sql: string): Promise<void> {
  const root = new pg.Client({ connectionString: url });
  await root.connect();
  await root.query(sql);
  await root.end();
}

/** Resolves with its address once it listens. */
async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      ...{ PATH: process.env['PATH'], DATABASE_URL: databaseUrl, ADMIN_TOKEN: ADMIN, PORT: '0' },
      ...{ META_GRAPH_URL: graph.url, META_ACCESS_TOKEN: TOKEN, EXECUTION_MODE: 'live' },
      ...{ META_ACCESS_TIER: 'standard_access', LOG_LEVEL: 'fatal', RETRY_BASE_MS: '50' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let waited = 0; waited < 40_000 && child.exitCode === null; waited += 50) {
    const url = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(text)?.[1];
    if (url) return { child, url };
    await sleep(50);
  }
  throw new Error(`the server did not start:\n${text}`);
}

async function call(
  url: string,
  method: string,
  path: string,
  body: unknown,
  timeoutMs = 20_000,
): Promise<void> {
  const response = await fetch(`${url}${path}`, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status >= 300) throw new Error(`${path}: ${await response.text()}`);
}

/** Ad sets at the Graph server and registered, each in the campaign of its index. */
async function register(url: string, account: string, ids: string[], campaignOf: typeof four) {
  for (const [index, id] of ids.entries()) {
    const campaign = campaignOf(index);
    if (!graph.world.objects.has(campaign)) {
      graph.world.addObject({ id: campaign, type: 'campaign' });
    }
    graph.world.addObject({ id, type: 'adset', parentId: campaign, dailyBudget: BEFORE });
  }
  for (let start = 0; start < ids.length; start += 1000) {
    const ads = ids.slice(start, start + 1000).map((ad_id, index) => ({
      ...{ ad_id, campaign_id: campaignOf(start + index), status: 'active' },
      ...{ daily_budget: BEFORE / 100, started_at: null },
    }));
    await call(url, 'PUT', '/v1/ads', { account_id: account, ads });
  }
}
const four = (index: number): string => `7${String(index >> 2).padStart(5, '0')}`;

/** In portions, so that there is work while the processes are tormented; a lost answer is repeated. */
async function queue(
  servers: readonly { url: string }[],
  account: string,
  ids: string[],
  portion: number,
): Promise<void> {
  for (let start = 0; start < ids.length; start += portion) {
    const changes = ids.slice(start, start + portion).map((ad_id) => ({
      ...{ idempotency_key: `k${ad_id}`, ad_id, change_type: 'budget' },
      requested_value: AFTER / 100,
    }));
    for (let attempt = 0; ; attempt += 1) {
      const url = servers[attempt % servers.length]?.url ?? '';
      const body = { account_id: account, changes };
      const sent = call(url, 'POST', '/v1/execution/changes', body, 2000);
      if (await sent.then(() => true).catch(() => false)) break;
      if (attempt > 30) throw new Error('no server takes changes');
      await sleep(200);
    }
    if (portion < 1000) await sleep(700);
  }
}

interface Row {
  ad_id: string;
  status: string;
  blocked_by: string | null;
}

/** Everything that a ledger of effects can hold against what changes say of themselves. */
function violations(rows: Row[]): string[] {
  const faults: string[] = [];
  const moved = new Map<string, number>();
  for (const { id, before, after } of graph.world.effects) {
    if (after !== AFTER) faults.push(`${id} was set to ${String(after)}`);
    // The same absolute value once more is a repetition without an effect.
    if (before !== after) moved.set(id, (moved.get(id) ?? 0) + 1);
  }
  for (const { ad_id, status } of rows) {
    const live = graph.world.object(ad_id).dailyBudget;
    const count = moved.get(ad_id) ?? 0;
    if (count > 1) faults.push(`${ad_id} took effect ${count} times`);
    if (status === 'completed' && live !== AFTER) faults.push(`${ad_id} completed without effect`);
    if (status !== 'completed' && live !== BEFORE) faults.push(`${ad_id} ${status} with effect`);
  }
  return faults;
}

const rowsOf = async (account: string): Promise<Row[]> =>
  (
    await client.query<Row>(
      'select ad_id, status, blocked_by from pending_ad_changes where account_id = $1',
      [account],
    )
  ).rows;

const isOpen = ({ status, blocked_by }: Row): boolean =>
  ['claimed', 'executing', 'unknown'].includes(status) ||
  (status === 'pending' && blocked_by !== 'execution.campaign_rate');

async function torment(servers: { child: ChildProcess }[], chance: SeededRandom): Promise<number> {
  let felt = 0;
  const until = Date.now() + NEMESIS_MILLIS;
  while (Date.now() < until) {
    await sleep(800);
    const index = Math.floor(chance.uniform() * servers.length);
    const server = servers[index];
    const dice = chance.uniform();
    if (!server) continue;
    if ((await rowsOf('c')).some(isOpen)) felt += 1;
    if (dice < 0.4) {
      server.child.kill('SIGKILL');
      servers[index] = await startServer();
    } else if (dice < 0.7) {
      server.child.kill('SIGSTOP');
      await sleep(2500);
      server.child.kill('SIGCONT');
    } else {
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()
          order by random() limit 3`,
      );
    }
  }
  return felt;
}

describe('processes that die, freeze and lose their connections', () => {
  it('carry out every change exactly as it reports, and leave none behind', async () => {
    const servers = [await startServer()];
    const { url } = servers[0]!;
    client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await call(url, 'POST', '/v1/accounts', { account_id: 'c', name: 'c', currency: 'USD' });
    const ids = Array.from({ length: CHANGES }, (_, index) => String(1_000_000 + index));
    const hot = Array.from({ length: HOT_AD_SETS }, (_, index) => String(2_000_000 + index));
    await register(url, 'c', ids, four);
    await register(url, 'c', hot, () => '799999');
    while (servers.length < PROCESSES) servers.push(await startServer());
    graph.faults.seed(7, { target: 'write', odds: LOSSES }, { target: 'batch', odds: LOSSES });
    const queued = queue(servers, 'c', [...hot, ...ids], Math.ceil(CHANGES / 16));
    // A queue that is empty before the first blow would prove nothing.
    expect(await torment(servers, new SeededRandom(11))).toBeGreaterThanOrEqual(3);
    await queued;
    graph.faults.clear();
    const until = Date.now() + SETTLE_MILLIS;
    let rows = await rowsOf('c');
    while (rows.some(isOpen) && Date.now() < until) {
      await sleep(500);
      rows = await rowsOf('c');
    }
    expect(violations(rows)).toEqual([]);
    expect(rows).toHaveLength(CHANGES + HOT_AD_SETS);
    expect(rows.filter(isOpen)).toEqual([]);
    expect(graph.world.crowded).toEqual([]);
    const hotMoved = hot.filter((id) => graph.world.object(id).dailyBudget === AFTER);
    expect(hotMoved.length).toBeLessThanOrEqual(HOT_ALLOWED);
    expect(rows.filter(({ status }) => status === 'completed').length).toBeGreaterThan(CHANGES / 2);
    for (const { child } of servers) child.kill('SIGKILL');
  }, 240_000);

  it('are told apart from a worker that believes answers and completes without a fence', async () => {
    const server = await startServer();
    const { url } = server;
    await call(url, 'POST', '/v1/execution/pause', {});
    await call(url, 'POST', '/v1/accounts', { account_id: 'n', name: 'n', currency: 'USD' });
    const ids = Array.from({ length: 200 }, (_, index) => String(3_000_000 + index));
    await register(url, 'n', ids, (index) => `8${index}`);
    await queue([server], 'n', ids, 1000);
    server.child.kill('SIGKILL');
    graph.world.effects.length = 0;
    graph.latencyMs = 0;
    graph.faults.seed(7, { target: 'write', odds: LOSSES });
    for (const id of ids) await naively(id);
    graph.faults.clear();
    const found = violations(await rowsOf('n'));
    expect(found.some((fault) => fault.endsWith('completed without effect'))).toBe(true);
    expect(found.some((fault) => fault.endsWith('with effect'))).toBe(true);
  }, 60_000);
});

/** Success is believed without a look, everything else is a failure, and nobody asks for the fence. */
async function naively(adId: string): Promise<void> {
  const answer = await fetch(`${graph.url}/v25.0/${adId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: new URLSearchParams({ daily_budget: String(AFTER) }),
  })
    .then((response) => response.text())
    .catch(() => '');
  const status = answer.includes('success') ? 'completed' : 'failed';
  await client.query(
    `update pending_ad_changes set status = $2, finished_at = now(), effective_at = now(),
            before_image = '{}', after_image = '{}', before_at = now()
      where account_id = 'n' and ad_id = $1`,
    [adId, status],
  );
}
