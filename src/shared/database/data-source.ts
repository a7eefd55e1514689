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
  pool?: Partial<PoolOptions>;
}

interface PoolOptions {
  /** A suite runs with one, so that a transaction that asks for a second connection is found. */
  size: number;
  /** How long a request waits for a free connection before it is turned away. */
  connectTimeoutMillis: number;
  /** false: statements may take as long as they take. */
  isTimed: boolean;
}

const POOL: PoolOptions = {
  size: POOL_SIZE,
  connectTimeoutMillis: CONNECT_TIMEOUT_MILLIS,
  isTimed: true,
};

export function dataSourceOptions(
  address: DatabaseAddress,
  entities: EntityTarget<ObjectLiteral>[],
): DataSourceOptions {
  const pool = { ...POOL, ...address.pool };
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
    poolSize: pool.size,
    applicationName: 'loopgain',
    extra: {
      connectionTimeoutMillis: pool.connectTimeoutMillis,
      statement_timeout: pool.isTimed ? STATEMENT_TIMEOUT_MILLIS : 0,
      idle_in_transaction_session_timeout: pool.isTimed ? IDLE_IN_TRANSACTION_MILLIS : 0,
      ...(address.schema ? { options: `-c search_path=${address.schema}` } : {}),
    },
  };
}
