import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which accounts a run failed for: each page tells of its own. */
export class FailuresOfRuns1795300000048 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table job_runs add column failures jsonb not null default '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table job_runs drop column failures');
  }
}
