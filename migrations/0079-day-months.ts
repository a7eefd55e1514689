import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Days summed by month, so that totals of years cost as much as those of a few weeks; and the index
 * by which replaced reports of days are found once they are old.
 */
export class DayMonths1795300000079 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table metric_day_months (
        account_id text not null,
        ad_id text not null,
        month date not null,
        last_day date,
        impressions bigint not null default 0,
        clicks bigint not null default 0,
        spend_minor bigint not null default 0,
        conversions bigint,
        leads bigint,
        revenue_minor bigint,
        primary key (account_id, ad_id, month)
      ) with (fillfactor = 80)`);
    await runner.query(`
      insert into metric_day_months
      select account_id, ad_id, date_trunc('month', day::timestamp)::date, max(day),
             sum(impressions), sum(clicks), sum(spend_minor), sum(conversions), sum(leads),
             sum(revenue_minor)
        from (select distinct on (account_id, ad_id, day) * from metric_days
               order by account_id, ad_id, day, ingested_at desc, attribution_setting) d
       group by 1, 2, 3`);
    await runner.query(
      'create index metric_day_history_by_time on metric_day_history (account_id, replaced_at)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index metric_day_history_by_time');
    await runner.query('drop table metric_day_months');
  }
}
