// Event tables are partitioned by month, and months arrive in any order: imports reach years back,
// simulated accounts run ahead. The partition of a month is made when its first row comes.
import type { DataSource } from 'typeorm';

const known = new WeakMap<DataSource, Set<string>>();

/**
 * Makes the month partitions that rows need. Outside the transaction of the insert: making one
 * locks the whole table, and two half-done inserts would wait for each other.
 */
export async function ensureMonths(
  dataSource: DataSource,
  table: string,
  instants: Date[],
): Promise<void> {
  const made = known.get(dataSource) ?? new Set<string>();
  known.set(dataSource, made);
  // Months as numbers first: intake asks this for every event.
  const months = new Set(
    instants.map((at) => (at.getUTCFullYear() - 1970) * 12 + at.getUTCMonth()),
  );
  for (const number of [...months].sort((left, right) => left - right)) {
    const month = new Date(Date.UTC(1970, number)).toISOString().slice(0, 10);
    if (made.has(`${table} ${month}`)) continue;
    await dataSource.query('select ensure_month_partition($1, $2::date)', [table, month]);
    made.add(`${table} ${month}`);
  }
}
