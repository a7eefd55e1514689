import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Drift is proven by what is stored: the minutes of an ad lie in rows of six hours, and a scan of
 * them in the order of time goes on from a checkpoint that is never older than what it has seen.
 * What ads wait with, and detectors fed in the order of telling, are no more.
 */
export class DriftByMinutes1795300000061 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // Unix minutes of the cells' impressions and clicks; null for conversions, and in rows of before,
  // whose minutes come from the events below.
  'alter table evidence_journal add column minutes integer[]',
  `create table ad_minutes (
     account_id text not null,
     ad_id text not null,
     cohort_at timestamptz not null,
     minutes integer[] not null,
     impressions bigint[] not null,
     clicks bigint[] not null,
     lasts_at timestamptz[] not null,
     primary key (account_id, ad_id, cohort_at),
     constraint ad_minutes_are_whole check (
       cardinality(minutes) > 0 and cardinality(minutes) = cardinality(impressions)
       and cardinality(minutes) = cardinality(clicks)
       and cardinality(minutes) = cardinality(lasts_at))
   ) with (fillfactor = 70)`,
  // As far back as beliefs look. What happens on a boundary belongs to the minute that ends there.
  `insert into ad_minutes (account_id, ad_id, cohort_at, minutes, impressions, clicks, lasts_at)
   select account_id, ad_id, to_timestamp(minute / 360 * 21600),
          array_agg(minute order by minute), array_agg(impressions order by minute),
          array_agg(clicks order by minute), array_agg(last_at order by minute)
     from (select e.account_id, e.ad_id, m.minute,
                  coalesce(sum(e.count) filter (where e.type = 'impression'), 0)::bigint
                    as impressions,
                  coalesce(sum(e.count) filter (where e.type = 'click'), 0)::bigint as clicks,
                  max(e.occurred_at) as last_at
             from ad_events e
            cross join lateral (
              select (ceil(extract(epoch from e.occurred_at) * 1000 / 60000) - 1)::int as minute) m
            where e.type <> 'conversion' and e.occurred_at >= now() - interval '180 days'
              and not exists (select from ad_event_queue q
                               where q.account_id = e.account_id
                                 and q.event_digest = e.event_digest)
            group by e.account_id, e.ad_id, m.minute) told
    group by account_id, ad_id, minute / 360`,
  `create table drift_scans (
     account_id text not null,
     ad_id text not null,
     until integer not null,
     scan jsonb not null check (jsonb_typeof(scan) = 'object'),
     updated_at timestamptz not null,
     primary key (account_id, ad_id)
   )`,
  // What the six-hour cohort in which the change fell had seen before it.
  `alter table drift_events
     add column cohort_impressions bigint check (cohort_impressions >= 0),
     add column cohort_clicks bigint check (cohort_clicks >= 0)`,
  'create index drift_events_of_ad on drift_events (account_id, ad_id)',
  'drop view ad_waits_now',
  'drop table wait_journal',
  'drop table ad_waits',
  'drop table drift_detectors',
  // Where the journal was folded last, so that any process knows how long it has grown since.
  `alter table online_models
     add column folded_position bigint not null default 0,
     add column folded_events bigint not null default 0`,
];

const DOWN = [
  'alter table online_models drop column folded_events, drop column folded_position',
  `create table drift_detectors (
     account_id text not null,
     ad_id text not null,
     detector jsonb not null,
     updated_at timestamptz not null,
     primary key (account_id, ad_id),
     constraint drift_detectors_state_check check (jsonb_typeof(detector) = 'object')
   ) with (fillfactor = 70)`,
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
  'drop index drift_events_of_ad',
  'alter table drift_events drop column cohort_impressions, drop column cohort_clicks',
  'drop table drift_scans',
  'drop table ad_minutes',
  'alter table evidence_journal drop column minutes',
];
