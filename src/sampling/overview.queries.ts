// How many decisions there are and which of them nobody has picked up: for the page.
import type { EntityManager } from 'typeorm';

export interface DecisionsOverview {
  decisions: number;
  /** Those made for an instant within the day before `now`, exactly a day ago included. */
  decisionsLastDay: number;
  /** The instant of the newest decision on the account's own clock. */
  newestAt: Date | null;
  /** Asked to be applied, not yet queued. */
  waiting: number;
  /** Since when, by the server's clock. */
  waitingSince: Date | null;
  /** Asked to be applied within the last day, and put aside because they could not be queued. */
  putAside: { count: number; since: Date | null; cause: string | null };
}

/** `now` is the account's own clock. */
export async function readDecisionsOverview(
  manager: EntityManager,
  accountId: string,
  now: Date,
): Promise<DecisionsOverview> {
  const rows: {
    decisions: number;
    last_day: number;
    newest_at: Date | null;
    waiting: number;
    waiting_since: Date | null;
    put_aside: number;
    put_aside_since: Date | null;
    cause: string | null;
  }[] = await manager.query(
    `select count(*)::int as decisions, max(as_of) as newest_at,
            (count(*) filter (where as_of >= $2::timestamptz - interval '1 day'
                                and as_of <= $2))::int as last_day,
            (count(*) filter (where open))::int as waiting,
            min(apply_requested_at) filter (where open) as waiting_since,
            (count(*) filter (where aside))::int as put_aside,
            min(queue_failed_at) filter (where aside) as put_aside_since,
            (array_agg(queue_failure order by queue_failed_at desc) filter (where aside))[1]
              as cause
       from sampling_decisions
      cross join lateral (
        select apply_requested_at is not null and queued_at is null and queue_failed_at is null,
               queue_failed_at > now() - interval '1 day') as state (open, aside)
      where account_id = $1`,
    [accountId, now],
  );
  const [row] = rows;
  return {
    decisions: row?.decisions ?? 0,
    decisionsLastDay: row?.last_day ?? 0,
    newestAt: row?.newest_at ?? null,
    waiting: row?.waiting ?? 0,
    waitingSince: row?.waiting_since ?? null,
    putAside: {
      count: row?.put_aside ?? 0,
      since: row?.put_aside_since ?? null,
      cause: row?.cause ?? null,
    },
  };
}
