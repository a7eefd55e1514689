// All rows of one account, in whatever tables there are: the catalogue knows them, so that a table
// that is added later is never forgotten.
import type { EntityManager } from 'typeorm';

/** Rows of one statement: it holds its locks, and its transaction open, for well below a second. */
const ROWS_PER_STATEMENT = 5000;

/**
 * Deletes them in bounded statements, each for itself when `manager` is in no transaction; the row
 * of the account itself stays. Partitions one by one: within one, a row is found by its place.
 * `condition` is SQL that each statement judges anew, in the snapshot whose rows it deletes.
 */
export async function eraseRowsOfAccount(
  manager: EntityManager,
  accountId: string,
  condition = 'true',
): Promise<number> {
  let erased = 0;
  for (const table of await tablesWithAccounts(manager)) {
    for (let deleted = ROWS_PER_STATEMENT; deleted === ROWS_PER_STATEMENT;) {
      const [, count]: [unknown, number] = await manager.query(
        `delete from ${table}
          where ctid = any (array(select ctid from ${table} where account_id = $1 limit $2))
            and ${condition}`,
        [accountId, ROWS_PER_STATEMENT],
      );
      deleted = count;
      erased += deleted;
    }
  }
  return erased;
}

/** Quoted; a table that others refer to comes after them. */
async function tablesWithAccounts(manager: EntityManager): Promise<string[]> {
  const rows: { name: string }[] = await manager.query(
    `select c.oid::regclass::text as name
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
                          and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
        and c.relname <> 'accounts'
      order by (select count(*) from pg_constraint f
                 where f.contype = 'f' and f.confrelid = c.oid), 1`,
  );
  return rows.map(({ name }) => name);
}

/** Waits, for so long at most, until what was under way at an instant has ended. */
export async function waitForOlderTransactions(
  manager: EntityManager,
  than: Date,
  waitMillis: number,
): Promise<void> {
  const until = performance.now() + waitMillis;
  while (performance.now() < until) {
    const [row]: { busy: boolean }[] = await manager.query(
      `select exists (select from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid()
                         and xact_start <= $1) as busy`,
      [than],
    );
    if (row?.busy !== true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
