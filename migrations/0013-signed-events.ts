import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Corrections of conversions are events too: signed, and next to the event they correct. */
export class SignedEvents1795300000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  'alter table ad_events drop constraint ad_events_count_check',
  'alter table ad_events drop constraint ad_events_value_minor_check',
  // What has a count above 0 happened; a correction takes one back or changes a value only.
  `alter table ad_events add constraint ad_events_signed check (
     count > 0 and (value_minor is null or value_minor >= 0)
     or type = 'conversion' and count in (-1, 0))`,
  // Finds an event and its corrections by the event's time, whichever ad they lie under.
  `create index ad_events_conversions on ad_events (account_id, occurred_at)
    where type = 'conversion'`,
  'alter table click_conversions drop constraint click_conversions_conversions_check',
  'alter table click_conversions drop constraint click_conversions_value_minor_check',
  `alter table click_conversions add constraint click_conversions_signed check (
     conversions > 0 and (value_minor is null or value_minor >= 0) or conversions in (-1, 0))`,
  // Conversions may find their ad later, in a transaction that cannot make the month any more.
  `select ensure_month_partition('ad_events', month)
     from (select distinct date_trunc('month', event_time at time zone 'UTC')::date as month
             from conversions) months`,
];

// Evidence keeps what corrections taught.
const DOWN = [
  'delete from ad_event_queue q using ad_events e where e.event_digest = q.event_digest and e.count <= 0',
  'delete from ad_events where count <= 0',
  'delete from click_conversions where conversions <= 0',
  'alter table click_conversions drop constraint click_conversions_signed',
  'alter table click_conversions add check (conversions > 0), add check (value_minor >= 0)',
  'drop index ad_events_conversions',
  'alter table ad_events drop constraint ad_events_signed',
  'alter table ad_events add check (count > 0), add check (value_minor >= 0)',
];
