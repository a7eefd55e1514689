// Set-based statements on lifetime snapshots.
import type { EntityManager } from 'typeorm';
import { BUCKET_SECONDS } from '../../shared/index.js';
import type { MetricOrigin, SnapshotValues } from './metric-values.js';

export const SNAPSHOTS_TABLE = 'metric_snapshots';

/** Inserts new snapshots; identities that exist are left alone. Returns the inserted identities. */
export async function insertSnapshots(
  manager: EntityManager,
  accountId: string,
  origin: MetricOrigin,
  rows: SnapshotValues[],
): Promise<Set<string>> {
  const inserted: { ad_id: string; observed_at: Date }[] = await manager.query(
    `insert into metric_snapshots (account_id, origin, ad_id, observed_at, impressions, clicks,
            spend_minor, conversions, leads, revenue_minor, pipeline_value_minor)
     select $1, $2, d.*
       from unnest($3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[],
                   $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) d
     on conflict do nothing
     returning ad_id, observed_at`,
    [
      accountId,
      origin,
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
  return new Set(inserted.map((row) => snapshotIdentity(row.ad_id, row.observed_at)));
}

export function snapshotIdentity(adId: string, observedAt: Date): string {
  return `${observedAt.getTime()} ${adId}`;
}

interface SnapshotRow {
  ad_id: string;
  observed_at: Date;
  impressions: number;
  clicks: number;
  spend_minor: number;
  conversions: number | null;
  leads: number | null;
  revenue_minor: number | null;
  pipeline_value_minor: number | null;
}

// float8 carries integers up to 2^53 exactly and arrives as a number, bigint would arrive as text.
const COLUMNS = `s.ad_id, s.observed_at, s.impressions::float8, s.clicks::float8,
  s.spend_minor::float8, s.conversions::float8, s.leads::float8, s.revenue_minor::float8,
  s.pipeline_value_minor::float8`;

/** The stored snapshots under the given identities. */
export async function findSnapshots(
  manager: EntityManager,
  accountId: string,
  identities: { adId: string; observedAt: Date }[],
): Promise<SnapshotValues[]> {
  const rows: SnapshotRow[] = await manager.query(
    `select ${COLUMNS}
       from metric_snapshots s
       join unnest($2::text[], $3::timestamptz[]) as wanted (ad_id, observed_at)
         on s.ad_id = wanted.ad_id and s.observed_at = wanted.observed_at
      where s.account_id = $1`,
    [accountId, identities.map(({ adId }) => adId), identities.map(({ observedAt }) => observedAt)],
  );
  return rows.map(toValues);
}

/** For each row what its object reported last before it: stored already, or in the same list. */
export async function snapshotsBefore(
  manager: EntityManager,
  accountId: string,
  rows: SnapshotValues[],
): Promise<Map<SnapshotValues, SnapshotValues>> {
  const sorted = [...rows].sort((a, b) => a.observedAt.getTime() - b.observedAt.getTime());
  const stored: (SnapshotRow & { place: number })[] = await manager.query(
    `select g.place::int as place, ${COLUMNS}
       from unnest($2::text[], $3::timestamptz[]) with ordinality as g (ad_id, at, place)
      cross join lateral (
        select * from metric_snapshots
         where account_id = $1 and ad_id = g.ad_id and observed_at < g.at
         order by observed_at desc limit 1) s`,
    [accountId, sorted.map(({ adId }) => adId), sorted.map(({ observedAt }) => observedAt)],
  );
  const before = new Map(
    stored.map((row): [SnapshotValues, SnapshotValues] => [sorted[row.place - 1]!, toValues(row)]),
  );
  const last = new Map<string, SnapshotValues>();
  for (const row of sorted) {
    const inList = last.get(row.adId);
    const inStore = before.get(row);
    if (inList && (!inStore || inList.observedAt > inStore.observedAt)) before.set(row, inList);
    last.set(row.adId, row);
  }
  return before;
}

/**
 * The last snapshot of every six-hour bucket up to `asOf`, ascending, per object. Everything before
 * `since` is folded into its last snapshot.
 */
export async function snapshotSeries(
  manager: EntityManager,
  accountId: string,
  adIds: string[] | null,
  since: Date,
  asOf: Date,
): Promise<Map<string, SnapshotValues[]>> {
  const rows: SnapshotRow[] = await manager.query(
    `select distinct on (s.ad_id, bucket) ${COLUMNS},
            greatest(floor(extract(epoch from s.observed_at) / ${BUCKET_SECONDS}),
                     floor(extract(epoch from $3::timestamptz) / ${BUCKET_SECONDS})) as bucket
       from metric_snapshots s
      where s.account_id = $1 and s.observed_at <= $4
        and ($2::text[] is null or s.ad_id = any ($2))
      order by s.ad_id, bucket, s.observed_at desc`,
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

function toValues(row: SnapshotRow): SnapshotValues {
  return {
    adId: row.ad_id,
    observedAt: row.observed_at,
    impressions: row.impressions,
    clicks: row.clicks,
    spendMinor: row.spend_minor,
    conversions: row.conversions,
    leads: row.leads,
    revenueMinor: row.revenue_minor,
    pipelineValueMinor: row.pipeline_value_minor,
  };
}
