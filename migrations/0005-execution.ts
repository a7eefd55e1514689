import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATES = [
  'awaiting_approval',
  'pending',
  'claimed',
  'executing',
  'completed',
  'blocked',
  'unknown',
  'failed',
  'dead',
  'cancelled',
  'superseded',
  'shadowed',
];
const TERMINAL = ['completed', 'blocked', 'failed', 'dead', 'cancelled', 'superseded', 'shadowed'];
const list = (values: string[]) => values.map((value) => `'${value}'`).join(', ');

/** The queue of changes, the history of their attempts, the kill switch. */
export class Execution1795300000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table pending_ad_changes (
        account_id text not null references accounts,
        id text not null,
        idempotency_key text not null check (char_length(idempotency_key) between 1 and 128),
        content_digest bytea not null,
        ad_id text not null,
        campaign_id text not null,
        change_type text not null check (change_type in ('budget', 'status', 'bid')),
        requested_minor bigint check (requested_minor >= 0),
        requested_status text check (requested_status in ('active', 'paused', 'archived')),
        current_minor bigint check (current_minor >= 0),
        current_status text check (current_status in ('active', 'paused', 'archived')),
        reason text,
        confidence double precision check (confidence between 0 and 1),
        decision_id text,
        undo_of text,
        origin text not null check (origin in ('manual', 'decision', 'undo')),
        requested_by text not null,
        status text not null check (status in (${list(STATES)})),
        not_before timestamptz,
        -- The same instant on the account's own clock; simulated accounts go by it.
        not_before_effective timestamptz,
        blocked_by text,
        detail text,
        approved_by text,
        approved_at timestamptz,
        fence integer not null default 0 check (fence >= 0),
        attempts integer not null default 0 check (attempts >= 0),
        retries integer not null default 0 check (retries >= 0),
        claimed_by text,
        lease_until timestamptz,
        executing_at timestamptz,
        before_image jsonb,
        after_image jsonb,
        -- When the before-image was first seen and when the write went out, on the account's clock.
        before_at timestamptz,
        effective_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (account_id, id),
        constraint change_has_its_value check (
          (change_type = 'status') = (requested_status is not null)
          and (change_type = 'status') = (requested_minor is null)),
        constraint change_lease_while_held check (
          (status in ('claimed', 'executing')) = (lease_until is not null)
          and (status in ('claimed', 'executing')) = (claimed_by is not null)),
        constraint change_before_image_has_its_time check (
          (before_image is null) = (before_at is null)),
        constraint change_approval_is_whole check ((approved_by is null) = (approved_at is null)),
        constraint change_finished_when_terminal check (
          (status in (${list(TERMINAL)})) = (finished_at is not null)),
        constraint change_completed_with_images check (
          status <> 'completed'
          or (before_image is not null and after_image is not null and effective_at is not null))
      ) with (fillfactor = 70)`);
    await runner.query(`
      create unique index pending_ad_changes_idempotency
        on pending_ad_changes (account_id, idempotency_key)`);
    await runner.query(`
      create unique index pending_ad_changes_one_in_flight
        on pending_ad_changes (account_id, ad_id, change_type)
        where status in ('claimed', 'executing', 'unknown')`);
    await runner.query(`
      create index pending_ad_changes_due
        on pending_ad_changes (account_id, created_at, id) where status = 'pending'`);
    await runner.query(`
      create index pending_ad_changes_held on pending_ad_changes (account_id, lease_until)
        where status in ('claimed', 'executing')`);
    await runner.query(`
      create index pending_ad_changes_newest
        on pending_ad_changes (account_id, created_at desc, id desc)`);
    await runner.query(`
      create index pending_ad_changes_by_ad
        on pending_ad_changes (account_id, ad_id, change_type, created_at desc, id desc)`);
    await runner.query(`
      create index pending_ad_changes_unknown on pending_ad_changes (account_id, not_before)
        where status = 'unknown'`);
    await runner.query(`
      create index pending_ad_changes_waiting on pending_ad_changes (account_id)
        where status = 'pending' and not_before_effective is not null`);
    await runner.query(`
      create index pending_ad_changes_seen on pending_ad_changes (account_id, ad_id, before_at desc)
        where before_at is not null`);
    await runner.query(`
      create index pending_ad_changes_by_decision on pending_ad_changes (account_id, decision_id)
        where decision_id is not null`);
    await runner.query(`
      create index pending_ad_changes_by_undone on pending_ad_changes (account_id, undo_of)
        where undo_of is not null`);
    await runner.query(`
      create table ad_change_history (
        account_id text not null,
        change_id text not null,
        attempt integer not null check (attempt > 0),
        ad_id text not null,
        campaign_id text not null,
        change_type text not null,
        at timestamptz not null default now(),
        -- The same instant on the account's own clock: what the guards' windows compare.
        effective_at timestamptz not null,
        mode text not null check (mode in ('single', 'batch')),
        batch_id text,
        worker text not null,
        requested_by text not null,
        outcome text not null check (outcome in (
          'sent', 'completed', 'no_effect', 'unknown', 'not_applied', 'drift', 'refused')),
        error text,
        fbtrace_id text,
        duration_ms integer check (duration_ms >= 0),
        before_image jsonb,
        after_image jsonb,
        primary key (account_id, change_id, attempt),
        foreign key (account_id, change_id) references pending_ad_changes
      )`);
    await runner.query(`
      create index ad_change_history_by_ad on ad_change_history (account_id, ad_id, at desc)`);
    await runner.query(`
      create index ad_change_history_by_campaign
        on ad_change_history (account_id, campaign_id, effective_at)`);
    await runner.query(`
      create table execution_switch (
        is_only_row boolean primary key default true check (is_only_row),
        is_paused boolean not null,
        changed_by text not null,
        changed_at timestamptz not null default now()
      )`);
    await runner.query(
      `insert into execution_switch (is_paused, changed_by) values (false, 'installation')`,
    );
    // Terminal states never leave: a late writer with an old fence must not reopen a change.
    await runner.query(`
      create function forbid_leaving_terminal_state() returns trigger language plpgsql as $$
      begin
        raise exception 'change % is % and stays so', old.id, old.status
          using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create trigger pending_ad_changes_terminal before update on pending_ad_changes
        for each row when (old.status in (${list(TERMINAL)}) and new.status <> old.status)
        execute function forbid_leaving_terminal_state()`);
    // The CTE keeps the limit true (a plain sub-query may be re-run inside a nested loop); each claim
    // raises the fence that every later update must name. Claimable is the newest change of its object
    // and type, while none is under way: an older one that came back must not overwrite it.
    await runner.query(`
      create function claim_pending_ad_changes_batch(worker_id text, batch_size integer)
      returns setof pending_ad_changes language sql as $$
        with locked as (
          select c.account_id, c.id
            from pending_ad_changes c
           where c.status = 'pending'
             and (c.not_before is null or c.not_before <= now())
             and not (select is_paused from execution_switch)
             and not exists (
               select 1 from pending_ad_changes other
                where other.account_id = c.account_id and other.ad_id = c.ad_id
                  and other.change_type = c.change_type
                  and other.status in ('claimed', 'executing', 'unknown'))
             and not exists (
               select 1 from pending_ad_changes newer
                where newer.account_id = c.account_id and newer.ad_id = c.ad_id
                  and newer.change_type = c.change_type
                  and (newer.created_at, newer.id) > (c.created_at, c.id)
                  and newer.status in ('pending', 'awaiting_approval', 'completed'))
           order by c.created_at, c.id
           limit batch_size
             for update of c skip locked
        )
        update pending_ad_changes c
           set status = 'claimed', fence = c.fence + 1, claimed_by = worker_id,
               lease_until = now() + interval '25 seconds', updated_at = now(),
               not_before = null, not_before_effective = null, blocked_by = null
          from locked
         where c.account_id = locked.account_id and c.id = locked.id
        returning c.*
      $$`);
    await runner.query(`
      create function claim_pending_ad_change(worker_id text)
      returns setof pending_ad_changes language sql as $$
        select * from claim_pending_ad_changes_batch(worker_id, 1)
      $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function claim_pending_ad_change(text)');
    await runner.query('drop function claim_pending_ad_changes_batch(text, integer)');
    await runner.query('drop table ad_change_history');
    await runner.query('drop table pending_ad_changes');
    await runner.query('drop function forbid_leaving_terminal_state()');
    await runner.query('drop table execution_switch');
  }
}
