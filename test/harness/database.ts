// A schema of its own for every spec file, on whichever server the run uses.
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { ENTITIES } from '../../src/entities.js';
import { dataSourceOptions, migrate, type DatabaseAddress } from '../../src/shared/index.js';

export function testDatabaseUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('TEST_DATABASE_URL is not set; run the tests through npm test');
  return url;
}

export interface TestSchema {
  address: DatabaseAddress & { schema: string };
  drop(): Promise<void>;
}

/** An empty schema; nothing migrated yet. */
export async function createTestSchema(): Promise<TestSchema> {
  const url = testDatabaseUrl();
  const schema = `test_${randomBytes(6).toString('hex')}`;
  await onServer(url, `create schema ${schema}`);
  return {
    address: { url, schema },
    drop: () => onServer(url, `drop schema ${schema} cascade`),
  };
}

/** A migrated schema with a connection, for tests of queries. */
export async function openTestDatabase(): Promise<{
  dataSource: DataSource;
  schema: TestSchema;
  close(): Promise<void>;
}> {
  const schema = await createTestSchema();
  const dataSource = await new DataSource(dataSourceOptions(schema.address, ENTITIES)).initialize();
  await migrate(dataSource);
  return {
    dataSource,
    schema,
    close: async () => {
      await dataSource.destroy();
      await schema.drop();
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const server = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    await server.query(sql);
  } finally {
    await server.destroy();
  }
}
