import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One value sealed with the SECRETS_KEY that opens every stored secret, so that another key shows. */
export class SecretsKeyCheck1795300000042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table secrets_key_check (
        is_only_row boolean primary key default true check (is_only_row),
        sealed bytea not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table secrets_key_check');
  }
}
