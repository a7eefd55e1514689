// Changes that wait for a person: for how long, and what becomes of those that nobody agreed to.
import type { EntityManager } from 'typeorm';

export async function accountsAwaitingApproval(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from pending_ad_changes where stage = 'asked'`,
  );
  return rows.map((row) => row.account_id);
}

/**
 * Cancels what nobody agreed to in time; `now` is the account's own clock. A wait from before waits
 * had an end begins now.
 */
export async function expireApprovals(
  manager: EntityManager,
  accountId: string,
  now: Date,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set status = 'cancelled', blocked_by = 'execution.approval_expired',
            detail = 'nobody agreed to it by '
              || to_char(approval_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            finished_at = now(), updated_at = now()
      where account_id = $1 and stage = 'asked' and approval_expires_at < $2`,
    [accountId, now],
  );
  await manager.query(
    `update pending_ad_changes
        set approval_expires_at = $2::timestamptz + interval '24 hours', updated_at = now()
      where account_id = $1 and stage = 'asked' and approval_expires_at is null`,
    [accountId, now],
  );
}
