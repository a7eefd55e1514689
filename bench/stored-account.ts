// Accounts with a past, written into the database as the server would have stored it: over HTTP a
// year of twenty-minute readings would take longer than what is measured.
import { DataSource } from 'typeorm';

export interface StoredAccount {
  accountId: string;
  ads: number;
  /** Days of daily figures before today. */
  days: number;
  /** Minutes between lifetime readings over the same days; null = no readings. */
  readingMinutes: number | null;
  campaigns: number;
}

export async function openDatabase(url: string): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, poolSize: 2 }).initialize();
}

/** The account itself is made over HTTP before; this is what it has lived through. */
export async function storePast(database: DataSource, account: StoredAccount): Promise<void> {
  const { accountId, ads, days, readingMinutes, campaigns } = account;
  await database.query(
    `insert into ads (account_id, ad_id, entity_type, campaign_id, name, status,
                      daily_budget_minor, started_at, creative)
     select $1, 'ad-' || lpad(i::text, 6, '0'), 'adset', 'c-' || i % $3, 'Ad ' || i, 'active', 5000,
            now() - $4 * interval '1 day',
            jsonb_build_object('format', (array['video', 'image', 'carousel'])[1 + i % 3],
                               'text', 'Creative ' || i || ' for people who walk a lot')
       from generate_series(0, $2::int - 1) i`,
    [accountId, ads, campaigns, days],
  );
  await database.query(
    `insert into metric_days (account_id, ad_id, day, impressions, clicks, spend_minor, conversions,
                              revenue_minor, origin)
     select $1, 'ad-' || lpad(i::text, 6, '0'), current_date - d, 4000 + (i * 7 + d) % 900,
            40 + (i + d * 3) % 25, 4200 + (i + d) % 900, (i * 3 + d) % 4, (i * 3 + d) % 4 * 6000,
            'api'
       from generate_series(0, $2::int - 1) i, generate_series(1, $3::int) d`,
    [accountId, ads, days],
  );
  await database.query(
    `insert into metric_day_months
     select account_id, ad_id, date_trunc('month', day::timestamp)::date, max(day),
            sum(impressions), sum(clicks), sum(spend_minor), sum(conversions), sum(leads),
            sum(revenue_minor)
       from metric_days where account_id = $1 group by 1, 2, 3`,
    [accountId],
  );
  if (readingMinutes !== null) await storeReadings(database, account, readingMinutes);
  await database.query('vacuum analyze ads, metric_days, metric_day_months, metric_readings');
}

/** A month at a time: the table is kept by months. */
async function storeReadings(
  database: DataSource,
  { accountId, ads, days }: StoredAccount,
  minutes: number,
): Promise<void> {
  const months: { month: string }[] = await database.query(
    `select to_char(m, 'YYYY-MM-DD') as month
       from generate_series(date_trunc('month', now() - $1 * interval '1 day'), now(), '1 month') m`,
    [days],
  );
  for (const { month } of months) {
    await database.query(`select ensure_month_partition('metric_snapshots', $1::date)`, [month]);
    await database.query(
      `insert into metric_snapshots (account_id, origin, ad_id, observed_at, impressions, clicks,
                                     spend_minor, conversions, revenue_minor)
       select $1, 'platform', 'ad-' || lpad(i::text, 6, '0'), at, n * 60, n * 60 / 90, n * 60,
              n / 40, n / 40 * 6000
         from generate_series(0, $2::int - 1) i,
              generate_series(date_trunc('hour', now()) - $3 * interval '1 day', now(),
                              $4 * interval '1 minute') with ordinality as s (at, n)
        where at >= $5::date and at < $5::date + interval '1 month'
       on conflict do nothing`,
      [accountId, ads, days, minutes, month],
    );
  }
  await database.query(
    `insert into metric_readings
     select distinct on (ad_id, 3) account_id, ad_id, date_bin('6 hours', observed_at, 'epoch'),
            observed_at, impressions, clicks, spend_minor, conversions, leads, revenue_minor,
            pipeline_value_minor
       from metric_snapshots where account_id = $1 order by ad_id, 3, observed_at desc`,
    [accountId],
  );
  await database.query(
    `insert into metric_objects
     select account_id, ad_id, max(observed_at) from metric_readings
      where account_id = $1 group by 1, 2`,
    [accountId],
  );
}
