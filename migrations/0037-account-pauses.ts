import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The kill switch of one account. Its few rows are asked once per claim (an array of its own, no
 * join): the plan of a claim stays what it was.
 */
export class AccountPauses1795300000037 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table execution_pauses (
        account_id text primary key references accounts,
        is_paused boolean not null,
        changed_by text not null,
        changed_at timestamptz not null
      )`);
    for (const form of FORMS) await runner.query(claimFunction(form, NOT_PAUSED));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const form of FORMS) await runner.query(claimFunction(form, ''));
    await runner.query('drop table execution_pauses');
  }
}

const NOT_PAUSED =
  'and c.account_id <> all (array(select p.account_id from execution_pauses p where p.is_paused))';

const FORMS = [
  { parameters: 'worker_id text, batch_size integer', account: '' },
  {
    parameters: 'worker_id text, batch_size integer, only_account text',
    account: 'and c.account_id = only_account',
  },
];

function claimFunction({ parameters, account }: (typeof FORMS)[number], pause: string): string {
  return `
    create or replace function claim_pending_ad_changes_batch(${parameters})
    returns setof pending_ad_changes language plpgsql
    set plan_cache_mode = force_custom_plan as $$ begin return query
      with locked as (
        select c.account_id, c.id
          from pending_ad_changes c
         where c.stage = 'queued' and c.status = 'pending' ${account} ${pause}
           and (c.not_before is null or c.not_before <= now())
           and not (select is_paused from execution_switch)
           and not exists (
             select from pending_ad_changes other
              where other.account_id = c.account_id and other.ad_id = c.ad_id
                and other.change_type = c.change_type and other.stage = 'sent' offset 0)
           and not exists (
             select from pending_ad_changes newer
              where newer.account_id = c.account_id and newer.ad_id = c.ad_id
                and newer.change_type = c.change_type
                and (newer.created_at, newer.id) > (c.created_at, c.id)
                and newer.status in ('claimed', 'executing', 'unknown',
                                     'pending', 'awaiting_approval', 'completed') offset 0)
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
    ; end $$`;
}
