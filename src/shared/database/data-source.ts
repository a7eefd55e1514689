// How the program connects: one pool, hand-written migrations, limits that keep a stuck statement
// from holding locks for ever.
import type { DataSourceOptions, EntityTarget, ObjectLiteral } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';

/** Enough for the request load of one process; PostgreSQL's default allows 100 in all. */
const POOL_SIZE = 12;
const STATEMENT_TIMEOUT_MILLIS = 60_000;
/** A forgotten transaction would keep old row versions alive and slow every queue. */
const IDLE_IN_TRANSACTION_MILLIS = 60_000;
const CONNECT_TIMEOUT_MILLIS = 5000;

export interface DatabaseAddress {
  url: string;
  /** Tests give each spec file a schema of its own. */
  schema?: string;
}

export function dataSourceOptions(
  address: DatabaseAddress,
  entities: EntityTarget<ObjectLiteral>[],
): DataSourceOptions {
  return {
    type: 'postgres',
    url: address.url,
    entities: entities as (() => unknown)[],
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: POOL_SIZE,
    applicationName: 'loopgain',
    extra: {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MILLIS,
      statement_timeout: STATEMENT_TIMEOUT_MILLIS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MILLIS,
      ...(address.schema ? { options: `-c search_path=${address.schema}` } : {}),
    },
  };
}
