import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Batches: claims of one account, sleeping accounts and tokens that every process sees, warnings. */
export class ExecutionBatches1795300000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table pending_ad_changes
        add column warnings jsonb,
        add constraint change_warnings_are_a_list check (jsonb_typeof(warnings) = 'array')`);
    await runner.query(`
      create table execution_sleeps (
        scope text not null check (scope in ('account', 'credential', 'app')),
        -- The account's id, the digest of the token, or the platform's name.
        key text not null,
        until timestamptz not null,
        code text not null,
        detail text not null,
        set_at timestamptz not null default now(),
        primary key (scope, key)
      )`);
    // The same claim for one account, so that its changes can be laid out in batches.
    await runner.query(`
      create function claim_pending_ad_changes_batch(
        worker_id text, batch_size integer, only_account text)
      returns setof pending_ad_changes language sql as $$
        with locked as (
          select c.account_id, c.id
            from pending_ad_changes c
           where c.status = 'pending'
             and c.account_id = only_account
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
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function claim_pending_ad_changes_batch(text, integer, text)');
    await runner.query('drop table execution_sleeps');
    await runner.query('alter table pending_ad_changes drop column warnings');
  }
}
