import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What beliefs read of lifetime totals: the last reading of each six-hour bucket, so that a platform
 * asked every twenty minutes costs them no more than one asked four times a day; and when each
 * object was last observed, whether anything had changed or not.
 */
export class ReadingsBySixHours1795300000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table metric_readings (
        account_id text not null,
        ad_id text not null,
        bucket_at timestamptz not null,
        observed_at timestamptz not null,
        impressions bigint not null,
        clicks bigint not null,
        spend_minor bigint not null,
        conversions bigint,
        leads bigint,
        revenue_minor bigint,
        pipeline_value_minor bigint,
        primary key (account_id, ad_id, bucket_at),
        constraint metric_reading_in_its_bucket
          check (observed_at >= bucket_at and observed_at < bucket_at + interval '6 hours')
      ) with (fillfactor = 80)`);
    await runner.query(`
      create table metric_objects (
        account_id text not null,
        ad_id text not null,
        last_observed_at timestamptz not null,
        primary key (account_id, ad_id)
      ) with (fillfactor = 70)`);
    await runner.query(`
      insert into metric_readings
      select distinct on (account_id, ad_id, 3) account_id, ad_id,
             date_bin('6 hours', observed_at, 'epoch'), observed_at, impressions, clicks,
             spend_minor, conversions, leads, revenue_minor, pipeline_value_minor
        from metric_snapshots
       order by account_id, ad_id, 3, observed_at desc`);
    await runner.query(`
      insert into metric_objects
      select account_id, ad_id, max(observed_at) from metric_readings group by account_id, ad_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table metric_objects');
    await runner.query('drop table metric_readings');
  }
}
