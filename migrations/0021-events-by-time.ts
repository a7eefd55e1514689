import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rows of events lie in the order of time, so that new ones come to the end of the index and not to
 * a page for each ad; what counts is looked up by time or by digest anyway.
 */
export class EventsByTime1795300000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ad_events drop constraint ad_events_pkey');
    await runner.query(
      'alter table ad_events add primary key (account_id, occurred_at, event_digest)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ad_events drop constraint ad_events_pkey');
    await runner.query(
      'alter table ad_events add primary key (account_id, ad_id, occurred_at, event_digest)',
    );
  }
}
