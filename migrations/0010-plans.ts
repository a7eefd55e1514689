import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What accounts want done without being asked, and what a half-applied decision may spend. */
export class Plans1795300000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table account_plans (
        account_id text primary key references accounts,
        plan jsonb not null check (jsonb_typeof(plan -> 'scopes') = 'array'),
        updated_by text not null,
        updated_at timestamptz not null
      )`);
    await runner.query(`
      alter table sampling_decisions
        add column scope_id text,
        add column local_day date,
        add column apply_mode text check (apply_mode in ('live', 'approve')),
        add constraint sampling_scope_has_its_day check ((scope_id is null) = (local_day is null))`);
    // One decision per scope and local day, whichever process is first.
    await runner.query(`
      create unique index sampling_decisions_once_a_day
        on sampling_decisions (account_id, scope_id, local_day) where scope_id is not null`);
    await runner.query(`
      create index sampling_decisions_by_as_of on sampling_decisions (account_id, as_of)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index sampling_decisions_by_as_of');
    await runner.query('drop index sampling_decisions_once_a_day');
    await runner.query(`
      alter table sampling_decisions
        drop constraint sampling_scope_has_its_day,
        drop column apply_mode, drop column local_day, drop column scope_id`);
    await runner.query('drop table account_plans');
  }
}
