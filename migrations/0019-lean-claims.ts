import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is indexed of a live change is its stage, which a claim does not move: a claim then touches no
 * index at all (a heap-only update, for which pages keep room), and so does a lease that is renewed.
 */
export class LeanClaims1795300000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const index of BY_STATUS) await runner.query(`drop index ${index.name}`);
    await runner.query(`
      alter table pending_ad_changes
        add column stage text not null generated always as (
          case when status in ('pending', 'claimed') then 'queued'
               when status in ('executing', 'unknown') then 'sent'
               when status = 'awaiting_approval' then 'asked'
               else 'ended' end) stored,
        set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02,
             autovacuum_analyze_scale_factor = 0.02)`);
    await runner.query(`
      create unique index pending_ad_changes_one_in_flight
        on pending_ad_changes (account_id, ad_id, change_type) where stage = 'sent'`);
    await runner.query(`
      create index pending_ad_changes_due
        on pending_ad_changes (account_id, created_at, id) where stage = 'queued'`);
    await runner.query(`
      create index pending_ad_changes_waiting on pending_ad_changes (account_id)
        where not_before_effective is not null`);
    for (const drop of DROP_CLAIMS) await runner.query(drop);
    await runner.query(claimFunction('worker_id text, batch_size integer', PLANNED_EACH_TIME));
    await runner.query(
      claimFunction(
        'worker_id text, batch_size integer, only_account text',
        PLANNED_EACH_TIME,
        'and c.account_id = only_account',
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const drop of DROP_CLAIMS) await runner.query(drop);
    await runner.query('drop index pending_ad_changes_one_in_flight');
    await runner.query('drop index pending_ad_changes_due');
    await runner.query('drop index pending_ad_changes_waiting');
    await runner.query(`
      alter table pending_ad_changes drop column stage,
        set (fillfactor = 70),
        reset (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)`);
    for (const index of BY_STATUS) await runner.query(index.create);
    await runner.query(claimFunction('worker_id text, batch_size integer', AS_SQL));
    await runner.query(
      claimFunction(
        'worker_id text, batch_size integer, only_account text',
        AS_SQL,
        'and c.account_id = only_account',
      ),
    );
  }
}

const DROP_CLAIMS = [
  'drop function claim_pending_ad_changes_batch(text, integer)',
  'drop function claim_pending_ad_changes_batch(text, integer, text)',
];

const BY_STATUS = [
  {
    name: 'pending_ad_changes_one_in_flight',
    create: `create unique index pending_ad_changes_one_in_flight
               on pending_ad_changes (account_id, ad_id, change_type)
               where status in ('claimed', 'executing', 'unknown')`,
  },
  {
    name: 'pending_ad_changes_due',
    create: `create index pending_ad_changes_due
               on pending_ad_changes (account_id, created_at, id) where status = 'pending'`,
  },
  {
    name: 'pending_ad_changes_held',
    create: `create index pending_ad_changes_held on pending_ad_changes (account_id, lease_until)
               where status in ('claimed', 'executing')`,
  },
  {
    name: 'pending_ad_changes_unknown',
    create: `create index pending_ad_changes_unknown on pending_ad_changes (account_id, not_before)
               where status = 'unknown'`,
  },
  {
    name: 'pending_ad_changes_waiting',
    create: `create index pending_ad_changes_waiting on pending_ad_changes (account_id)
               where status = 'pending' and not_before_effective is not null`,
  },
];

interface Form {
  head: string;
  foot: string;
  isNew: boolean;
}

/**
 * A plan made without knowing account and limit sorts everything that is due; a remembered one goes
 * wrong when a queue fills up. Planning costs less than one row.
 */
const PLANNED_EACH_TIME: Form = {
  head: 'language plpgsql set plan_cache_mode = force_custom_plan as $$ begin return query',
  foot: '; end $$',
  isNew: true,
};
const AS_SQL: Form = { head: 'language sql as $$', foot: '$$', isNew: false };

/**
 * The claim as before. Whether another change of the object is under way or newer is asked of each
 * row by itself (`offset 0`): joined, the planner reads all that is in flight for every claim, because
 * the statistics of a queue are those of a quiet moment. An older change that is claimed needs no
 * asking: whatever is newer superseded it at the door.
 */
function claimFunction(parameters: string, { head, foot, isNew }: Form, account = ''): string {
  const each = isNew ? 'offset 0' : '';
  const due = isNew ? `c.stage = 'queued' and c.status = 'pending'` : `c.status = 'pending'`;
  const sent = isNew
    ? `other.stage = 'sent'`
    : `other.status in ('claimed', 'executing', 'unknown')`;
  const live = isNew ? `'claimed', 'executing', 'unknown', ` : '';
  return `
    create function claim_pending_ad_changes_batch(${parameters})
    returns setof pending_ad_changes ${head}
      with locked as (
        select c.account_id, c.id
          from pending_ad_changes c
         where ${due} ${account}
           and (c.not_before is null or c.not_before <= now())
           and not (select is_paused from execution_switch)
           and not exists (
             select from pending_ad_changes other
              where other.account_id = c.account_id and other.ad_id = c.ad_id
                and other.change_type = c.change_type and ${sent} ${each})
           and not exists (
             select from pending_ad_changes newer
              where newer.account_id = c.account_id and newer.ad_id = c.ad_id
                and newer.change_type = c.change_type
                and (newer.created_at, newer.id) > (c.created_at, c.id)
                and newer.status in (${live}'pending', 'awaiting_approval', 'completed') ${each})
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
    ${foot}`;
}
