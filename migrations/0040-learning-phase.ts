import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether the platform still learns to deliver an object; null = nobody has told. */
export class LearningPhase1795300000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ads add column learning_phase boolean');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ads drop column learning_phase');
  }
}
