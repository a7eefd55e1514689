// Totals by SQL alone, for those who need no history: the rule of totals.ts in one statement.
import type { EntityManager } from 'typeorm';
import { dayBounds } from '../../shared/index.js';
import { later, type Totals } from './totals.js';

/**
 * Own totals of every object that ever reported, up to `asOf`: the last snapshot plus the days
 * after it, or the days alone where they tell of more than the snapshot does.
 */
export async function standingTotals(
  manager: EntityManager,
  account: { accountId: string; timezone: string },
  asOf: Date,
): Promise<Map<string, Totals>> {
  const rows: (Totals & { adId: string; lastDay: string | null })[] = await manager.query(
    `with shot as (
       select distinct on (ad_id) s.*, (observed_at at time zone $2)::date as day
         from metric_snapshots s
        where account_id = $1 and observed_at <= $3
        order by ad_id, observed_at desc
     ), reported as (
       select distinct on (ad_id, day) d.*
         from metric_days d
        where account_id = $1 and day <= ($3::timestamptz at time zone $2)::date
        order by ad_id, day, ingested_at desc, attribution_setting
     ), base as (
       select ad_id, shot.day, coalesce(shot.impressions, -1) as impressions,
              coalesce((select sum(r.impressions) from reported r
                         where r.ad_id = shot.ad_id and r.day <= shot.day), 0) as covered
         from shot
     ), later as (
       select r.ad_id, sum(r.impressions) as impressions, sum(r.clicks) as clicks,
              sum(r.spend_minor) as spend_minor, sum(r.conversions) as conversions,
              sum(r.leads) as leads, sum(r.revenue_minor) as revenue_minor, max(r.day) as last_day
         from reported r left join base b on b.ad_id = r.ad_id
        where b.ad_id is null or b.covered > b.impressions or r.day > b.day
        group by r.ad_id
     ), standing as (
       select shot.* from shot join base b using (ad_id) where b.covered <= b.impressions
     )
     select ad_id as "adId",
            (coalesce(s.impressions, 0) + coalesce(l.impressions, 0))::float8 as impressions,
            (coalesce(s.clicks, 0) + coalesce(l.clicks, 0))::float8 as clicks,
            (coalesce(s.spend_minor, 0) + coalesce(l.spend_minor, 0))::float8 as "spendMinor",
            (coalesce(s.conversions + l.conversions, s.conversions, l.conversions))::float8
              as conversions,
            (coalesce(s.leads + l.leads, s.leads, l.leads))::float8 as leads,
            (coalesce(s.revenue_minor + l.revenue_minor, s.revenue_minor, l.revenue_minor))::float8
              as "revenueMinor",
            s.pipeline_value_minor::float8 as "pipelineValueMinor",
            s.observed_at as "observedAt", l.last_day::text as "lastDay"
       from standing s full join later l using (ad_id)`,
    [account.accountId, account.timezone, asOf],
  );
  return new Map(
    rows.map(({ adId, lastDay, ...totals }) => {
      const endOfDays = lastDay === null ? null : dayBounds(lastDay, account.timezone).end;
      return [adId, { ...totals, observedAt: later(totals.observedAt, endOfDays) }];
    }),
  );
}
