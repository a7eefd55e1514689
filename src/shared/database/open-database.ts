// Where the data lives: the server named by DATABASE_URL, or an embedded PostgreSQL in DATA_DIR.
import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import type { StartupError } from '../errors.js';
import { checkServerVersion } from './embedded/check-server.js';
import type { GuardLog } from './embedded/guard.js';
import { openEmbeddedDatabase } from './embedded/open-embedded-database.js';

export interface OpenDatabase {
  url: string;
  embedded: boolean;
  /** Resolves with one sentence when the database is gone for good; never with DATABASE_URL. */
  lost: Promise<StartupError>;
  close(): Promise<void>;
}

/**
 * `server` takes the exclusive right to an embedded database; `tool` shares it with a running one.
 * @throws StartupError with one sentence when the database cannot be had.
 */
export async function openDatabase(
  config: Config,
  role: 'server' | 'tool',
  log: GuardLog,
): Promise<OpenDatabase> {
  if (config.databaseUrl !== null) {
    await checkServerVersion(config.databaseUrl);
    const lost = new Promise<StartupError>(() => undefined);
    return { url: config.databaseUrl, embedded: false, lost, close: () => Promise.resolve() };
  }
  const database = await openEmbeddedDatabase({ dataDir: resolve(config.dataDir), role, log });
  const { url, lost } = database;
  return { url, embedded: true, lost, close: () => database.close() };
}
