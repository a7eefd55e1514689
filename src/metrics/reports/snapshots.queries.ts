// Set-based statements on lifetime snapshots.
import type { EntityManager } from 'typeorm';
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
                   $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
         d
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

export interface SnapshotRow {
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
export const COLUMNS = `s.ad_id, s.observed_at, s.impressions::float8, s.clicks::float8,
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

/**
 * For each row what its object reported last before it: stored already, or in the same list. The
 * rows ascend in time per object.
 */
export async function storedBefore(
  manager: EntityManager,
  accountId: string,
  rows: SnapshotValues[],
): Promise<Map<SnapshotValues, SnapshotValues>> {
  const stored: (SnapshotRow & { place: number })[] = await manager.query(
    `select g.place::int as place, ${COLUMNS}
       from unnest($2::text[], $3::timestamptz[]) with ordinality as g (ad_id, at, place)
      cross join lateral (
        select * from metric_snapshots
         where account_id = $1 and ad_id = g.ad_id and observed_at < g.at
         order by observed_at desc limit 1) s`,
    [accountId, rows.map(({ adId }) => adId), rows.map(({ observedAt }) => observedAt)],
  );
  return new Map(stored.map((row) => [rows[row.place - 1]!, toValues(row)]));
}

export function toValues(row: SnapshotRow): SnapshotValues {
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
