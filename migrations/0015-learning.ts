import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts also share how long conversions take and how sales go with clicks. */
export class Learning1795300000015 implements MigrationInterface {
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
];

const DOWN = [
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
