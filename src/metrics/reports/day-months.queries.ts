// Days summed by month, kept as days come in: what lies before a belief's days is one sum, however
// many years it is.
import type { EntityManager } from 'typeorm';
import type { DaySums } from './metric-values.js';

const MONTH_OF_DAY = `date_trunc('month', day::timestamp)::date`;

/** Several attribution settings of one day are the same impressions told twice: the last counts. */
export const STANDING_DAYS = 'select distinct on (d.ad_id, d.day) d.* from metric_days d';
export const LATEST_OF_DAY = 'order by d.ad_id, d.day, d.ingested_at desc, d.attribution_setting';

const SUMS = `max(day) as last_day, sum(impressions) as impressions, sum(clicks) as clicks,
  sum(spend_minor) as spend_minor, sum(conversions) as conversions, sum(leads) as leads,
  sum(revenue_minor) as revenue_minor`;

/**
 * Writers of one object's month follow one another. `days` selects `ad_id, day`; $1 is the account,
 * the rest are `given`.
 */
export async function lockMonths(
  manager: EntityManager,
  accountId: string,
  days: string,
  given: unknown[] = [],
): Promise<void> {
  await manager.query(
    `insert into metric_day_months (account_id, ad_id, month)
     select distinct $1, ad_id, ${MONTH_OF_DAY} from (${days}) d order by 2, 3
     on conflict do nothing`,
    [accountId, ...given],
  );
  await manager.query(
    `select 1 from metric_day_months m
      where account_id = $1 and (ad_id, month) in (select ad_id, ${MONTH_OF_DAY} from (${days}) d)
      order by ad_id, month for update`,
    [accountId, ...given],
  );
}

/** Sums the locked months of these days anew. */
export async function sumMonths(
  manager: EntityManager,
  accountId: string,
  days: string,
  given: unknown[] = [],
): Promise<void> {
  await manager.query(
    `update metric_day_months m
        set last_day = s.last_day, impressions = s.impressions, clicks = s.clicks,
            spend_minor = s.spend_minor, conversions = s.conversions, leads = s.leads,
            revenue_minor = s.revenue_minor
       from (select distinct ad_id, ${MONTH_OF_DAY} as month from (${days}) d) changed
      cross join lateral (
        select ${SUMS} from (${STANDING_DAYS}
          where d.account_id = $1 and d.ad_id = changed.ad_id and d.day >= changed.month
            and d.day < changed.month + interval '1 month' ${LATEST_OF_DAY}) standing) s
      where m.account_id = $1 and m.ad_id = changed.ad_id and m.month = changed.month`,
    [accountId, ...given],
  );
}

/** Both inclusive. */
export interface DayRange {
  adId: string;
  from: string;
  until: string;
}

/** What the days of each object bring together; objects without days in their range are absent. */
export async function sumDays(
  manager: EntityManager,
  accountId: string,
  ranges: readonly DayRange[],
): Promise<Map<string, DaySums>> {
  if (ranges.length === 0) return new Map();
  const daysWithin = (from: string, until: string) => `
    select ${SUMS} from (${STANDING_DAYS}
      where d.account_id = $1 and d.ad_id = r.ad_id and d.day >= ${from} and d.day < ${until}
      ${LATEST_OF_DAY}) standing`;
  const rows: (DaySums & { adId: string })[] = await manager.query(
    `with ranges as (
       select r.*, (date_trunc('month', since - interval '1 day') + interval '1 month')::date
                as whole_since,
              date_trunc('month', until::timestamp)::date as whole_until
         from (select ad_id, since, until + 1 as until
                 from unnest($2::text[], $3::date[], $4::date[]) as g (ad_id, since, until)) r
     )
     select r.ad_id as "adId", to_char(max(s.last_day), 'YYYY-MM-DD') as "lastDay",
            sum(s.impressions)::float8 as impressions, sum(s.clicks)::float8 as clicks,
            sum(s.spend_minor)::float8 as "spendMinor", sum(s.conversions)::float8 as conversions,
            sum(s.leads)::float8 as leads, sum(s.revenue_minor)::float8 as "revenueMinor"
       from ranges r
      cross join lateral (
        select ${SUMS.replace('max(day)', 'max(last_day)')} from metric_day_months m
         where m.account_id = $1 and m.ad_id = r.ad_id
           and m.month >= r.whole_since and m.month < r.whole_until
         union all ${daysWithin('r.since', 'least(r.whole_since, r.until)')}
         union all ${daysWithin('greatest(r.whole_since, r.whole_until)', 'r.until')}) s
      where s.last_day is not null
      group by r.ad_id`,
    [
      accountId,
      ranges.map(({ adId }) => adId),
      ranges.map(({ from }) => from),
      ranges.map(({ until }) => until),
    ],
  );
  return new Map(rows.map(({ adId, ...sums }) => [adId, sums]));
}
