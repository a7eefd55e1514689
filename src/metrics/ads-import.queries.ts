// The import's statements. Totals stream into a temporary table of the session and are merged in one
// go at the end, because one ad may stand in several rows of a file.
import type { EntityManager } from 'typeorm';
import type { AdsRow } from './imports/read-ads-csv.js';

export async function createStage(manager: EntityManager): Promise<void> {
  await manager.query(`
    create temporary table import_stage (
      ad_id text not null, observed_at timestamptz not null, impressions bigint not null,
      clicks bigint not null, spend_minor bigint not null, conversions bigint, leads bigint,
      revenue_minor bigint
    ) on commit drop`);
}

export async function stageTotals(
  manager: EntityManager,
  rows: { row: AdsRow; observedAt: Date }[],
): Promise<void> {
  if (rows.length === 0) return;
  const column = <K extends keyof AdsRow>(name: K) => rows.map(({ row }) => row[name]);
  await manager.query(
    `insert into import_stage
     select * from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[],
                          $6::bigint[], $7::bigint[], $8::bigint[])`,
    [
      column('adId'),
      rows.map(({ observedAt }) => observedAt),
      column('impressions'),
      column('clicks'),
      column('spendMinor'),
      column('conversions'),
      column('leads'),
      column('revenueMinor'),
    ],
  );
}

/**
 * One snapshot per ad from the staged rows (summed where an ad has several), unless the ad's latest
 * snapshot says the same already. Returns how many ads were staged and how many snapshots are new.
 */
export async function mergeStagedTotals(
  manager: EntityManager,
  accountId: string,
): Promise<{ staged: number; inserted: number }> {
  await manager.query(`
    select ensure_month_partition('metric_snapshots', month)
      from (select distinct date_trunc('month', observed_at at time zone 'UTC')::date as month
              from import_stage) months`);
  const rows: { staged: number; inserted: number }[] = await manager.query(
    `with totals as (
       select ad_id, max(observed_at) as observed_at, sum(impressions) as impressions,
              sum(clicks) as clicks, sum(spend_minor) as spend_minor,
              sum(conversions) as conversions, sum(leads) as leads,
              sum(revenue_minor) as revenue_minor
         from import_stage group by ad_id
     ), latest as (
       select distinct on (s.ad_id) s.*
         from metric_snapshots s join totals t on t.ad_id = s.ad_id
        where s.account_id = $1
        order by s.ad_id, s.observed_at desc
     ), inserted as (
       insert into metric_snapshots (account_id, origin, ad_id, observed_at, impressions, clicks,
                                     spend_minor, conversions, leads, revenue_minor)
       select $1, 'import', t.*
         from totals t left join latest l on l.ad_id = t.ad_id
        where l.ad_id is null
           or (l.impressions, l.clicks, l.spend_minor, l.conversions, l.leads, l.revenue_minor)
              is distinct from
              (t.impressions, t.clicks, t.spend_minor, t.conversions, t.leads, t.revenue_minor)
       on conflict do nothing
       returning 1
     )
     select (select count(*) from totals)::int as staged,
            (select count(*) from inserted)::int as inserted`,
    [accountId],
  );
  return rows[0] ?? { staged: 0, inserted: 0 };
}
