// The import's statements. Rows stream by COPY into a temporary table of the session and are merged
// in a few statements at the end: the fastest way in, and the only one that sees a whole file at
// once.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { EntityManager } from 'typeorm';
import { lockMonths, sumMonths } from '../reports/day-months.queries.js';
import { INSERT_READINGS, KEEP_NEWEST, bucketOf } from '../reports/readings.queries.js';
import type { AdsRow } from './ads/read-ads-csv.js';

interface StagedRow {
  row: AdsRow;
  /** When a total was true; a day says so itself. */
  observedAt: Date;
}

export async function createStage(manager: EntityManager): Promise<void> {
  // Sorting a large file in memory instead of on disk; for this transaction only.
  await manager.query(`set local work_mem = '64MB'`);
  await manager.query(`
    create temporary table import_stage (
      line bigint generated always as identity, ad_id text not null, day date,
      attribution_setting text not null, observed_at timestamptz not null,
      impressions bigint not null, clicks bigint not null, spend_minor bigint not null,
      conversions bigint, leads bigint, revenue_minor bigint
    ) on commit drop`);
}

export async function stageRows(manager: EntityManager, rows: StagedRow[]): Promise<void> {
  const { queryRunner } = manager;
  if (!queryRunner) throw new Error('staging needs the transaction of the import');
  const client = (await queryRunner.connect()) as ClientBase;
  const copy = client.query(
    copyFrom(`copy import_stage (ad_id, day, attribution_setting, observed_at, impressions, clicks,
                                 spend_minor, conversions, leads, revenue_minor) from stdin`),
  );
  await pipeline(Readable.from([rows.map(copyLine).join('')]), copy);
}

/**
 * The text format of COPY: tabs between, \N for null, backslashes before what would be mistaken.
 */
function copyLine({ row, observedAt }: StagedRow): string {
  return (
    `${escaped(row.adId)}\t${row.date ?? '\\N'}\t${escaped(row.attributionSetting ?? '')}\t` +
    `${observedAt.toISOString()}\t${row.impressions}\t${row.clicks}\t${row.spendMinor}\t` +
    `${row.conversions ?? '\\N'}\t${row.leads ?? '\\N'}\t${row.revenueMinor ?? '\\N'}\n`
  );
}

function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text)
    ? text
        .replaceAll('\\', '\\\\')
        .replaceAll('\t', '\\t')
        .replaceAll('\n', '\\n')
        .replaceAll('\r', '\\r')
    : text;
}

interface Merged {
  staged: number;
  /** New or changed. */
  kept: number;
}

/**
 * One snapshot per ad from the staged totals (summed where an ad has several), unless the ad's
 * latest snapshot says the same already.
 */
export async function mergeStagedTotals(
  manager: EntityManager,
  accountId: string,
): Promise<Merged> {
  await manager.query(`
    select ensure_month_partition('metric_snapshots', month)
      from (select distinct date_trunc('month', observed_at at time zone 'UTC')::date as month
              from import_stage where day is null) months`);
  const rows: Merged[] = await manager.query(
    `with totals as (
       select ad_id, max(observed_at) as observed_at, sum(impressions) as impressions,
              sum(clicks) as clicks, sum(spend_minor) as spend_minor,
              sum(conversions) as conversions, sum(leads) as leads,
              sum(revenue_minor) as revenue_minor
         from import_stage where day is null group by ad_id
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
       returning ad_id, observed_at, impressions, clicks, spend_minor, conversions, leads,
                 revenue_minor
     ), observed as (
       insert into metric_objects as o (account_id, ad_id, last_observed_at)
       select $1, ad_id, observed_at from inserted order by ad_id
       on conflict (account_id, ad_id) do update set last_observed_at = excluded.last_observed_at
        where excluded.last_observed_at > o.last_observed_at
     ), readings as (
       ${INSERT_READINGS}
       select $1, ad_id, ${bucketOf('observed_at')}, observed_at, impressions, clicks, spend_minor,
              conversions, leads, revenue_minor, null
         from inserted order by ad_id ${KEEP_NEWEST}
     )
     select (select count(*) from totals)::int as staged,
            (select count(*) from inserted)::int as kept`,
    [accountId],
  );
  return rows[0] ?? { staged: 0, kept: 0 };
}

const DAY_KEY = 'ad_id, day, attribution_setting';
const DAY_NUMBERS = 'impressions, clicks, spend_minor, conversions, leads, revenue_minor';
const numbersOf = (table: string) =>
  `(${DAY_NUMBERS.split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ')})`;

const DAYS_STAGED = 'select ad_id, day from import_days';

/** Replaces the staged days; where a day stands several times in the file, its last row counts. */
export async function mergeStagedDays(manager: EntityManager, accountId: string): Promise<Merged> {
  await manager.query(`
    create temporary table import_days on commit drop as
      select distinct on (${DAY_KEY}) ${DAY_KEY}, ${DAY_NUMBERS}
        from import_stage where day is not null
       order by ${DAY_KEY}, line desc`);
  await manager.query('analyze import_days');
  await lockMonths(manager, accountId, DAYS_STAGED);
  await manager.query(
    `insert into metric_day_history (account_id, ad_id, day, attribution_setting, revision, report,
                                     ingested_at)
     select d.account_id, d.ad_id, d.day, d.attribution_setting,
            1 + (select coalesce(max(h.revision), 0) from metric_day_history h
                  where h.account_id = d.account_id and h.ad_id = d.ad_id and h.day = d.day
                    and h.attribution_setting = d.attribution_setting),
            to_jsonb(d) - 'account_id', d.ingested_at
       from (select d.* from metric_days d join import_days r using (${DAY_KEY})
              where d.account_id = $1 and ${numbersOf('d')} is distinct from ${numbersOf('r')}) d`,
    [accountId],
  );
  const rows: Merged[] = await manager.query(
    `with merged as (
       insert into metric_days as d (account_id, origin, ${DAY_KEY}, ${DAY_NUMBERS})
       select $1, 'import', ${DAY_KEY}, ${DAY_NUMBERS} from import_days
       on conflict (account_id, ${DAY_KEY}) do update
          set origin = excluded.origin, impressions = excluded.impressions,
              clicks = excluded.clicks, spend_minor = excluded.spend_minor,
              conversions = excluded.conversions, leads = excluded.leads,
              revenue_minor = excluded.revenue_minor, ingested_at = now()
        where ${numbersOf('d')} is distinct from ${numbersOf('excluded')}
       returning 1
     )
     select (select count(*) from import_stage where day is not null)::int as staged,
            (select count(*) from merged)::int as kept`,
    [accountId],
  );
  await sumMonths(manager, accountId, DAYS_STAGED);
  return rows[0] ?? { staged: 0, kept: 0 };
}
