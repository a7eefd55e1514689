import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the nightly removal of old rows must know, and finds quickly. */
export class Retention1795300000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What sampling may know of the queue: which decisions are still being carried out.
    await runner.query(`
      create view decisions_with_open_changes as
        select distinct account_id, decision_id from pending_ad_changes
         where decision_id is not null and finished_at is null`);
    await runner.query(
      'create index metric_days_by_ingestion on metric_days (account_id, ingested_at)',
    );
    // A month that old rows have left is dropped; one that still waits in a queue is not.
    await runner.query(`
      create function drop_month_partition(parent text, month date) returns boolean
      language plpgsql as $$
      begin
        perform set_config('lock_timeout', '2s', true);
        execute format('drop table if exists %I', parent || '_' || to_char(month, 'YYYY_MM'));
        return true;
      exception when lock_not_available then
        return false;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function drop_month_partition(text, date)');
    await runner.query('drop index metric_days_by_ingestion');
    await runner.query('drop view decisions_with_open_changes');
  }
}
