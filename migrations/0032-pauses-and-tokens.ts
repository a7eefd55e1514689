import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A pixel that waits for a person remembers with which credentials it was refused: others wake it. */
export class PausesAndTokens1795300000032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table capi_pixels add column credentials_digest bytea
        check (octet_length(credentials_digest) = 32)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table capi_pixels drop column credentials_digest');
  }
}
