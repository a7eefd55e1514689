import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What watches each ad's click rate, and what a proven change makes beliefs forget. */
export class Drift1795300000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table drift_detectors (
        account_id text not null,
        ad_id text not null,
        state jsonb not null check (jsonb_typeof(state) = 'object'),
        updated_at timestamptz not null,
        primary key (account_id, ad_id)
      ) with (fillfactor = 70)`);
    // Nothing has written drifts before: the table is empty, so the columns need no default.
    await runner.query(`
      alter table drift_events
        add column ad_id text not null,
        add column changed_at timestamptz not null,
        add column keep double precision not null check (keep between 0 and 1),
        add constraint drift_events_change_precedes_proof check (changed_at <= detected_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table drift_events
        drop constraint drift_events_change_precedes_proof,
        drop column keep, drop column changed_at, drop column ad_id`);
    await runner.query('drop table drift_detectors');
  }
}
