import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A decision that cannot be queued is put aside with its cause. Changes know the instant that their
 * decision was made for, and until when a person may agree to them; both by the account's clock.
 */
export class DecisionsPutAside1795300000073 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table sampling_decisions
        add column queue_failed_at timestamptz,
        add column queue_failure text,
        add constraint sampling_queue_failure_is_whole
          check ((queue_failed_at is null) = (queue_failure is null)),
        add constraint sampling_queue_failed_only_unqueued
          check (queue_failed_at is null or (queued_at is null and apply_requested_at is not null))`);
    await runner.query('drop index sampling_decisions_to_queue');
    await runner.query(`
      create index sampling_decisions_to_queue on sampling_decisions (apply_requested_at, decision_id)
        where apply_requested_at is not null and queued_at is null and queue_failed_at is null`);
    await runner.query(`
      alter table pending_ad_changes
        add column decision_as_of timestamptz,
        add column approval_expires_at timestamptz`);
    await runner.query(`
      update pending_ad_changes c set decision_as_of = d.as_of
        from sampling_decisions d
       where d.account_id = c.account_id and d.decision_id = c.decision_id`);
    await runner.query(`
      create index pending_ad_changes_asked on pending_ad_changes (account_id) where stage = 'asked'`);
    // What sampling may know of the queue: which decisions still wait for a person.
    await runner.query(`
      create view decisions_awaiting_approval as
        select d.account_id, d.decision_id, d.scope_id
          from sampling_decisions d
         where d.apply_mode = 'approve' and d.apply_requested_at is not null
           and d.queued_at is null and d.queue_failed_at is null
        union
        select d.account_id, d.decision_id, d.scope_id
          from pending_ad_changes c
          join sampling_decisions d
            on d.account_id = c.account_id and d.decision_id = c.decision_id
         where c.stage = 'asked'`);
    await runner.query(`
      create view decision_changes as
        select account_id, decision_id, count(*)::int as changes,
               (count(*) filter (where status = 'cancelled'))::int as cancelled
          from pending_ad_changes where decision_id is not null
         group by account_id, decision_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view decision_changes');
    await runner.query('drop view decisions_awaiting_approval');
    await runner.query('drop index pending_ad_changes_asked');
    await runner.query(`
      alter table pending_ad_changes drop column decision_as_of, drop column approval_expires_at`);
    await runner.query('drop index sampling_decisions_to_queue');
    await runner.query(`
      create index sampling_decisions_to_queue on sampling_decisions (account_id, apply_requested_at)
        where apply_requested_at is not null and queued_at is null`);
    await runner.query(`
      alter table sampling_decisions
        drop constraint sampling_queue_failed_only_unqueued,
        drop constraint sampling_queue_failure_is_whole,
        drop column queue_failed_at, drop column queue_failure`);
  }
}
