// The few figures that tell whether numbers come in: for the page and for monitoring, which must
// not load every reading to say so.
import type { EntityManager } from 'typeorm';
import { dayBounds } from '../shared/time.js';

export interface MetricsOverview {
  /** Objects of which anything was ever reported. */
  adsMeasured: number;
  /** Snapshots of the day before `now` and account days that arrived since then. */
  readingsLastDay: number;
  /** The newest instant that any report speaks for; null when there is none. */
  newestAt: Date | null;
}

/** `adIds` lets every object be looked up by its key; `now` is the account's own clock. */
export async function readMetricsOverview(
  manager: EntityManager,
  account: { accountId: string; timezone: string },
  adIds: string[],
  now: Date,
): Promise<MetricsOverview> {
  const rows: OverviewRow[] = await manager.query(
    `with newest as (
         select shot.at, whole.day, whole.ingested_at, today.readings
           from unnest($2::text[]) as a (ad_id)
           left join lateral (
             select least(last_observed_at, $3) as at from metric_objects
              where account_id = $1 and ad_id = a.ad_id
           ) as shot on true
           left join lateral (
             select day, ingested_at from metric_days
              where account_id = $1 and ad_id = a.ad_id
              order by day desc limit 1
           ) as whole on true
           cross join lateral (
             select count(*) as readings from metric_snapshots
              where account_id = $1 and ad_id = a.ad_id
                and observed_at > $3::timestamptz - interval '1 day' and observed_at <= $3
           ) as today)
       select count(coalesce(at, ingested_at))::int as "adsMeasured", max(at) as "shotAt",
              max(day)::text as day,
              (array_agg(ingested_at order by day desc nulls last, ingested_at desc))[1]
                as "ingestedAt",
              (coalesce(sum(readings), 0)
               + (select count(*) from metric_days
                   where account_id = $1 and ingested_at > $3::timestamptz - interval '1 day'
                 ))::int as readings
         from newest`,
    [account.accountId, adIds, now],
  );
  const [row] = rows;
  return {
    adsMeasured: row?.adsMeasured ?? 0,
    readingsLastDay: row?.readings ?? 0,
    newestAt: row ? newestOf(row, account.timezone) : null,
  };
}

interface OverviewRow {
  adsMeasured: number;
  readings: number;
  shotAt: Date | null;
  /** The newest reported day, and when it was reported last. */
  day: string | null;
  ingestedAt: Date | null;
}

/** A day that is still running speaks for the instant at which it was reported. */
function newestOf({ shotAt, day, ingestedAt }: OverviewRow, timezone: string): Date | null {
  if (day === null || ingestedAt === null) return shotAt;
  const end = dayBounds(day, timezone).end;
  const reported = end < ingestedAt ? end : ingestedAt;
  return shotAt !== null && shotAt > reported ? shotAt : reported;
}
