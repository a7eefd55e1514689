// The few figures that tell whether numbers come in: for the page and for monitoring, which must
// not load every reading to say so.
import type { EntityManager } from 'typeorm';

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
  const rows: { ads_measured: number; readings: number; newest_at: Date | null }[] =
    await manager.query(
      `with newest as (
         select greatest(shot.at, whole.at) as at, today.readings
           from unnest($2::text[]) as a (ad_id)
           left join lateral (
             select least(last_observed_at, $4) as at from metric_objects
              where account_id = $1 and ad_id = a.ad_id
           ) as shot on true
           left join lateral (
             -- A day that is still running speaks for the instant at which it was reported.
             select least((day + 1)::timestamp at time zone $3, ingested_at) as at
               from metric_days
              where account_id = $1 and ad_id = a.ad_id
              order by day desc limit 1
           ) as whole on true
           cross join lateral (
             select count(*) as readings from metric_snapshots
              where account_id = $1 and ad_id = a.ad_id
                and observed_at > $4::timestamptz - interval '1 day' and observed_at <= $4
           ) as today)
       select count(at)::int as ads_measured, max(at) as newest_at,
              (coalesce(sum(readings), 0)
               + (select count(*) from metric_days
                   where account_id = $1 and ingested_at > $4::timestamptz - interval '1 day'
                 ))::int as readings
         from newest`,
      [account.accountId, adIds, account.timezone, now],
    );
  const [row] = rows;
  return {
    adsMeasured: row?.ads_measured ?? 0,
    readingsLastDay: row?.readings ?? 0,
    newestAt: row?.newest_at ?? null,
  };
}
