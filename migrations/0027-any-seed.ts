import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Seeds are only ever mixed with a label, so zero is as good a seed as any other. */
export class AnySeed1795300000027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table sampling_decisions drop constraint sampling_decisions_seed_check',
    );
    await runner.query(
      'alter table sampling_decisions add constraint sampling_decisions_seed_check check (seed >= 0)',
    );
  }

  /** Decisions of seed zero keep their row; only new ones are held to the old rule. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table sampling_decisions drop constraint sampling_decisions_seed_check',
    );
    await runner.query(
      'alter table sampling_decisions add constraint sampling_decisions_seed_check check (seed > 0) not valid',
    );
  }
}
