import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when an account is being removed: from then on nobody finds it any more. */
export class ClosingAccounts1795300000047 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table accounts add column closing_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table accounts drop column closing_at');
  }
}
