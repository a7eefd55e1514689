import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A line of the history says by itself who asked for what, why, and what it could cost. */
export class CostOfBeingWrong1795300000018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table ad_change_history
        add column requested_minor bigint check (requested_minor >= 0),
        add column requested_status text,
        add column reason text,
        add column decision_id text,
        add column confidence double precision check (confidence between 0 and 1),
        add column approved_by text,
        -- The most that the platform could spend more until the next decision; null = not known.
        add column worst_case_extra_minor bigint check (worst_case_extra_minor >= 0)`);
    await runner.query(`
      update ad_change_history h
         set requested_minor = c.requested_minor, requested_status = c.requested_status,
             reason = c.reason, decision_id = c.decision_id, confidence = c.confidence,
             approved_by = c.approved_by
        from pending_ad_changes c
       where c.account_id = h.account_id and c.id = h.change_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table ad_change_history
        drop column requested_minor, drop column requested_status, drop column reason,
        drop column decision_id, drop column confidence, drop column approved_by,
        drop column worst_case_extra_minor`);
  }
}
