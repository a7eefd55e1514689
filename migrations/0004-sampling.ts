import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every budget decision as it left: inputs, seed and answer, so that it can be replayed. */
export class Sampling1795300000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sampling_decisions (
        account_id text not null references accounts,
        decision_id text not null,
        policy text not null,
        policy_version text not null,
        as_of timestamptz not null,
        seed bigint not null check (seed > 0),
        total_budget_minor bigint not null check (total_budget_minor >= 0),
        inputs json not null,
        answer json not null,
        created_by text not null,
        created_at timestamptz not null default now(),
        apply_requested_at timestamptz,
        apply_requested_by text,
        queued_at timestamptz,
        primary key (account_id, decision_id),
        constraint sampling_queued_only_when_requested
          check (queued_at is null or apply_requested_at is not null)
      )`);
    await runner.query(`
      create index sampling_decisions_newest
        on sampling_decisions (account_id, created_at desc, decision_id desc)`);
    await runner.query(`
      create index sampling_decisions_to_queue on sampling_decisions (account_id, apply_requested_at)
        where apply_requested_at is not null and queued_at is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sampling_decisions');
  }
}
