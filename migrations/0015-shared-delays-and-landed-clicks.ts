import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts also share how long conversions take and how sales go with clicks; learning hears of clicks
 * that are told for matching alone.
 */
export class SharedDelaysAndLandedClicks1795300000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  'alter table shared_patterns drop constraint shared_patterns_metric_check',
  'alter table shared_patterns drop constraint shared_patterns_mean_check',
  'alter table shared_patterns drop constraint shared_pattern_rate_or_lift',
  `alter table shared_patterns
     add constraint shared_patterns_metric_check check (metric in ('ctr', 'cvr', 'delay', 'beta')),
     add constraint shared_patterns_mean_check check (mean > 0 or metric = 'beta'),
     add constraint shared_pattern_shape_overall check (
       metric in ('ctr', 'cvr') or pattern = ''),
     add constraint shared_pattern_rate_or_lift check (
       case when accounts is null then num_nonnulls(strength, account_strength, spread) = 0
            when metric = 'beta' then num_nonnulls(strength, account_strength, spread) = 0
            when metric = 'delay' or pattern <> ''
              then num_nonnulls(strength, account_strength) = 0 and spread is not null
            else num_nonnulls(strength, account_strength) = 2 and spread is null end)`,
  // Clicks that learning has not looked at yet. What stands already is looked at once.
  `create table click_news (
     account_id text not null,
     position bigint generated always as identity,
     click_id text not null,
     primary key (account_id, position)
   )`,
  `alter table drift_events
     add column rate text not null default 'ctr' check (rate in ('ctr', 'cvr'))`,
  // The six-hour cohort of which an account's conversions were asked last.
  `create table conversion_watches (
     account_id text primary key,
     looked_at timestamptz not null
   )`,
  'insert into click_news (account_id, click_id) select account_id, click_id from clicks',
];

const DOWN = [
  'drop table conversion_watches',
  `delete from drift_events where rate = 'cvr'`,
  'alter table drift_events drop column rate',
  'drop table click_news',
  `delete from shared_patterns where metric in ('delay', 'beta')`,
  `alter table shared_patterns
     drop constraint shared_pattern_rate_or_lift,
     drop constraint shared_pattern_shape_overall,
     drop constraint shared_patterns_mean_check,
     drop constraint shared_patterns_metric_check`,
  `alter table shared_patterns
     add constraint shared_patterns_metric_check check (metric in ('ctr', 'cvr')),
     add constraint shared_patterns_mean_check check (mean > 0),
     add constraint shared_pattern_rate_or_lift check (
       case when accounts is null then num_nonnulls(strength, account_strength, spread) = 0
            when pattern = '' then num_nonnulls(strength, account_strength) = 2
                                   and spread is null
            else num_nonnulls(strength, account_strength) = 0 and spread is not null end)`,
];
