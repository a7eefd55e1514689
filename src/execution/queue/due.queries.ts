// The cheap questions: is there anything to do, and for whom. Answered from partial indexes that
// hold live rows only, so that millions of finished ones cost nothing.
import type { EntityManager } from 'typeorm';

/** Accounts with changes that could be claimed now: none that a kill switch holds back. */
export async function dueAccounts(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from pending_ad_changes
      where stage = 'queued' and status = 'pending'
        and (not_before is null or not_before <= now())
        and not (select is_paused from execution_switch)
        and account_id <> all (array(select p.account_id from execution_pauses p
                                      where p.is_paused))`,
  );
  return rows.map((row) => row.account_id);
}

/** Whether a pass would find anything; answered from partial indexes that hold live rows only. */
export async function isAnythingDue(manager: EntityManager): Promise<boolean> {
  const rows: { is_due: boolean }[] = await manager.query(
    `select exists (select from pending_ad_changes
                     where stage = 'queued' and status = 'pending'
                       and (not_before is null or not_before <= now())
                       and not (select is_paused from execution_switch)
                       and account_id <> all (array(select p.account_id from execution_pauses p
                                                     where p.is_paused)))
         or exists (select from pending_ad_changes
                     where stage = 'queued' and status = 'claimed' and lease_until < now())
         or exists (select from pending_ad_changes
                     where stage = 'sent' and (status = 'executing' and lease_until < now()
                       or status = 'unknown' and (not_before is null or not_before <= now())))
            as is_due`,
  );
  return rows[0]?.is_due ?? false;
}
