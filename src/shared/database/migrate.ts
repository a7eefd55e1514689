import type { DataSource } from 'typeorm';

/** Any number that only we use: two processes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_205_759_403;

/** Applies what is missing; returns the names applied. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    // Held by the session of this runner, so it ends with the connection if we are killed.
    await runner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const applied = await dataSource.runMigrations();
      return applied.map((migration) => migration.name);
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
}
