// How rows grow old: each room names its tables in rules, and one nightly job follows them all. A
// rule removes a few thousand rows of one account in one short statement; the job asks again until
// nothing is left, so that no lock is held for long.
import type { EntityManager } from 'typeorm';
import type { RetentionDays } from '../history.js';

/** Few enough that others never wait for their rows, many enough that a night suffices. */
export const OLD_ROWS_BATCH = 5000;

export interface OldRowsRule {
  /** The name of the table, under which the run counts what it removed. */
  table: string;
  kind: keyof RetentionDays;
  /** Default OLD_ROWS_BATCH; fewer where rows are large. */
  batch?: number;
  /**
   * A select of the rows that may go, with their key in the columns of `key`; $1 is the account, $2
   * the instant before which rows are old, and all further parameters are the job's.
   */
  key: string;
  old: string;
}

/** Tables by month of which a month goes as a whole, once it is old for every account. */
export interface OldMonthsRule {
  table: string;
  kind: keyof RetentionDays;
}

/** Removes one batch; answers how many rows went. */
export async function removeOldRows(
  manager: EntityManager,
  { table, key, old, batch = OLD_ROWS_BATCH }: OldRowsRule,
  accountId: string,
  before: Date,
): Promise<number> {
  const rows: { count: number }[] = await manager.query(
    `with old as (${old} limit $3), gone as (
       delete from ${table} t using old
        where t.account_id = $1 and (${columns('t', key)}) = (${columns('old', key)})
       returning 1)
     select count(*)::int as count from gone`,
    [accountId, before, batch],
  );
  return rows[0]?.count ?? 0;
}

function columns(table: string, key: string): string {
  return key
    .split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');
}
