import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a job that still held a removed account stores late is swept afterwards, whichever process
 * runs by then. The id is not called account_id: by that name its rows would be swept with it.
 */
export class RemovedAccounts1795300000083 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table removed_accounts (
        removed_id text primary key,
        removed_at timestamptz not null,
        swept_at timestamptz not null,
        constraint swept_after_removed check (swept_at >= removed_at)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table removed_accounts');
  }
}
