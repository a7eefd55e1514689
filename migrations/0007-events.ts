import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Single events, the evidence they add up to, and the online model that learns from each once. */
export class Events1795300000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [SAFER_MONTHS, ...EVENTS, ...EVIDENCE, ...MODEL])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table ${table}`);
  }
}

const TABLES = [
  'drift_events',
  'online_weights',
  'online_models',
  'learned_events',
  'click_conversions',
  'ad_evidence',
  'ad_event_queue',
  'ad_events',
  'ad_event_digests',
];

// Who waits for the lock may find the partition made by the other, but a session's catalogue cache
// does not learn that from an advisory lock, so its second look can still say no. Going down keeps
// this body: it does the same, safely.
const SAFER_MONTHS = `
  create or replace function ensure_month_partition(parent text, month date) returns void
  language plpgsql as $$
  declare
    child text := parent || '_' || to_char(month, 'YYYY_MM');
    lower_bound timestamptz := month::timestamp at time zone 'UTC';
    upper_bound timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
  begin
    if to_regclass(quote_ident(child)) is not null then return; end if;
    perform pg_advisory_xact_lock(hashtext(child));
    execute format('create table %I partition of %I for values from (%L) to (%L)',
                   child, parent, lower_bound, upper_bound);
  exception when duplicate_table then
    return;
  end $$`;

// What makes an event count once, for ever: retention removes rows of ad_events, never these.
const EVENTS = [
  `create table ad_event_digests (
     account_id text not null,
     event_digest uuid not null,
     content_digest uuid not null,
     occurred_at timestamptz not null,
     primary key (account_id, event_digest)
   )`,
  `create table ad_events (
     account_id text not null,
     ad_id text not null,
     occurred_at timestamptz not null,
     event_digest uuid not null,
     event_id text not null check (char_length(event_id) between 1 and 128),
     type text not null check (type in ('impression', 'click', 'conversion')),
     count bigint not null check (count > 0),
     value_minor bigint check (value_minor >= 0),
     stage text,
     click_id text,
     clicked_at timestamptz,
     features jsonb check (jsonb_typeof(features) = 'object'),
     ingested_at timestamptz not null default now(),
     primary key (account_id, ad_id, occurred_at, event_digest)
   ) partition by range (occurred_at)`,
  `create index ad_events_by_click on ad_events (account_id, click_id)
     where type = 'click' and click_id is not null`,
  // Rows that another room inserted and learning has not read yet.
  `create table ad_event_queue (
     account_id text not null,
     position bigint generated always as identity,
     ad_id text not null,
     occurred_at timestamptz not null,
     event_digest uuid not null,
     primary key (account_id, position)
   )`,
];

const EVIDENCE = [
  // lag -1: what happened in the cohort, conversions of unknown clicks included. lag n: conversions
  // of the cohort's clicks that came n to n + 1 six-hour bins after the click.
  `create table ad_evidence (
     account_id text not null,
     ad_id text not null,
     cohort_at timestamptz not null,
     lag smallint not null check (lag >= -1),
     impressions bigint not null check (impressions >= 0),
     clicks bigint not null check (clicks >= 0),
     conversions bigint not null check (conversions >= 0),
     valued_conversions bigint not null check (valued_conversions between 0 and conversions),
     value_minor bigint not null check (value_minor >= 0),
     last_at timestamptz not null,
     primary key (account_id, ad_id, cohort_at, lag),
     constraint ad_evidence_lags_are_conversions
       check (lag = -1 or (impressions = 0 and clicks = 0)),
     constraint ad_evidence_value_of_something
       check (value_minor = 0 or valued_conversions > 0)
   ) with (fillfactor = 70)`,
  // Conversions that name a click: where they were counted, so that a click that is told later (or
  // an earlier one of the same id) moves them to its cohort whatever the order of arrival.
  `create table click_conversions (
     account_id text not null,
     click_id text not null,
     event_digest uuid not null,
     ad_id text not null,
     occurred_at timestamptz not null,
     conversions bigint not null check (conversions > 0),
     value_minor bigint check (value_minor >= 0),
     placed_at timestamptz,
     is_fixed boolean not null,
     primary key (account_id, click_id, event_digest),
     constraint click_conversions_fixed_are_placed check (not is_fixed or placed_at is not null)
   )`,
];

const MODEL = [
  `create table learned_events (
     account_id text not null,
     occurred_at timestamptz not null,
     event_digest uuid not null,
     prediction double precision not null check (prediction between 0 and 1),
     loss double precision not null check (loss >= 0),
     units integer not null check (units >= 0),
     positives integer not null check (positives between 0 and units),
     weights jsonb not null check (jsonb_typeof(weights) = 'array'),
     learned_at timestamptz not null,
     primary key (account_id, occurred_at, event_digest)
   ) partition by range (occurred_at)`,
  `create table online_models (
     account_id text primary key,
     events_seen bigint not null check (events_seen >= 0),
     tally jsonb not null check (jsonb_typeof(tally) = 'object'),
     updated_at timestamptz not null
   )`,
  `create table online_weights (
     account_id text not null,
     slot integer not null check (slot between 0 and 16384),
     feature text not null,
     z double precision not null,
     n double precision not null check (n >= 0),
     updated_at timestamptz not null,
     primary key (account_id, slot)
   ) with (fillfactor = 70)`,
  `create table drift_events (
     account_id text not null,
     drift_id bigint generated always as identity,
     detected_at timestamptz not null,
     scope text not null,
     before double precision not null,
     after double precision not null,
     primary key (account_id, drift_id)
   )`,
];
