// Draining changes through the real executor against the local Graph server, batch against single
// mode; and claim-and-settle of no-op changes against no-op jobs of pg-boss and graphile-worker on
// the same PostgreSQL, all three in turn, round after round, median of each. A no-op change takes
// the claim function, the fence and the settling of a real one; all tables are analysed before each
// turn. Options: --changes N (default 5,000), --single N (of them one by one, default 500), --noops
// N (default
// 20,000), --rounds N (default 3), --finished N (rows in the table for the growth figure, default
// 1,000,000).
import { Logger, makeWorkerUtils, runOnce } from 'graphile-worker';
import PgBoss from 'pg-boss';
import { DataSource } from 'typeorm';
import { AccountsService, AdsService } from '../src/accounts/index.js';
import {
  claimChanges,
  ExecutorService,
  type ObjectImage,
  releaseClaims,
} from '../src/execution/index.js';
import { readConfig } from '../src/shared/config/config.js';
import { withApplication } from '../src/start.js';
import { FakeGraphServer } from '../test/fake-graph/fake-graph-server.js';
import { benchDatabase, median, rounded } from './measure.js';

const ACCOUNTS = 10;
const LATENCY_MS = 40;
const TOKEN = 'EAAtokenOfTheBenchmark';
const NOOP_BATCH = 100;
const WORKERS = [1, 4];
const IMAGE: ObjectImage = {
  ...{ status: 'active', dailyBudgetMinor: 5000, lifetimeBudgetMinor: null, bidMinor: null },
  source: 'platform',
};

export async function benchExecution(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string, usual: number) => {
    const at = args.indexOf(`--${name}`);
    return at >= 0 ? Number(args[at + 1]) : usual;
  };
  const changes = option('changes', 5000);
  const noops = option('noops', 20_000);
  const rounds = option('rounds', 3);
  const database = await benchDatabase();
  try {
    const batch = await drain(database.url, changes, true);
    console.error(`batch: ${Math.round(batch.rate)} changes/s, ${rounded(batch.calls)} calls each`);
    const single = await drain(database.url, option('single', 500), false);
    console.error(`single: ${Math.round(single.rate)} changes/s, ${rounded(single.calls)} calls`);
    const peers = await duel(database.url, noops, rounds);
    await addFinished(database.url, option('finished', 1_000_000));
    const full = await medians(rounds, (workers) => noopRate(database.url, noops, workers));
    return {
      batch_changes_per_second: Math.round(batch.rate),
      single_changes_per_second: Math.round(single.rate),
      times_faster: rounded(batch.rate / single.rate),
      times_fewer_calls: rounded(single.calls / batch.calls),
      ...{ faster_aim: 10, fewer_calls_aim: 50, latency_ms: LATENCY_MS },
      noops_per_second: peers.ours,
      pg_boss_per_second: peers.boss,
      graphile_worker_per_second: peers.graphile,
      noops_per_second_with_finished_rows: full,
      growth: WORKERS.map((_, index) => rounded((peers.ours[index] ?? NaN) / (full[index] ?? NaN))),
      growth_aim: 1.2,
      workers: WORKERS,
    };
  } finally {
    await database.close();
  }
}

/** Changes per second and calls per change, every account with its own campaigns. */
async function drain(url: string, changes: number, isBatch: boolean) {
  const graph = await FakeGraphServer.start();
  graph.world.addToken(TOKEN);
  graph.latencyMs = LATENCY_MS;
  const config = readConfig({
    ...{ DATABASE_URL: url, ADMIN_TOKEN: '0123456789abcdef0123456789abcdef', LOG_LEVEL: 'fatal' },
    ...{ META_GRAPH_URL: graph.url, META_ACCESS_TOKEN: TOKEN, EXECUTION_MODE: 'live' },
    ...{ META_ACCESS_TIER: 'standard_access', BATCH_MODE_ENABLED: String(isBatch) },
  });
  try {
    return await withApplication(config, async (app) => {
      const database = app.get(DataSource);
      for (let index = 0; index < ACCOUNTS; index++) {
        const accountId = `${isBatch ? 'batch' : 'single'}${index}`;
        const input = { account_id: accountId, name: accountId, currency: 'USD' };
        const { account } = await app.get(AccountsService).create(input);
        const ids = Array.from({ length: changes / ACCOUNTS }, (_, one) => `${1000 + index}${one}`);
        for (const id of ids) {
          graph.world.addObject({ id: `9${id}`, type: 'campaign' });
          graph.world.addObject({ id, type: 'adset', parentId: `9${id}`, dailyBudget: 5000 });
        }
        const ads = ids.map((id) => ({
          ...{ ad_id: id, campaign_id: `9${id}`, status: 'active', daily_budget: 50 },
          started_at: null,
        }));
        await app.get(AdsService).put(account, ads);
        await insertPending(database, accountId, ids, 5500);
      }
      const since = performance.now();
      await app.get(ExecutorService).run();
      const seconds = (performance.now() - since) / 1000;
      if (graph.world.effects.length !== changes) throw new Error('not every change took effect');
      return { rate: changes / seconds, calls: graph.calls / changes };
    });
  } finally {
    await graph.close();
  }
}

async function insertPending(database: DataSource, account: string, ids: string[], minor: number) {
  await database.query(
    `insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
            campaign_id, change_type, requested_minor, origin, requested_by, status)
     select $1, 'chg_' || id, id, '\\x00', id, '9' || id, 'budget', $3, 'manual', 'bench', 'pending'
       from unnest($2::text[]) id`,
    [account, ids, minor],
  );
}

type Measure = (workers: number) => Promise<number>;

/** One figure per number of workers. */
async function medians(rounds: number, measure: Measure): Promise<number[]> {
  const figures: number[] = [];
  for (const workers of WORKERS) {
    const found: number[] = [];
    for (let round = 0; round < rounds; round += 1) found.push(await measure(workers));
    figures.push(median(found));
    console.error(`${workers} workers: ${figures.at(-1)}/s`);
  }
  return figures;
}

/** In turn, so that a busy machine is as busy for each of them. */
async function duel(url: string, count: number, rounds: number) {
  const players = { ours: noopRate, boss: bossRate, graphile: graphileRate };
  const figures: Record<keyof typeof players, number[]> = { ours: [], boss: [], graphile: [] };
  for (const workers of WORKERS) {
    const found: typeof figures = { ours: [], boss: [], graphile: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of ['ours', 'boss', 'graphile'] as const) {
        found[name].push(await players[name](url, count, workers));
      }
    }
    for (const name of ['ours', 'boss', 'graphile'] as const) {
      figures[name].push(median(found[name]));
      console.error(`${workers} workers: ${name} ${found[name].join(', ')} per second`);
    }
  }
  return figures;
}

/** Claimed and settled without a write, as the executor does for what is so already. */
async function noopRate(url: string, count: number, workers: number): Promise<number> {
  const config = readConfig({
    ...{ DATABASE_URL: url, ADMIN_TOKEN: '0123456789abcdef0123456789abcdef', LOG_LEVEL: 'fatal' },
  });
  return withApplication(config, async (app) => {
    const database = app.get(DataSource);
    const accountId = `noop${performance.now()}`;
    const input = { account_id: accountId, name: accountId, currency: 'USD' };
    await app.get(AccountsService).create(input);
    const ids = Array.from({ length: count }, (_, index) => String(index));
    await insertPending(database, accountId, ids, 5000);
    await database.query('analyze pending_ad_changes');
    const since = performance.now();
    const work = async (_: unknown, worker: number) => {
      for (;;) {
        const { manager } = database;
        const claimed = await claimChanges(manager, `w${worker}`, NOOP_BATCH, accountId);
        if (claimed.length === 0) return;
        const seen = { image: IMAGE, at: new Date(), delivery: null };
        const release = { to: 'completed', before: seen, after: seen } as const;
        await releaseClaims(
          manager,
          claimed.map((change) => ({ change, release })),
        );
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    return Math.round(count / ((performance.now() - since) / 1000));
  });
}

async function bossRate(url: string, count: number, workers: number): Promise<number> {
  const boss = new PgBoss({ connectionString: url, max: workers + 2 });
  await boss.start();
  const name = `noop${workers}`;
  await boss.createQueue(name);
  await boss.insert(Array.from({ length: count }, () => ({ name, data: {} })));
  await analyse(url, 'pgboss.job');
  const since = performance.now();
  const work = async () => {
    for (;;) {
      const jobs = await boss.fetch(name, { batchSize: NOOP_BATCH });
      if (jobs.length === 0) return;
      await boss.complete(
        name,
        jobs.map(({ id }) => id),
      );
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const rate = Math.round(count / ((performance.now() - since) / 1000));
  await boss.stop({ graceful: false });
  return rate;
}

async function graphileRate(url: string, changes: number, workers: number): Promise<number> {
  // One job per claim: the rate is the same for fewer, and a round ends sooner.
  const count = Math.ceil(changes / 10);
  const utils = await makeWorkerUtils({ connectionString: url });
  await utils.migrate();
  await utils.withPgClient((client) =>
    client.query(`select graphile_worker.add_job('noop') from generate_series(1, $1::int)`, [
      count,
    ]),
  );
  await analyse(url, 'graphile_worker._private_jobs');
  const since = performance.now();
  await runOnce({
    ...{ connectionString: url, concurrency: workers, noHandleSignals: true },
    // It would tell of every job.
    logger: new Logger(() => () => undefined),
    taskList: { noop: () => undefined },
  });
  const rate = Math.round(count / ((performance.now() - since) / 1000));
  await utils.release();
  return rate;
}

/** Finished changes of an older time in the same table. */
async function addFinished(url: string, count: number): Promise<void> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  await database.query(
    `insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
            campaign_id, change_type, requested_minor, origin, requested_by, status, before_image,
            before_at, after_image, effective_at, finished_at, created_at)
     select 'batch0', 'old_' || n, 'old_' || n, '\\x00', (n % 20000)::text, '1', 'budget', 5000,
            'manual', 'bench', 'completed', '{}', now(), '{}', now(), now(),
            now() - interval '1 day'
       from generate_series(1, $1::int) n`,
    [count],
  );
  await database.query('vacuum analyze pending_ad_changes');
  await database.destroy();
}

async function analyse(url: string, table: string): Promise<void> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  await database.query(`analyze ${table}`);
  await database.destroy();
}
