// The last lifetime totals of each object in each six-hour bucket: what beliefs read. Kept beside
// the snapshots as they come in, whether anything changed or not.
import type { EntityManager } from 'typeorm';
import { BUCKET_SECONDS } from '../../shared/index.js';
import type { SnapshotValues } from './metric-values.js';
import { COLUMNS, toValues, type SnapshotRow } from './snapshots.queries.js';

const BUCKET = `interval '${BUCKET_SECONDS} seconds'`;
export const bucketOf = (instant: string) => `date_bin(${BUCKET}, ${instant}, 'epoch')`;

/**
 * Older readings are taken once a week: what grew between two is spread over the time between, and
 * at this age a conversion counts a fifth, a click nothing (half-lives of 28 and 3 days).
 */
const FINE_DAYS = 63;
const FINE_SINCE = `$4::timestamptz - interval '${FINE_DAYS * 24} hours'`;
const WEEK = `interval '${7 * 24} hours'`;

/** Keeps the newest reading of each bucket, and when each object was last observed. */
export async function keepReadings(
  manager: EntityManager,
  accountId: string,
  rows: SnapshotValues[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `with given as (
       select distinct on (ad_id, bucket_at) ad_id, ${bucketOf('observed_at')} as bucket_at,
              observed_at, impressions, clicks, spend_minor, conversions, leads, revenue_minor,
              pipeline_value_minor
         from unnest($2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
                     $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
           as g (ad_id, observed_at, impressions, clicks, spend_minor, conversions, leads,
                 revenue_minor, pipeline_value_minor)
        order by ad_id, bucket_at, observed_at desc
     ), objects as (
       insert into metric_objects as o (account_id, ad_id, last_observed_at)
       select $1, ad_id, max(observed_at) from given group by ad_id order by ad_id
       on conflict (account_id, ad_id) do update set last_observed_at = excluded.last_observed_at
        where excluded.last_observed_at > o.last_observed_at
     )
     ${INSERT_READINGS} select $1, g.* from given g order by ad_id, bucket_at ${KEEP_NEWEST}`,
    [
      accountId,
      rows.map((row) => row.adId),
      rows.map((row) => row.observedAt),
      rows.map((row) => row.impressions),
      rows.map((row) => row.clicks),
      rows.map((row) => row.spendMinor),
      rows.map((row) => row.conversions),
      rows.map((row) => row.leads),
      rows.map((row) => row.revenueMinor),
      rows.map((row) => row.pipelineValueMinor),
    ],
  );
}

/**
 * The last reading of every bucket up to `asOf`, of older weeks the last one, ascending per object.
 * Everything before `since` is its last reading. All of it is found by ranges of the key: what lies
 * before costs nothing.
 */
export async function readingSeries(
  manager: EntityManager,
  accountId: string,
  adIds: string[] | null,
  since: Date,
  asOf: Date,
): Promise<Map<string, SnapshotValues[]>> {
  const rows: SnapshotRow[] = await manager.query(
    `with objects as (
       select ad_id from metric_objects
        where account_id = $1 and ($2::text[] is null or ad_id = any ($2))
     )
     select ${COLUMNS}
       from objects o
       join metric_readings s on s.account_id = $1 and s.ad_id = o.ad_id
        and s.bucket_at > ${bucketOf('$3::timestamptz')} and s.bucket_at >= ${FINE_SINCE}
        and s.bucket_at <= $4 and s.observed_at <= $4
      union all
     select ${COLUMNS}
       from objects o
      cross join generate_series(
              date_bin(${WEEK}, $3::timestamptz, 'epoch'), ${FINE_SINCE}, ${WEEK}) week
      cross join lateral (
        select r.* from metric_readings r
         where r.account_id = $1 and r.ad_id = o.ad_id
           and r.bucket_at > ${bucketOf('$3::timestamptz')}
           and r.bucket_at >= week and r.bucket_at < week + ${WEEK} and r.bucket_at < ${FINE_SINCE}
         order by r.bucket_at desc limit 1) s
      union all
     select ${COLUMNS}
       from objects o
      cross join lateral (
        select r.* from metric_readings r
         where r.account_id = $1 and r.ad_id = o.ad_id
           and r.bucket_at <= ${bucketOf('$3::timestamptz')} and r.observed_at <= $4
         order by r.bucket_at desc limit 1) s
      union all
     -- The bucket in which asOf lies may have been read again after it.
     select ${COLUMNS}
       from objects o
       join metric_readings r on r.account_id = $1 and r.ad_id = o.ad_id
        and r.bucket_at = ${bucketOf('$4::timestamptz')} and r.observed_at > $4
      cross join lateral (
        select * from metric_snapshots
         where account_id = $1 and ad_id = o.ad_id and observed_at >= r.bucket_at
           and observed_at <= $4
         order by observed_at desc limit 1) s
      order by ad_id, observed_at`,
    [accountId, adIds, since, asOf],
  );
  const series = new Map<string, SnapshotValues[]>();
  for (const row of rows) {
    const values = toValues(row);
    const known = series.get(values.adId);
    if (known) known.push(values);
    else series.set(values.adId, [values]);
  }
  return series;
}

export const INSERT_READINGS = `insert into metric_readings as r
  (account_id, ad_id, bucket_at, observed_at, impressions, clicks, spend_minor, conversions, leads,
   revenue_minor, pipeline_value_minor)`;

export const KEEP_NEWEST = `on conflict (account_id, ad_id, bucket_at) do update
  set observed_at = excluded.observed_at, impressions = excluded.impressions,
      clicks = excluded.clicks, spend_minor = excluded.spend_minor,
      conversions = excluded.conversions, leads = excluded.leads,
      revenue_minor = excluded.revenue_minor,
      pipeline_value_minor = excluded.pipeline_value_minor
  where excluded.observed_at > r.observed_at`;
