// What bulk statements are made of: array parameters written out here, because the driver looks at
// every element several times, and several writes joined into one statement, one round trip.
import type { EntityManager } from 'typeorm';

const QUOTED = /["\\]/;
const QUOTED_ALL = /["\\]/g;

/** A `text[]` (or `uuid[]`, `jsonb[]`, …) parameter. */
export function textArray(values: readonly (string | null)[]): string {
  if (values.length === 0) return '{}';
  // Mostly nothing has to be escaped, and two joins are quicker than a look at each.
  const isPlain = !values.includes(null) && !QUOTED.test(values.join(''));
  if (isPlain) return `{"${values.join('","')}"}`;
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    return QUOTED.test(value) ? `"${value.replace(QUOTED_ALL, '\\$&')}"` : `"${value}"`;
  });
  return `{${elements.join(',')}}`;
}

/** An array parameter of any type of number. */
export function numberArray(values: readonly (number | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : String(value))).join(',')}}`;
}

/** A `timestamptz[]` parameter from Unix milliseconds. */
export function instantArray(values: readonly (number | null)[]): string {
  // Instants repeat: cohorts nearly always, events often.
  const texts = new Map<number, string>();
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = `"${new Date(value).toISOString()}"`;
    texts.set(value, text);
    return text;
  });
  return `{${elements.join(',')}}`;
}

/** An insert, update or delete with parameters of its own. */
export interface Write {
  sql: string;
  parameters: unknown[];
}

/**
 * Runs the writes as one statement. They must not touch the same rows: none sees what another
 * changed.
 */
export async function writeTogether(
  manager: EntityManager,
  writes: readonly (Write | null)[],
): Promise<void> {
  const parameters: unknown[] = [];
  const parts: string[] = [];
  for (const write of writes) {
    if (write === null) continue;
    const before = parameters.length;
    const sql = write.sql.replace(/\$(\d+)/g, (_, number) => `$${before + Number(number)}`);
    parts.push(`w${parts.length} as (${sql})`);
    parameters.push(...write.parameters);
  }
  if (parts.length > 0) await manager.query(`with ${parts.join(', ')} select`, parameters);
}
