// Event tables are partitioned by month, and months arrive in any order: imports reach years back,
// simulated accounts run ahead. The partition of a month is made when its first row comes.
import type { DataSource } from 'typeorm';

/** So long a made month is not asked for again: it may have been dropped elsewhere meanwhile. */
const REMEMBERED_MILLIS = 10 * 60_000;

/** Until when a month of a table is known to be there, by the process's own clock. */
const known = new WeakMap<DataSource, Map<string, number>>();

/**
 * Makes the month partitions that rows need. Outside the transaction of the insert: making one
 * locks the whole table, and two half-done inserts would wait for each other.
 */
export async function ensureMonths(
  dataSource: DataSource,
  table: string,
  instants: Date[],
): Promise<void> {
  const made = monthsOf(dataSource);
  // Months as numbers first: intake asks this for every event.
  const months = new Set(
    instants.map((at) => (at.getUTCFullYear() - 1970) * 12 + at.getUTCMonth()),
  );
  for (const number of [...months].sort((left, right) => left - right)) {
    const month = new Date(Date.UTC(1970, number)).toISOString().slice(0, 10);
    if ((made.get(`${table} ${month}`) ?? 0) > performance.now()) continue;
    await dataSource.query('select ensure_month_partition($1, $2::date)', [table, month]);
    made.set(`${table} ${month}`, performance.now() + REMEMBERED_MILLIS);
  }
}

/**
 * Drops the months of a table that ended by `before`; answers how many. One that somebody reads at
 * this moment is left for the next time: waiting for it would keep everybody else out.
 */
export async function dropMonths(
  dataSource: DataSource,
  table: string,
  before: Date,
): Promise<number> {
  const rows: { month: string }[] = await dataSource.query(
    `select replace(right(c.relname, 7), '_', '-') || '-01' as month
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass(quote_ident($1)) and right(c.relname, 7) ~ '^\\d{4}_\\d{2}$'
      order by 1`,
    [table],
  );
  const made = monthsOf(dataSource);
  let dropped = 0;
  for (const { month } of rows) {
    const [year = 0, number = 0] = month.split('-').map(Number);
    if (Date.UTC(year, number) > before.getTime()) continue;
    const [answer]: { gone: boolean }[] = await dataSource.query(
      'select drop_month_partition($1, $2::date) as gone',
      [table, month],
    );
    made.delete(`${table} ${month}`);
    if (answer?.gone) dropped += 1;
  }
  return dropped;
}

function monthsOf(dataSource: DataSource): Map<string, number> {
  const months = known.get(dataSource) ?? new Map<string, number>();
  known.set(dataSource, months);
  return months;
}
