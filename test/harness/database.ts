// A database of its own for every spec file, on whichever server the run uses: a copy of a template
// that is migrated once, because copying files is many times quicker than forty migrations.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ENTITIES } from '../../src/entities.js';
import { dataSourceOptions, migrate, type DatabaseAddress } from '../../src/shared/index.js';

/** Not `public`: a statement that forgets the schema it was given must fail here. */
const SCHEMA = 'spec';
/** Any number that only we use: of two workers that come first, one makes the template. */
const TEMPLATE_LOCK = 7_205_759_404;

function testDatabaseUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('TEST_DATABASE_URL is not set; run the tests through npm test');
  return url;
}

export interface TestSchema {
  address: DatabaseAddress & { schema: string };
  /** The same address for a process that is told one URL only. */
  url: string;
  drop(): Promise<void>;
}

/** A migrated schema without rows. */
export async function createTestSchema(): Promise<TestSchema> {
  return createFrom(await templateOf(testDatabaseUrl()));
}

/** A schema without tables, for tests of the migrations themselves. */
export async function createEmptySchema(): Promise<TestSchema> {
  const schema = await createFrom('template1');
  await onServer(schema.address.url, `create schema ${SCHEMA}`);
  return schema;
}

/** A migrated schema with a connection, for tests of queries. */
export async function openTestDatabase(): Promise<{
  dataSource: DataSource;
  schema: TestSchema;
  close(): Promise<void>;
}> {
  const schema = await createTestSchema();
  const dataSource = await new DataSource(dataSourceOptions(schema.address, ENTITIES)).initialize();
  return {
    dataSource,
    schema,
    close: async () => {
      await dataSource.destroy();
      await schema.drop();
    },
  };
}

async function createFrom(template: string): Promise<TestSchema> {
  const name = `loopgain_test_${randomBytes(6).toString('hex')}`;
  await onServer(testDatabaseUrl(), `create database ${name} template ${template}`);
  const address = { url: named(testDatabaseUrl(), name), schema: SCHEMA, pool: testPool() };
  const url = new URL(address.url);
  url.searchParams.set('options', `-c search_path=${SCHEMA}`);
  return {
    address,
    url: String(url),
    drop: () => onServer(testDatabaseUrl(), `drop database ${name} with (force)`),
  };
}

/** `npm run test:pool` sets it: who holds a connection and asks for another then fails. */
function testPool(): DatabaseAddress['pool'] {
  const size = process.env['TEST_POOL_SIZE'];
  // Longer than a crowd of 200 requests waits for its turn; who waits for itself waits for ever.
  return size === undefined ? {} : { size: Number(size), connectTimeoutMillis: 8000 };
}

/** The run's template; the teardown of the run removes it (global-teardown.mjs). */
async function templateOf(url: string): Promise<string> {
  const name = process.env['TEST_TEMPLATE'];
  if (!name) throw new Error('TEST_TEMPLATE is not set; run the tests through npm test');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      // Renamed when complete, so that a template that exists is a whole one.
      const making = `${name}_new`;
      await client.query(`drop database if exists ${making}`);
      await client.query(`create database ${making}`);
      await migrateWhole({ url: named(url, making), schema: SCHEMA });
      await client.query(`alter database ${making} rename to ${name}`);
    }
    return name;
  } finally {
    await client.end();
  }
}

async function migrateWhole(address: DatabaseAddress & { schema: string }): Promise<void> {
  await onServer(address.url, `create schema ${address.schema}`);
  await migrate(address);
}

function named(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${database}`;
  return String(address);
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
