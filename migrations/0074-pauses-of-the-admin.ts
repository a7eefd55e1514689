import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The admin may pause what a key has paused before: then the key's resume does not end it. */
export class PausesOfTheAdmin1795300000074 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table execution_pauses
        add column admin_since timestamptz,
        add constraint pause_of_the_admin_while_paused check (admin_since is null or is_paused)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table execution_pauses
        drop constraint pause_of_the_admin_while_paused, drop column admin_since`);
  }
}
