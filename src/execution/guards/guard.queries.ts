// What the guards have to know of the past, and of accounts that have clocks of their own.
import type { EntityManager } from 'typeorm';
import type { Sighting } from './velocity.js';

/**
 * Every sighting of the live budgets of some objects since `since`, and the last one before it,
 * oldest first: what was registered when a change came to look (people's edits before the first
 * look show in nothing else), what it saw, and after-images of completed changes.
 */
export async function budgetSightings(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
  since: Date,
): Promise<Map<string, Sighting[]>> {
  const rows: { ad_id: string; at: Date; minor: string; own: boolean }[] = await manager.query(
    `with looks as (
       select w.ad_id as wanted, c.*
         from unnest($2::text[]) w (ad_id)
        cross join lateral (
          (select * from pending_ad_changes
            where account_id = $1 and ad_id = w.ad_id and before_at > $3)
          union all
          (select * from pending_ad_changes
            where account_id = $1 and ad_id = w.ad_id and before_at <= $3
            order by before_at desc, created_at desc limit 1)) c
     ), seen as (
       select wanted, before_at as at, created_at, 0 as step, before_image->>'source' as source,
              before_image->>'registeredMinor' as minor from looks
       union all
       select wanted, before_at, created_at, 1, before_image->>'source',
              before_image->>'dailyBudgetMinor' from looks
       union all
       select wanted, effective_at, created_at, 2, after_image->>'source',
              after_image->>'dailyBudgetMinor' from looks
        where status = 'completed'
     )
     select wanted as ad_id, at, minor, step = 2 as own
       from seen
      where source = 'platform' and minor is not null
      order by wanted, at, created_at, step`,
    [accountId, adIds, since],
  );
  const sightings = new Map<string, Sighting[]>(adIds.map((adId) => [adId, []]));
  for (const { ad_id, at, minor, own } of rows) {
    sightings.get(ad_id)?.push({ at: at.getTime(), minor: Number(minor), own });
  }
  return sightings;
}

/** Simulated accounts with changes that wait for their own clocks. */
export async function accountsWaiting(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from pending_ad_changes
      where status = 'pending' and not_before_effective is not null`,
  );
  return rows.map((row) => row.account_id);
}

/** Changes whose wait is over on the account's own clock are due at once. */
export async function releaseWaiting(
  manager: EntityManager,
  accountId: string,
  now: Date,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set not_before = null, not_before_effective = null, updated_at = now()
      where account_id = $1 and status = 'pending' and not_before_effective <= $2`,
    [accountId, now],
  );
}
