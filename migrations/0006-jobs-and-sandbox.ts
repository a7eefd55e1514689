import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leases and runs of the jobs; the worlds of simulated accounts. */
export class JobsAndSandbox1795300000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table job_leases (
        name text primary key,
        holder text,
        term bigint not null default 0 check (term >= 0),
        expires_at timestamptz,
        last_due_at timestamptz,
        constraint job_lease_held_until check ((holder is null) = (expires_at is null))
      )`);
    await runner.query(`
      create table job_runs (
        run_id uuid primary key,
        name text not null,
        trigger text not null check (trigger in ('cron', 'manual')),
        status text not null check (status in ('running', 'succeeded', 'failed', 'skipped')),
        skip_reason text,
        counts jsonb not null default '{}',
        error text,
        holder text not null,
        term bigint not null,
        started_at timestamptz not null default now(),
        finished_at timestamptz,
        memory_mb integer check (memory_mb >= 0),
        constraint job_run_finished check ((status = 'running') = (finished_at is null)),
        constraint job_run_skip_reason check ((status = 'skipped') = (skip_reason is not null)),
        constraint job_run_error check ((status = 'failed') = (error is not null))
      )`);
    await runner.query(`create index job_runs_newest on job_runs (started_at desc, run_id desc)`);
    await runner.query(`
      create index job_runs_newest_by_name on job_runs (name, started_at desc, run_id desc)`);
    await runner.query(`
      create unique index job_runs_one_running on job_runs (name) where status = 'running'`);
    await runner.query(`
      create table sandbox_worlds (
        account_id text primary key,
        seed bigint not null,
        clock_at timestamptz not null,
        world jsonb not null check (jsonb_typeof(world) = 'object'),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sandbox_worlds');
    await runner.query('drop table job_runs');
    await runner.query('drop table job_leases');
  }
}
