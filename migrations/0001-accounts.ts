import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who exists (accounts, keys, credentials) and what exists (ads, generated content). */
export class Accounts1795300000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table accounts (
        account_id text primary key check (char_length(account_id) between 1 and 128),
        name text not null check (char_length(name) between 1 and 200),
        niche text check (char_length(niche) between 1 and 100),
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        timezone text not null,
        simulated boolean not null default false,
        share_patterns boolean not null default false,
        attribution_window_days integer not null default 7
          check (attribution_window_days between 1 and 90),
        conversion_events text[] not null,
        lead_events text[] not null,
        conversion_source text check (conversion_source in ('platform', 'first_party')),
        settings jsonb not null check (jsonb_typeof(settings) = 'object'),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table api_keys (
        account_id text not null references accounts,
        key_id text not null,
        name text not null check (char_length(name) between 1 and 200),
        role text not null check (role in ('full', 'read', 'ingest')),
        digest bytea not null check (octet_length(digest) = 32),
        created_at timestamptz not null default now(),
        revoked_at timestamptz,
        primary key (account_id, key_id)
      )`);
    await runner.query(`
      create table account_credentials (
        account_id text not null references accounts,
        platform text not null check (platform in ('meta', 'x', 'bluesky')),
        sealed bytea not null,
        updated_at timestamptz not null default now(),
        primary key (account_id, platform)
      )`);
    await runner.query(`
      create table ads (
        account_id text not null references accounts,
        ad_id text not null check (char_length(ad_id) between 1 and 128),
        entity_type text not null check (entity_type in ('campaign', 'adset', 'ad')),
        campaign_id text not null check (char_length(campaign_id) between 1 and 128),
        parent_id text check (char_length(parent_id) between 1 and 128),
        name text,
        status text not null check (status in ('active', 'paused', 'archived')),
        daily_budget_minor bigint check (daily_budget_minor >= 0),
        min_budget_minor bigint check (min_budget_minor >= 0),
        max_budget_minor bigint check (max_budget_minor >= 0),
        started_at timestamptz,
        creative jsonb not null default '{}' check (jsonb_typeof(creative) = 'object'),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (account_id, ad_id),
        constraint ads_budget_bounds check (min_budget_minor <= max_budget_minor),
        constraint ads_not_own_parent check (parent_id <> ad_id)
      )`);
    await runner.query(`create index ads_by_campaign on ads (account_id, campaign_id, ad_id)`);
    await runner.query(`create index ads_by_parent on ads (account_id, parent_id)`);
    await runner.query(`
      create table content_generation_metadata_comprehensive (
        account_id text not null references accounts,
        decision_id text not null,
        content_slot text,
        generator_name text,
        topic text,
        tone text,
        decision_type text check (decision_type in ('single', 'thread', 'reply')),
        hook_type text,
        cta_type text,
        structure_type text,
        propensity double precision check (propensity > 0 and propensity <= 1),
        weight_map_version bigint,
        why text,
        network text check (network in ('x', 'bluesky')),
        tweet_id text,
        text text,
        target_username text,
        state text not null default 'planned'
          check (state in ('planned', 'live', 'deleted', 'protected', 'withheld')),
        created_at timestamptz not null default now(),
        posted_at timestamptz,
        primary key (account_id, decision_id),
        constraint content_posted_when_live
          check ((state = 'planned') = (posted_at is null) and (posted_at is null) = (tweet_id is null))
      )`);
    await runner.query(`
      create unique index content_by_tweet
        on content_generation_metadata_comprehensive (account_id, tweet_id)`);
    await runner.query(`
      create view content_metadata as
        select account_id, decision_id, content_slot, generator_name, topic, tone, decision_type,
               hook_type, cta_type, structure_type, propensity, weight_map_version, network,
               tweet_id, state, created_at, posted_at
          from content_generation_metadata_comprehensive`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view content_metadata');
    await runner.query('drop table content_generation_metadata_comprehensive');
    await runner.query('drop table ads');
    await runner.query('drop table account_credentials');
    await runner.query('drop table api_keys');
    await runner.query('drop table accounts');
  }
}
