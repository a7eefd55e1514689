import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run that did a part of its work succeeded and tells what went wrong in the rest. */
export class FaultsToldInPart1795300000045 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table job_runs
        drop constraint job_run_error,
        add constraint job_run_error check (case status
              when 'failed' then error is not null
              when 'succeeded' then true
              else error is null end)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update job_runs set error = null where status = 'succeeded'`);
    await runner.query(`
      alter table job_runs
        drop constraint job_run_error,
        add constraint job_run_error check ((status = 'failed') = (error is not null))`);
  }
}
