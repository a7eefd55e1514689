// The schema's way up and down, on a connection of its own: a migration over years of rows, or the
// wait for another server's, takes as long as it takes, while the pool's statements are timed.
import { DataSource, MigrationExecutor } from 'typeorm';
import { dataSourceOptions, type DatabaseAddress } from './data-source.js';

/** Any number that only we use: two processes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_205_759_403;

/** Applies what is missing; returns the names applied. */
export async function migrate(address: DatabaseAddress): Promise<string[]> {
  return underLock(address, async (executor) => {
    const applied = await executor.executePendingMigrations();
    return applied.map((migration) => migration.name);
  });
}

/** Takes the newest migration back. */
export async function undoLastMigration(address: DatabaseAddress): Promise<void> {
  await underLock(address, (executor) => executor.undoLastMigration());
}

async function underLock<T>(
  address: DatabaseAddress,
  work: (executor: MigrationExecutor) => Promise<T>,
): Promise<T> {
  const options = dataSourceOptions({ ...address, pool: { size: 1, isTimed: false } }, []);
  const dataSource = await new DataSource(options).initialize();
  try {
    const runner = dataSource.createQueryRunner();
    // Held by the session, so it ends with the connection if we are killed.
    await runner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    const outcome = await work(executor);
    await runner.release();
    return outcome;
  } finally {
    await dataSource.destroy();
  }
}
