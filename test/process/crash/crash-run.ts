// One run: a database, a Graph server that loses answers, three workers, requests in portions, a
// nemesis beside them, a quiet time, and what the ledger says at the end.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SeededRandom } from '../../../src/shared/random.js';
import type { FaultOdds } from '../../fake-graph/fake-graph-faults.js';
import { FakeGraphServer } from '../../fake-graph/fake-graph-server.js';
import { Fleet, tokenOf, type WorkerKind } from './fleet.js';
import { violations, type ChangeRow } from './ledger-check.js';
import { Nemesis } from './nemesis.js';
import { ACCOUNTS, BEFORE, scenarioOf, type Scenario, type Wish } from './scenario.js';

const WORKERS = 3;
const LATENCY_MS = 120;
const PORTION_MILLIS = 1400;
/**
 * A lapsed lease, the platform's time to show a write, and an hour that ends during the run, on a
 * busy machine. The naive ones show what they are at once.
 */
const SETTLE_MILLIS = { server: 150_000, naive: 15_000 } as const;
/** A worker sends at most this long after its mark; the rest is the way and this machine's load. */
const PAUSE_TAKES_MILLIS = 5000 + LATENCY_MS + 1500;
const EARLIER_ACTIONS = 15;

const LOSSES: FaultOdds['odds'] = [
  { probability: 0.01, fault: { kind: 'reset', applied: true } },
  { probability: 0.01, fault: { kind: 'reset', applied: false } },
  { probability: 0.005, fault: { kind: 'silent_no_op' } },
  { probability: 0.01, fault: { kind: 'service_unavailable', applied: true } },
];
const WHOLE_CALLS: FaultOdds['odds'] = [
  { probability: 0.03, fault: { kind: 'reset', applied: true } },
  { probability: 0.03, fault: { kind: 'reset', applied: false } },
];

export interface CrashReport {
  violations: string[];
  /** How many changes ended how. */
  states: Record<string, number>;
  effects: number;
  repetitions: number;
  blows: Record<string, number>;
  /** Blows that fell while changes were due or under way. */
  felt: number;
  seconds: number;
}

export async function crashRun(
  kind: WorkerKind,
  seed: number,
  changes: number,
): Promise<CrashReport> {
  const startedAt = performance.now();
  const root = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `crash_${randomBytes(4).toString('hex')}`;
  await onRoot(root, `create database ${name}`);
  const address = new URL(root);
  address.pathname = `/${name}`;
  const graph = await FakeGraphServer.start();
  for (let index = 0; index < WORKERS; index += 1) graph.world.addToken(tokenOf(index));
  const fleet = new Fleet(kind, address.toString(), graph.url);
  const client = new pg.Client({ connectionString: address.toString() });
  try {
    await fleet.start(WORKERS);
    await client.connect();
    const scenario = scenarioOf(changes);
    await register(fleet, graph, scenario);
    await pastActions(client, graph, scenario);
    graph.latencyMs = LATENCY_MS;
    graph.faults.seed(
      seed,
      { target: 'write', odds: LOSSES },
      { target: 'batch', odds: WHOLE_CALLS },
    );
    const nemesis = new Nemesis(fleet, graph, client, new SeededRandom(seed));
    const asked = request(fleet, scenario.portions);
    await nemesis.torment(asked);
    graph.faults.clear();
    const rows = await settledRows(client, SETTLE_MILLIS[kind]);
    const pauses = nemesis.pauses.map(({ from, to }) => ({ from: from + PAUSE_TAKES_MILLIS, to }));
    const campaigns = campaignsOf(scenario, rows);
    const { effects } = graph.world;
    const campaignOf = (adId: string) => campaigns.get(adId) ?? `the campaign of ${adId}`;
    return {
      violations: [
        ...violations({ effects, rows, campaignOf, pauses }),
        ...graph.world.crowded.map((id) => `${id} shared a batch with a sibling`),
        ...missing(scenario, rows),
      ],
      states: countBy(rows, (row) => row.status),
      effects: effects.length,
      repetitions: effects.filter(({ before, after }) => before === after).length,
      blows: nemesis.blows,
      felt: nemesis.felt,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
  } finally {
    fleet.stop();
    await client.end();
    await graph.close();
    await onRoot(root, `drop database ${name} with (force)`);
  }
}

async function register(fleet: Fleet, graph: FakeGraphServer, { adSets }: Scenario): Promise<void> {
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const account_id = `c${index}`;
    const account = { account_id, name: account_id, currency: 'USD' };
    await fleet.ask('POST', '/v1/accounts', account);
    const own = adSets.filter(({ account: owner }) => owner === account_id);
    for (const { id, campaign } of own) {
      graph.world.addObject({ id: campaign, type: 'campaign' });
      graph.world.addObject({ id, type: 'adset', parentId: campaign, dailyBudget: BEFORE });
    }
    const ads = own.map(({ id, campaign }) => ({
      ...{ ad_id: id, campaign_id: campaign, status: 'active', started_at: null },
      daily_budget: BEFORE / 100,
    }));
    await fleet.ask('PUT', '/v1/ads', { account_id, ads });
  }
}

/**
 * Half of the hot campaigns have had their hour's fifteen actions: they leave the hour one by one
 * while the run goes on, so that a guard that counts from the wrong instant is seen in the ledger.
 */
async function pastActions(
  client: pg.Client,
  graph: FakeGraphServer,
  { hotCampaigns }: Scenario,
): Promise<void> {
  for (const { account, campaign } of hotCampaigns.filter((_, index) => index % 2 === 0)) {
    for (let index = 0; index < EARLIER_ACTIONS; index += 1) {
      const at = Date.now() - 3_600_000 + 10_000 + index * 2000;
      const id = `${campaign}000${index}`;
      const effect = { id, field: 'daily_budget', before: BEFORE, after: 5500 };
      graph.world.effects.push({ sequence: 0, at, ...effect });
      await client.query(EARLIER, [account, `old${id}`, id, campaign, new Date(at)]);
    }
  }
}

const EARLIER = `
  with change as (
    insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
           campaign_id, change_type, requested_minor, origin, requested_by, status, attempts,
           before_image, before_at, after_image, effective_at, finished_at, created_at)
    values ($1, $2, $2, '\\x00', $3, $4, 'budget', 5500, 'manual', 'earlier', 'completed', 1,
            '{}', $5, '{}', $5, $5, $5))
  insert into ad_change_history (account_id, change_id, attempt, ad_id, campaign_id, change_type,
         at, effective_at, mode, worker, requested_by, outcome)
  values ($1, $2, 1, $3, $4, 'budget', $5, $5, 'single', 'earlier', 'earlier', 'completed')`;

async function request(fleet: Fleet, portions: readonly Wish[][]): Promise<void> {
  for (const portion of portions) {
    for (let index = 0; index < ACCOUNTS; index += 1) {
      const account_id = `c${index}`;
      const changes = portion
        .filter(({ account }) => account === account_id)
        .map(({ adId, minor }) => ({
          ...{ idempotency_key: keyOf(adId, minor), ad_id: adId, change_type: 'budget' },
          requested_value: minor / 100,
        }));
      if (changes.length === 0) continue;
      await fleet.ask('POST', '/v1/execution/changes', { account_id, changes });
    }
    await sleep(PORTION_MILLIS);
  }
}

const keyOf = (adId: string, minor: number): string => `${adId}:${minor}`;

const ROWS = `
  select c.ad_id, c.campaign_id, c.status, c.attempts, c.requested_minor::int, c.blocked_by,
         c.idempotency_key,
         c.status in ('claimed', 'executing', 'unknown')
           or c.status = 'pending' and coalesce(c.not_before < now() + interval '20 seconds', true)
           as is_open,
         (select count(*)::int from ad_change_history h
           where h.account_id = c.account_id and h.change_id = c.id) as written_attempts
    from pending_ad_changes c order by c.created_at, c.id`;

type KeyedRow = ChangeRow & { idempotency_key: string };

async function settledRows(client: pg.Client, millis: number): Promise<KeyedRow[]> {
  const until = Date.now() + millis;
  for (;;) {
    const { rows } = await client.query<KeyedRow>(ROWS);
    if (!rows.some((row) => row.is_open) || Date.now() > until) return rows;
    await sleep(1000);
  }
}

/** Every wish has its row, whatever became of it. */
function missing({ portions }: Scenario, rows: readonly KeyedRow[]): string[] {
  const known = new Set(rows.map((row) => row.idempotency_key));
  return portions
    .flat()
    .map(({ adId, minor }) => keyOf(adId, minor))
    .filter((key) => !known.has(key))
    .map((key) => `${key} is lost`);
}

function campaignsOf({ adSets }: Scenario, rows: readonly ChangeRow[]): Map<string, string> {
  return new Map([
    ...adSets.map(({ id, campaign }): [string, string] => [id, campaign]),
    ...rows.map((row): [string, string] => [row.ad_id, row.campaign_id]),
  ]);
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

async function onRoot(url: string, sql: string): Promise<void> {
  const root = new pg.Client({ connectionString: url });
  await root.connect();
  await root.query(sql);
  await root.end();
}
