import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ENTITIES } from '../src/entities.js';
import { dataSourceOptions, migrate, undoLastMigration } from '../src/shared/index.js';
import { createEmptySchema, type TestSchema } from './harness/database.js';

let schema: TestSchema;
let database: DataSource;

beforeAll(async () => {
  schema = await createEmptySchema();
  database = await new DataSource(dataSourceOptions(schema.address, ENTITIES)).initialize();
});

afterAll(async () => {
  await database.destroy();
  await schema.drop();
});

async function objects(): Promise<string[]> {
  const rows: { name: string }[] = await database.query(
    `select 'relation ' || c.relname as name from pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v')
     union all
     select 'function ' || p.proname from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
     order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe('the migrations', () => {
  it('go up, down to nothing, and up again to the same', async () => {
    await migrate(schema.address);
    const first = await objects();
    expect(first).toEqual(
      expect.arrayContaining(
        [
          'relation pending_ad_changes',
          'relation ad_change_history',
          'relation outcomes',
          'relation content_generation_metadata_comprehensive',
          'relation content_metadata',
          'relation vw_learning',
          'relation learning_model_weights',
          'relation discovered_accounts',
          'function claim_pending_ad_change',
          'function claim_pending_ad_changes_batch',
        ].map((name) => name),
      ),
    );
    const steps = database.migrations.length;
    for (let step = 0; step < steps; step++) await undoLastMigration(schema.address);
    expect(await objects()).toEqual(['relation schema_migrations']);
    await migrate(schema.address);
    expect(await objects()).toEqual(first);
  });

  it('apply once when two processes start together', async () => {
    for (let step = 0; step < database.migrations.length; step++) {
      await undoLastMigration(schema.address);
    }
    const applied = await Promise.all([migrate(schema.address), migrate(schema.address)]);
    expect(applied.map((names) => names.length).sort((a, b) => a - b)).toEqual([
      0,
      database.migrations.length,
    ]);
  });

  it('run without statement time-out, however long they or the wait for others take', async () => {
    await database.query(
      `create table timeouts_seen (statement text, idle text);
       create function see_timeouts() returns event_trigger language plpgsql as $$
       begin
         insert into timeouts_seen values (current_setting('statement_timeout'),
                                           current_setting('idle_in_transaction_session_timeout'));
       end $$;
       create event trigger see_timeouts on ddl_command_end execute function see_timeouts()`,
    );
    await undoLastMigration(schema.address);
    await migrate(schema.address);
    const seen = await database.query('select distinct statement, idle from timeouts_seen');
    await database.query(
      `drop event trigger see_timeouts; drop function see_timeouts; drop table timeouts_seen`,
    );
    expect(seen).toEqual([{ statement: '0', idle: '0' }]);
    expect(await database.query('show statement_timeout')).toEqual([{ statement_timeout: '1min' }]);
  });

  it('lead every primary key of an account table with account_id', async () => {
    const rows: { table_name: string; first_column: string; has_account: boolean }[] =
      await database.query(
        `select c.relname as table_name, a.attname as first_column,
                exists (select 1 from pg_attribute x
                         where x.attrelid = c.oid and x.attname = 'account_id') as has_account
           from pg_constraint k
           join pg_class c on c.oid = k.conrelid
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
          where k.contype = 'p' and c.relnamespace = current_schema()::regnamespace`,
      );
    const wrong = rows.filter((row) => row.has_account && row.first_column !== 'account_id');
    expect(wrong).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });
});

describe('the entities', () => {
  it('agree with the schema column by column', async () => {
    const found: { table_name: string; column_name: string; type: string; nullable: boolean }[] =
      await database.query(
        `select c.relname as table_name, a.attname as column_name,
                format_type(a.atttypid, null) as type, not a.attnotnull as nullable
           from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and a.attnum > 0 and not a.attisdropped`,
      );
    const actual = new Map<string, string[]>();
    for (const { table_name, column_name, type, nullable } of found) {
      const line = `${column_name} ${type}${nullable ? ' null' : ''}`;
      actual.set(table_name, [...(actual.get(table_name) ?? []), line].sort());
    }
    for (const entity of database.entityMetadatas) {
      const expected = entity.columns
        .map((column) => {
          const type = String(column.type).replace('timestamptz', 'timestamp with time zone');
          return `${column.databaseName} ${type}${column.isArray ? '[]' : ''}${column.isNullable ? ' null' : ''}`;
        })
        .sort();
      expect({ table: entity.tableName, columns: expected }).toEqual({
        table: entity.tableName,
        columns: actual.get(entity.tableName),
      });
    }
    expect(database.entityMetadatas.length).toBe(ENTITIES.length);
  });
});
