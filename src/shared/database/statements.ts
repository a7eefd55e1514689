// Several writes joined into one statement, one round trip.
import type { EntityManager } from 'typeorm';

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
