import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long rows stay is a setting of each account; those that exist get the defaults. */
export class RetentionSettings1795300000046 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      update accounts
         set settings = settings || '{"retention_days": {"events": 400, "conversions": 400,
               "clicks": 400, "snapshots": 400, "decisions": 400, "runs": 90}}'
       where not settings ? 'retention_days'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update accounts set settings = settings - 'retention_days'`);
  }
}
