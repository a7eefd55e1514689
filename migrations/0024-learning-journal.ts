import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a transaction teaches is written as one row of lists; it is folded into the rows of the ads
 * later, many transactions at a time. What counts is the sum of both, and the views tell it.
 */
export class LearningJournal1795300000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // Positions of an account's transactions, without a gap: a reader knows when it missed one.
  'alter table online_models add column journal_position bigint not null default 0',
  // What was told in the cell, corrections apart: a cell out of which everything has moved is none,
  // one whose conversions were all taken back is.
  'alter table ad_evidence add column told bigint',
  `update ad_evidence set told = greatest(1, impressions + clicks + conversions)`,
  `alter table ad_evidence alter column told set not null,
     add constraint ad_evidence_told_check check (told > 0)`,
  `create table evidence_journal (
     account_id text not null,
     position bigint not null,
     ad_ids text[] not null,
     cohorts_at timestamptz[] not null,
     lags smallint[] not null,
     impressions bigint[] not null,
     clicks bigint[] not null,
     conversions bigint[] not null,
     valued_conversions bigint[] not null,
     values_minor bigint[] not null,
     told bigint[] not null,
     lasts_at timestamptz[] not null,
     primary key (account_id, position)
   )`,
  `create view ad_evidence_cells as
   select account_id, ad_id, cohort_at, lag, sum(impressions)::bigint as impressions,
          sum(clicks)::bigint as clicks, sum(conversions)::bigint as conversions,
          sum(valued_conversions)::bigint as valued_conversions,
          sum(value_minor)::bigint as value_minor, max(last_at) as last_at
     from (select account_id, ad_id, cohort_at, lag, impressions, clicks, conversions,
                  valued_conversions, value_minor, told, last_at
             from ad_evidence
            union all
           select account_id, c.*
             from evidence_journal,
                  unnest(ad_ids, cohorts_at, lags, impressions, clicks, conversions,
                         valued_conversions, values_minor, told, lasts_at) c) told
    group by account_id, ad_id, cohort_at, lag
   having sum(told) > 0`,
  // What impressions wait with for their clicks, apart from the detectors, which change less often.
  `create table ad_waits (
     account_id text not null,
     ad_id text not null,
     waiting_since bigint,
     waiting_until bigint,
     waiting_impressions bigint check (waiting_impressions >= 0),
     waiting_clicks bigint check (waiting_clicks >= 0),
     newest_at bigint not null,
     primary key (account_id, ad_id),
     constraint ad_waits_waiting_is_whole check (
       num_nulls(waiting_since, waiting_until, waiting_impressions, waiting_clicks) in (0, 4))
   ) with (fillfactor = 70)`,
  `insert into ad_waits
   select account_id, ad_id, waiting_since, waiting_until, waiting_impressions, waiting_clicks,
          newest_at
     from drift_detectors`,
  'delete from drift_detectors where detector is null',
  `alter table drift_detectors
     drop constraint drift_detectors_waiting_is_whole,
     drop column waiting_since, drop column waiting_until, drop column waiting_impressions,
     drop column waiting_clicks, drop column newest_at,
     alter column detector set not null`,
  // The last word on an ad stands.
  `create table wait_journal (
     account_id text not null,
     position bigint not null,
     ad_ids text[] not null,
     waiting_since bigint[] not null,
     waiting_until bigint[] not null,
     waiting_impressions bigint[] not null,
     waiting_clicks bigint[] not null,
     newest_at bigint[] not null,
     primary key (account_id, position)
   )`,
  `create view ad_waits_now as
   select distinct on (account_id, ad_id) account_id, ad_id, waiting_since, waiting_until,
          waiting_impressions, waiting_clicks, newest_at
     from (select -1 as position, w.* from ad_waits w
            union all
           select j.position, j.account_id, c.*
             from wait_journal j,
                  unnest(ad_ids, waiting_since, waiting_until, waiting_impressions,
                         waiting_clicks, newest_at) c) told
    order by account_id, ad_id, position desc`,
];

const DOWN = [
  `create table folded_evidence as
   select account_id, ad_id, cohort_at, lag, impressions, clicks, conversions,
          valued_conversions, value_minor, last_at
     from ad_evidence_cells`,
  `create table folded_waits as select * from ad_waits_now`,
  'drop view ad_evidence_cells',
  'drop table evidence_journal',
  'alter table ad_evidence drop column told',
  'truncate ad_evidence',
  `insert into ad_evidence (account_id, ad_id, cohort_at, lag, impressions, clicks, conversions,
                            valued_conversions, value_minor, last_at)
   select * from folded_evidence`,
  'drop table folded_evidence',
  'drop view ad_waits_now',
  'drop table wait_journal',
  'drop table ad_waits',
  `alter table drift_detectors
     alter column detector drop not null,
     add column waiting_since bigint,
     add column waiting_until bigint,
     add column waiting_impressions bigint check (waiting_impressions >= 0),
     add column waiting_clicks bigint check (waiting_clicks >= 0),
     add column newest_at bigint`,
  `insert into drift_detectors (account_id, ad_id, waiting_since, waiting_until,
                                waiting_impressions, waiting_clicks, newest_at, updated_at)
   select f.*, now() from folded_waits f
   on conflict (account_id, ad_id) do update
      set waiting_since = excluded.waiting_since, waiting_until = excluded.waiting_until,
          waiting_impressions = excluded.waiting_impressions,
          waiting_clicks = excluded.waiting_clicks, newest_at = excluded.newest_at`,
  'drop table folded_waits',
  `alter table drift_detectors
     alter column newest_at set not null,
     add constraint drift_detectors_waiting_is_whole check (
       num_nulls(waiting_since, waiting_until, waiting_impressions, waiting_clicks) in (0, 4))`,
  'alter table online_models drop column journal_position',
];
