// Days come in. A later report replaces the day; the old one moves into the history in the same
// statement.
import type { EntityManager } from 'typeorm';
import { lockMonths, sumMonths } from './day-months.queries.js';
import type { DayValues, MetricOrigin } from './metric-values.js';

/** Returns how many days are new or changed; identities must be distinct within the call. */
export async function replaceDays(
  manager: EntityManager,
  accountId: string,
  origin: MetricOrigin,
  rows: DayValues[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const days = [rows.map((row) => row.adId), rows.map((row) => row.day)];
  // Two reports of one day follow one another, and each sees what it replaces.
  await lockMonths(manager, accountId, DAYS_GIVEN, days);
  const changed: unknown[] = await manager.query(REPLACE_DAYS, [
    accountId,
    origin,
    rows.map((row) => row.adId),
    rows.map((row) => row.day),
    rows.map((row) => row.attributionSetting),
    rows.map((row) => row.impressions),
    rows.map((row) => row.clicks),
    rows.map((row) => row.spendMinor),
    rows.map((row) => row.conversions),
    rows.map((row) => row.viewConversions),
    rows.map((row) => row.leads),
    rows.map((row) => row.revenueMinor),
  ]);
  if (changed.length > 0) await sumMonths(manager, accountId, DAYS_GIVEN, days);
  return changed.length;
}

const DAYS_GIVEN = 'select * from unnest($2::text[], $3::date[]) as g (ad_id, day)';

const REPLACE_DAYS = `with report as (
   select * from unnest($3::text[], $4::date[], $5::text[], $6::bigint[], $7::bigint[],
                        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
     as r (ad_id, day, attribution_setting, impressions, clicks, spend_minor, conversions,
           view_conversions, leads, revenue_minor)
 ), differing as (
   select d.*
     from metric_days d
     join report r using (ad_id, day, attribution_setting)
    where d.account_id = $1
      and (d.impressions, d.clicks, d.spend_minor, d.conversions, d.view_conversions, d.leads,
           d.revenue_minor)
       is distinct from
          (r.impressions, r.clicks, r.spend_minor, r.conversions, r.view_conversions, r.leads,
           r.revenue_minor)
 ), kept as (
   insert into metric_day_history (account_id, ad_id, day, attribution_setting, revision,
                                   report, ingested_at)
   select d.account_id, d.ad_id, d.day, d.attribution_setting,
          1 + (select coalesce(max(h.revision), 0) from metric_day_history h
                where h.account_id = d.account_id and h.ad_id = d.ad_id and h.day = d.day
                  and h.attribution_setting = d.attribution_setting),
          to_jsonb(d) - 'account_id', d.ingested_at
     from differing d
 )
 insert into metric_days as d (account_id, origin, ad_id, day, attribution_setting, impressions,
                               clicks, spend_minor, conversions, view_conversions, leads,
                               revenue_minor)
 select $1, $2, r.* from report r order by r.ad_id, r.day
 on conflict (account_id, ad_id, day, attribution_setting) do update
    set origin = excluded.origin, impressions = excluded.impressions,
        clicks = excluded.clicks, spend_minor = excluded.spend_minor,
        conversions = excluded.conversions, view_conversions = excluded.view_conversions,
        leads = excluded.leads, revenue_minor = excluded.revenue_minor, ingested_at = now()
  where (d.impressions, d.clicks, d.spend_minor, d.conversions, d.view_conversions, d.leads,
         d.revenue_minor)
     is distinct from
        (excluded.impressions, excluded.clicks, excluded.spend_minor, excluded.conversions,
         excluded.view_conversions, excluded.leads, excluded.revenue_minor)
 returning 1`;
