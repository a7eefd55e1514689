import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was measured: lifetime snapshots and days of ads, outcomes of content. */
export class Metrics1795300000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table metric_snapshots (
        account_id text not null,
        ad_id text not null,
        observed_at timestamptz not null,
        impressions bigint not null check (impressions >= 0),
        clicks bigint not null check (clicks >= 0),
        spend_minor bigint not null check (spend_minor >= 0),
        conversions bigint check (conversions >= 0),
        leads bigint check (leads >= 0),
        revenue_minor bigint check (revenue_minor >= 0),
        pipeline_value_minor bigint check (pipeline_value_minor >= 0),
        origin text not null check (origin in ('api', 'import', 'platform')),
        ingested_at timestamptz not null default now(),
        primary key (account_id, ad_id, observed_at)
      ) partition by range (observed_at)`);
    // Months arrive in any order (imports reach years back, sandboxes run ahead), so the partition
    // of a month is made when its first row comes; the lock keeps two first rows from racing.
    await runner.query(`
      create function ensure_month_partition(parent text, month date) returns void
      language plpgsql as $$
      declare
        child text := parent || '_' || to_char(month, 'YYYY_MM');
        lower_bound timestamptz := month::timestamp at time zone 'UTC';
        upper_bound timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
      begin
        if to_regclass(quote_ident(child)) is not null then return; end if;
        perform pg_advisory_xact_lock(hashtext(child));
        if to_regclass(quote_ident(child)) is not null then return; end if;
        execute format('create table %I partition of %I for values from (%L) to (%L)',
                       child, parent, lower_bound, upper_bound);
      end $$`);
    await runner.query(`
      create table metric_days (
        account_id text not null,
        ad_id text not null,
        day date not null,
        attribution_setting text not null default '',
        impressions bigint not null check (impressions >= 0),
        clicks bigint not null check (clicks >= 0),
        spend_minor bigint not null check (spend_minor >= 0),
        conversions bigint check (conversions >= 0),
        view_conversions bigint check (view_conversions >= 0),
        leads bigint check (leads >= 0),
        revenue_minor bigint check (revenue_minor >= 0),
        origin text not null check (origin in ('api', 'import', 'platform')),
        ingested_at timestamptz not null default now(),
        primary key (account_id, ad_id, day, attribution_setting)
      )`);
    await runner.query(`
      create table metric_day_history (
        account_id text not null,
        ad_id text not null,
        day date not null,
        attribution_setting text not null,
        revision integer not null check (revision > 0),
        report jsonb not null,
        ingested_at timestamptz not null,
        replaced_at timestamptz not null default now(),
        primary key (account_id, ad_id, day, attribution_setting, revision)
      )`);
    await runner.query(`
      create table outcomes (
        account_id text not null references accounts,
        decision_id text not null,
        tweet_id text,
        decision_type text check (decision_type in ('single', 'thread', 'reply')),
        collected_at timestamptz not null,
        impressions bigint check (impressions >= 0),
        likes bigint check (likes >= 0),
        retweets bigint check (retweets >= 0),
        replies bigint check (replies >= 0),
        quotes bigint check (quotes >= 0),
        bookmarks bigint check (bookmarks >= 0),
        engagement_rate double precision check (engagement_rate >= 0),
        followers_gained_weighted double precision,
        primary_objective_score double precision,
        hook_type text,
        cta_type text,
        structure_type text,
        simulated boolean not null default false,
        primary key (account_id, decision_id)
      )`);
    await runner.query(`
      create view vw_learning as
        select o.account_id, o.decision_id, o.tweet_id, o.collected_at, o.impressions,
               o.engagement_rate, o.followers_gained_weighted, o.primary_objective_score,
               coalesce(o.hook_type, c.hook_type) as hook_type,
               coalesce(o.cta_type, c.cta_type) as cta_type,
               coalesce(o.structure_type, c.structure_type) as structure_type,
               c.content_slot, c.generator_name, c.topic, c.tone, c.decision_type,
               c.propensity, c.weight_map_version, c.posted_at, o.simulated
          from outcomes o
          join content_generation_metadata_comprehensive c using (account_id, decision_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view vw_learning');
    await runner.query('drop table outcomes');
    await runner.query('drop table metric_day_history');
    await runner.query('drop table metric_days');
    await runner.query('drop function ensure_month_partition(text, date)');
    await runner.query('drop table metric_snapshots');
  }
}
