import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The newest success of a job: monitoring asks for it every few seconds. */
export class JobFigures1795300000041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index job_runs_newest_success on job_runs (name, started_at desc)
       where status = 'succeeded'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index job_runs_newest_success');
  }
}
