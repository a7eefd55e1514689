import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Conversions on their way to Meta, the clicks they belong to, and what they were worth. */
export class Attribution1795300000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The digests outlive the events: retention removes rows, a repetition stays one for ever.
    await runner.query(`
      create table conversion_keys (
        account_id text not null,
        digest bytea not null check (octet_length(digest) = 32),
        primary key (account_id, digest)
      )`);
    await runner.query(`
      create table conversions (
        account_id text not null,
        received_at timestamptz not null,
        id uuid not null,
        pixel_id text not null,
        event_name text not null,
        event_id text not null check (char_length(event_id) between 1 and 128),
        event_time timestamptz not null,
        kind text not null check (kind in ('conversion', 'lead', 'other')),
        payload jsonb not null check (jsonb_typeof(payload) = 'object'),
        fields jsonb not null check (jsonb_typeof(fields) = 'array'),
        match_keys text[] not null,
        test_event_code text,
        order_id text,
        lead_id text,
        stage text,
        value_minor bigint check (value_minor >= 0),
        touch_keys text[] not null,
        status text not null check (status in
          ('queued', 'retrying', 'delivered', 'dead', 'expired', 'suppressed')),
        attempts integer not null default 0 check (attempts >= 0),
        failures integer not null default 0 check (failures >= 0),
        due_at timestamptz not null,
        expires_at timestamptz not null,
        claim uuid,
        first_sent_at timestamptz,
        doubtful_since timestamptz,
        last_error text,
        error_code text,
        fbtrace_id text,
        delivered_at timestamptz,
        attributed_ad_id text,
        attributed_method text check (attributed_method in
          ('ad_id', 'click_id', 'fbclid', 'external_id', 'utm')),
        attributed_confidence double precision
          check (attributed_confidence > 0 and attributed_confidence <= 1),
        clicked_at timestamptz,
        ad_id text,
        utm_ids text[] not null,
        primary key (account_id, received_at, id),
        constraint conversion_delivered check ((status = 'delivered') = (delivered_at is not null)),
        constraint conversion_dead_why check (status <> 'dead' or last_error is not null),
        constraint conversion_claimed_alive
          check (claim is null or status in ('queued', 'retrying')),
        constraint conversion_attributed check (
          (attributed_ad_id is null) = (attributed_method is null)
          and (attributed_ad_id is null) = (attributed_confidence is null))
      ) partition by range (received_at)`);
    await runner.query(`
      create index conversions_due on conversions (account_id, pixel_id, due_at)
       where status in ('queued', 'retrying') and claim is null`);
    await runner.query(`
      create index conversions_expiring on conversions (expires_at)
       where status in ('queued', 'retrying') and claim is null`);
    await runner.query(`
      create index conversions_doubtful on conversions (doubtful_since)
       where status = 'retrying' and doubtful_since is not null`);
    await runner.query(`
      create index conversions_claimed on conversions (claim) where claim is not null`);
    await runner.query(`create index conversions_by_event on conversions (account_id, event_id)`);
    await runner.query(`
      create index conversions_by_order on conversions (account_id, order_id)
       where order_id is not null`);
    await runner.query(`
      create index conversions_by_lead on conversions (account_id, lead_id)
       where lead_id is not null`);
    await runner.query(`
      create index conversions_unmatched on conversions using gin (touch_keys)
       where attributed_ad_id is null and kind <> 'other'`);
    await runner.query(`
      create table capi_claims (
        account_id text not null,
        claim uuid not null,
        pixel_id text not null,
        claimed_at timestamptz not null,
        lease_until timestamptz not null,
        primary key (account_id, claim)
      )`);
    await runner.query(`
      create table capi_pixels (
        account_id text not null,
        pixel_id text not null,
        paused_until timestamptz,
        reason text,
        failures integer not null default 0 check (failures >= 0),
        primary key (account_id, pixel_id),
        constraint capi_pixel_pause check ((paused_until is null) = (reason is null))
      )`);
    await runner.query(`
      create table conversion_tallies (
        account_id text not null,
        hour timestamptz not null,
        outcome text not null,
        count bigint not null check (count > 0),
        primary key (account_id, hour, outcome)
      )`);
    await runner.query(`
      create table clicks (
        account_id text not null,
        click_id text not null check (char_length(click_id) between 1 and 128),
        ad_id text not null check (char_length(ad_id) between 1 and 128),
        fbclid text,
        landed_at timestamptz not null,
        landing_url text,
        received_at timestamptz not null default now(),
        primary key (account_id, click_id)
      )`);
    await runner.query(`
      create table attribution_touches (
        account_id text not null,
        touch_key text not null,
        touched_at timestamptz not null,
        ad_id text not null,
        primary key (account_id, touch_key, touched_at, ad_id)
      )`);
    await runner.query(`
      create table conversion_stages (
        account_id text not null,
        stage text not null check (char_length(stage) between 1 and 100),
        value_minor bigint not null check (value_minor >= 0),
        probability double precision not null check (probability between 0 and 1),
        primary key (account_id, stage)
      )`);
    await runner.query(`
      create table conversion_adjustments (
        account_id text not null,
        adjustment_id text not null check (char_length(adjustment_id) between 1 and 128),
        subject text not null,
        kind text not null check (kind in ('refund', 'cancel', 'value', 'stage')),
        value_delta_minor bigint,
        stage text,
        occurred_at timestamptz not null,
        received_at timestamptz not null default now(),
        digest bytea not null,
        primary key (account_id, adjustment_id),
        constraint adjustment_content check (
          (kind = 'stage') = (stage is not null)
          and (kind <> 'value' or value_delta_minor is not null)
          and (kind in ('refund', 'value') or value_delta_minor is null))
      )`);
    await runner.query(`
      create index conversion_adjustments_by_subject
          on conversion_adjustments (account_id, subject)`);
    // One signed entry per change of what a conversion is believed to be worth; the sum is the net.
    await runner.query(`
      create table conversion_credits (
        account_id text not null,
        conversion_id uuid not null,
        revision integer not null check (revision >= 0),
        event_id text not null,
        ad_id text not null,
        kind text not null check (kind in ('conversion', 'lead')),
        count integer not null check (count between -1 and 1),
        value_minor bigint,
        pipeline_value_minor bigint,
        occurred_at timestamptz not null,
        clicked_at timestamptz,
        created_at timestamptz not null default now(),
        primary key (account_id, conversion_id, revision)
      )`);
    await runner.query(`
      create index conversion_credits_by_time on conversion_credits (account_id, occurred_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'conversion_credits',
      'conversion_adjustments',
      'conversion_stages',
      'attribution_touches',
      'clicks',
      'conversion_tallies',
      'capi_pixels',
      'capi_claims',
      'conversions',
      'conversion_keys',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}
