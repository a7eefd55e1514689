// The statements of the queue against their model and against one another: a claim is one worker's,
// an old fence changes nothing, an end stays an end.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EntityManager, QueryRunner } from 'typeorm';
import { lockReserve } from '../src/execution/guards/reserve.queries.js';
import type { AdChange } from '../src/execution/objects/change.entity.js';
import type { ChangeState } from '../src/execution/objects/change-states.js';
import { keepUnknown, sweepLapsed, takeUnknown } from '../src/execution/run/reconcile.queries.js';
import {
  claimChanges,
  releaseClaims,
  settleChanges,
} from '../src/execution/queue/claims.queries.js';
import type { ObjectImage } from '../src/execution/objects/object-image.js';
import { markExecuting } from '../src/execution/queue/mark-executing.queries.js';
import { openTestDatabase } from './harness/database.js';
import { canBecome, isTerminal } from './models/change-states.js';

const RACERS = 8;
const RACE_ROWS = 20_000;
const IMAGE: ObjectImage = {
  ...{ status: 'active', dailyBudgetMinor: 5000, lifetimeBudgetMinor: null, bidMinor: null },
  source: 'platform',
};
const LOOK = { image: IMAGE, at: new Date(), delivery: null };

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let manager: EntityManager;

beforeAll(async () => {
  database = await openTestDatabase();
  manager = database.dataSource.manager;
  await manager.query(
    `insert into accounts (account_id, name, currency, timezone, conversion_events, lead_events,
                           settings)
     values ('shop', 'shop', 'USD', 'UTC', '{}', '{}', '{}')`,
  );
});

afterAll(() => database.close());

beforeEach(async () => {
  await manager.query('truncate pending_ad_changes cascade');
});

async function insert(count: number): Promise<void> {
  await manager.query(
    `insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
            campaign_id, change_type, requested_minor, origin, requested_by, status)
     select 'shop', 'c' || n, n, '\\x00', n, '1', 'budget', 5500, 'manual', 'test', 'pending'
       from generate_series(1, $1::int) n`,
    [count],
  );
}

describe('a race of eight clients', () => {
  it('claims each of 20,000 changes once', async () => {
    await insert(RACE_ROWS);
    const claimed: string[] = [];
    const race = async (worker: string) => {
      for (let turn = 1; ; turn += 1) {
        const batch = await claimChanges(manager, worker, 1 + ((turn * 37) % 90), 'shop');
        claimed.push(...batch.map(({ id }) => id));
        if (batch.length === 0) return;
      }
    };
    await Promise.all(Array.from({ length: RACERS }, (_, index) => race(`racer${index}`)));
    expect(claimed).toHaveLength(RACE_ROWS);
    expect(new Set(claimed).size).toBe(RACE_ROWS);
    const workers = await manager.query(
      `select claimed_by, min(fence) as least, max(fence) as most from pending_ad_changes
        where status = 'claimed' group by claimed_by order by claimed_by`,
    );
    expect(workers).toEqual(
      Array.from({ length: RACERS }, (_, index) => {
        return { claimed_by: `racer${index}`, least: 1, most: 1 };
      }),
    );
  }, 120_000);

  it('hardly ever touches an index when it claims', async () => {
    await insert(1000);
    const runner = database.dataSource.createQueryRunner();
    const counts = async () => {
      await runner.query('select pg_stat_force_next_flush()');
      const [row] = await runner.query(
        `select n_tup_upd::int as updated, n_tup_hot_upd::int as heap_only
           from pg_stat_user_tables where relid = 'pending_ad_changes'::regclass`,
      );
      return row as { updated: number; heap_only: number };
    };
    const before = await counts();
    await claimChanges(runner.manager, 'racer', 1000, 'shop');
    const after = await counts();
    await runner.release();
    expect(after.updated - before.updated).toBe(1000);
    // Pages keep as much room as they hold; a claimed row is a little longer than it was.
    expect(after.heap_only - before.heap_only).toBeGreaterThan(900);
  });
});

describe('a sweep', () => {
  it('frees whatever has lapsed, also more than one statement takes', async () => {
    await insert(1100);
    await claimChanges(manager, 'dead', 1100, 'shop');
    expect(await sweepLapsed(manager)).toEqual({ freed: 0, doubtful: 0 });
    await manager.query(`update pending_ad_changes set lease_until = now() - interval '1 s'`);
    expect(await sweepLapsed(manager)).toEqual({ freed: 1100, doubtful: 0 });
  });
});

type Act =
  | { do: 'claim'; worker: string }
  | { do: 'mark'; held: number }
  | { do: 'leave'; held: number; to: ChangeState }
  | { do: 'settle'; held: number; to: ChangeState }
  | { do: 'doubt' }
  | { do: 'lapse' }
  | { do: 'wait'; held: number };

const held = fc.nat(3);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c').map((worker) => claim(worker)) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mark' as const), held }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ do: fc.constant('leave' as const), held },
      to: mostly('pending', 'blocked', 'shadowed'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('settle' as const), held },
      to: mostly('pending', 'completed', 'failed'),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ do: 'lapse' as const }, { do: 'doubt' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), held }) },
);

/** An early end would leave nothing to get wrong. */
function mostly(usual: ChangeState, ...ends: ChangeState[]): fc.Arbitrary<ChangeState> {
  return fc.constantFrom(...Array.from({ length: 8 }, () => usual), ...ends);
}

function claim(worker: string): Act {
  return { do: 'claim', worker };
}

interface Seen {
  status: ChangeState;
  fence: number;
  claimed_by: string | null;
}

const rowNow = async (): Promise<Seen> =>
  (await manager.query('select * from pending_ad_changes'))[0];

/** What a worker that once held the change does now. Answers whose memory it acted on. */
async function perform(one: Act, row: Seen, memory: AdChange[]): Promise<AdChange | null> {
  if (one.do === 'claim') {
    memory.push(...(await claimChanges(manager, one.worker, 1, 'shop')));
    return null;
  }
  if (one.do === 'lapse') {
    await manager.query(
      `update pending_ad_changes set lease_until = now() - interval '1 second'
        where lease_until is not null`,
    );
    await sweepLapsed(manager);
    return null;
  }
  if (one.do === 'doubt') {
    await manager.query(`update pending_ad_changes set not_before = null where status = 'unknown'`);
    memory.push(...(await takeUnknown(manager, 1)).map(({ change }) => change));
    return null;
  }
  const change = memory[memory.length - 1 - one.held];
  if (!change) return null;
  if (one.do === 'mark') {
    const how = { effectiveAt: new Date(), batchId: null };
    await markExecuting(manager, [{ change, before: LOOK }], how);
  } else if (one.do === 'leave') {
    await releaseClaims(manager, [{ change, release: { to: one.to } }]);
  } else if (one.do === 'wait') {
    await keepUnknown(manager, change, { waitMillis: 1000, blockedBy: null });
  } else {
    const { to } = one;
    const from = row.status === 'unknown' ? 'unknown' : 'executing';
    const settling = { from, to, outcome: 'completed', after: IMAGE } as const;
    await settleChanges(manager, [{ change, settling }]);
  }
  return change;
}

describe('three workers with good and bad memories', () => {
  it('never change a row by an old fence, nor one that has ended', async () => {
    let moves = 0;
    let old = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 15, maxLength: 40 }), async (acts) => {
        await manager.query('delete from ad_change_history');
        await manager.query('delete from pending_ad_changes');
        await insert(1);
        const memory: AdChange[] = [];
        for (const one of acts) {
          const before = await rowNow();
          const change = await perform(one, before, memory);
          const after = await rowNow();
          const isOld = change !== null && change.fence !== before.fence;
          if (isOld) old += 1;
          if (isOld || isTerminal(before.status)) {
            expect(after).toEqual(before);
            continue;
          }
          expect(after.fence).toBeGreaterThanOrEqual(before.fence);
          if (after.status === before.status) continue;
          moves += 1;
          expect([before.status, after.status, canBecome(before.status, after.status)]).toEqual([
            ...[before.status, after.status, true],
          ]);
          if (after.status === 'claimed') expect(after.fence).toBe(before.fence + 1);
        }
      }),
      { numRuns: 40, seed: 20260 },
    );
    // Too few of either would prove nothing.
    expect(Math.min(moves, old)).toBeGreaterThan(40);
  }, 120_000);
});

describe('the locks of a reservation', () => {
  it('are taken in one order, so that whoever waits holds none that another could wait for', async () => {
    const runners = [0, 1, 2].map(() => database.dataSource.createQueryRunner());
    const [first, second, third] = runners as [QueryRunner, QueryRunner, QueryRunner];
    const lock = (runner: QueryRunner, names: { campaigns: string[]; decisions: string[] }) =>
      lockReserve(runner.manager, 'shop', names);
    const isFree = (name: { campaigns: string[]; decisions: string[] }) =>
      Promise.race([
        lock(third, name).then(() => true),
        new Promise((resolve) => setTimeout(() => resolve(false), 300)),
      ]);
    try {
      for (const kind of ['campaigns', 'decisions'] as const) {
        const none = { campaigns: [], decisions: [] };
        for (const runner of runners) await runner.startTransaction();
        await lock(first, { ...none, [kind]: ['a'] });
        const waits = lock(second, { ...none, [kind]: ['b', 'a'] });
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(await isFree({ ...none, [kind]: ['b'] })).toBe(true);
        await third.rollbackTransaction();
        await first.rollbackTransaction();
        await waits;
        await second.rollbackTransaction();
      }
    } finally {
      for (const runner of runners) await runner.release();
    }
  });
});
