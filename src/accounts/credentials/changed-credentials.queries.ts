// Who has other credentials than before, for those that wait for them.
import type { EntityManager } from 'typeorm';

/** Accounts of which credentials were stored at or after `since`, by the servers' clocks. */
export async function accountsWithNewCredentials(
  manager: EntityManager,
  since: Date,
): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from account_credentials where updated_at >= $1`,
    [since],
  );
  return rows.map(({ account_id }) => account_id);
}
