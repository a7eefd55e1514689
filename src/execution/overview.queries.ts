// The state of the queue in a few figures: how many changes are where, and what holds up those that
// wait. For the page; the plan and the list of changes tell the rest.
import type { EntityManager } from 'typeorm';
import type { ChangeState } from './objects/change-states.js';

export interface ExecutionOverview {
  /** Of all changes of the account; a state that never occurred is absent. */
  byStatus: Partial<Record<ChangeState, number>>;
  /** Completed within the day before `now`, exactly a day ago included. */
  completedLastDay: number;
  /** When the newest completed change took effect, on the account's own clock. */
  newestAt: Date | null;
  /** Changes that have not ended, by what holds them; `since` by the server's clock. */
  open: { status: ChangeState; blockedBy: string | null; count: number; since: Date }[];
  /** Changes that ended failed or dead within the last day of the server's clock. */
  failures: { count: number; since: Date | null };
}

/** `now` is the account's own clock, `serverNow` the server's. */
export async function readExecutionOverview(
  manager: EntityManager,
  accountId: string,
  now: Date,
  serverNow: Date,
): Promise<ExecutionOverview> {
  const [states, open] = await Promise.all([
    readStates(manager, accountId, now, serverNow),
    readOpen(manager, accountId),
  ]);
  const total = (figure: 'completed_last_day' | 'failed_last_day') =>
    states.reduce((sum, row) => sum + row[figure], 0);
  const failedSince = states.flatMap((row) => (row.failed_since ? [row.failed_since] : []));
  const completed = states.find((row) => row.status === 'completed');
  return {
    byStatus: Object.fromEntries(states.map((row) => [row.status, row.count])),
    completedLastDay: total('completed_last_day'),
    newestAt: completed?.newest_at ?? null,
    open,
    failures: {
      count: total('failed_last_day'),
      since: failedSince.sort((left, right) => left.getTime() - right.getTime())[0] ?? null,
    },
  };
}

interface StateRow {
  status: ChangeState;
  count: number;
  newest_at: Date | null;
  completed_last_day: number;
  failed_last_day: number;
  failed_since: Date | null;
}

function readStates(
  manager: EntityManager,
  accountId: string,
  now: Date,
  serverNow: Date,
): Promise<StateRow[]> {
  return manager.query(
    `select status, count(*)::int as count, max(effective_at) as newest_at,
            (count(*) filter (where status = 'completed' and effective_at <= $2
                                and effective_at >= $2::timestamptz - interval '1 day'))::int
              as completed_last_day,
            (count(*) filter (where recent))::int as failed_last_day,
            min(finished_at) filter (where recent) as failed_since
       from pending_ad_changes
      cross join lateral (
        select status in ('failed', 'dead')
               and finished_at > $3::timestamptz - interval '1 day') as failure (recent)
      where account_id = $1
      group by status order by status`,
    [accountId, now, serverNow],
  );
}

async function readOpen(
  manager: EntityManager,
  accountId: string,
): Promise<ExecutionOverview['open']> {
  const rows: { status: ChangeState; blocked_by: string | null; count: number; since: Date }[] =
    await manager.query(
      `select status, blocked_by, count(*)::int as count,
              min(case when status = 'unknown' then coalesce(executing_at, created_at)
                       else created_at end) as since
         from pending_ad_changes
        where account_id = $1
          and status in ('awaiting_approval', 'pending', 'claimed', 'executing', 'unknown')
        group by status, blocked_by order by status, blocked_by`,
      [accountId],
    );
  return rows.map(({ status, blocked_by, count, since }) => ({
    status,
    blockedBy: blocked_by,
    count,
    since,
  }));
}
