// The end of all changes of an account that is being removed.
import type { EntityManager } from 'typeorm';
import { DomainError } from '../../shared/index.js';

/**
 * What has not begun goes with its history, so that nobody can begin it any more; in the
 * transaction that closes the account.
 * @throws DomainError 409 while a change is being written or its outcome is not known.
 */
export async function closeChanges(manager: EntityManager, accountId: string): Promise<void> {
  await manager.query(
    `with waiting as (
       select id from pending_ad_changes
        where account_id = $1 and status in ('awaiting_approval', 'pending', 'claimed')
        order by id for update),
     told as (
       delete from ad_change_history
        where account_id = $1 and change_id in (select id from waiting))
     delete from pending_ad_changes where account_id = $1 and id in (select id from waiting)`,
    [accountId],
  );
  const [row]: { count: number }[] = await manager.query(
    `select count(*)::int as count from pending_ad_changes
      where account_id = $1 and status in ('executing', 'unknown')`,
    [accountId],
  );
  if (row === undefined || row.count === 0) return;
  throw new DomainError(
    409,
    'accounts.changes_under_way',
    `${row.count} changes of the account are being written or their outcome is not known yet: ` +
      'wait until they are settled, then delete it.',
    { retryAfterSeconds: 30 },
  );
}
