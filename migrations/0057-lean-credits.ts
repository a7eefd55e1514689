import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An entry of the ledger names its conversion; the event's id was written beside it for nobody. */
export class LeanCredits1795300000057 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table conversion_credits drop column event_id');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table conversion_credits add column event_id text not null default ''`,
    );
    await runner.query(`
      update conversion_credits k
         set event_id = c.event_id || case when k.revision = 0 then '' else '~' || k.revision end
        from conversions c
       where c.account_id = k.account_id and c.id = k.conversion_id`);
    await runner.query('alter table conversion_credits alter column event_id drop default');
  }
}
