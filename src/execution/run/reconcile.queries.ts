// What a dead or frozen holder leaves behind: the sweep that frees or doubts it, and the taking of
// doubtful changes for a look at their objects.
import type { EntityManager } from 'typeorm';
import type { AdChange } from '../objects/change.entity.js';
import { LEASE_SECONDS, changeOfRow } from '../queue/claims.queries.js';

/** Lapsed claims of one statement, which must stay short. */
const SWEEP_MAX = 500;

interface Swept {
  freed: number;
  doubtful: number;
}

/**
 * Lapsed claims, all of them: what was not sent is free again, what may have been sent is in doubt.
 */
export async function sweepLapsed(manager: EntityManager): Promise<Swept> {
  const total = { freed: 0, doubtful: 0 };
  for (;;) {
    const { freed, doubtful } = await sweepSome(manager);
    total.freed += freed;
    total.doubtful += doubtful;
    if (freed + doubtful < SWEEP_MAX) return total;
  }
}

async function sweepSome(manager: EntityManager): Promise<Swept> {
  const rows: { freed: number; doubtful: number }[] = await manager.query(
    `with lapsed as (
       select account_id, id from pending_ad_changes
        where (stage = 'queued' and status = 'claimed' or stage = 'sent' and status = 'executing')
          and lease_until < now()
        order by lease_until limit $1 for update skip locked),
     moved as (
       update pending_ad_changes c
          set status = case c.status when 'claimed' then 'pending' else 'unknown' end,
              claimed_by = null, lease_until = null, updated_at = now()
         from lapsed
        where c.account_id = lapsed.account_id and c.id = lapsed.id
       returning c.account_id, c.id, c.status, c.attempts),
     noted as (
       update ad_change_history h set outcome = 'unknown'
         from moved
        where moved.status = 'unknown' and h.account_id = moved.account_id
          and h.change_id = moved.id and h.attempt = moved.attempts and h.outcome = 'sent')
     select count(*) filter (where status = 'pending')::int as freed,
            count(*) filter (where status = 'unknown')::int as doubtful
       from moved`,
    [SWEEP_MAX],
  );
  return rows[0] ?? { freed: 0, doubtful: 0 };
}

/**
 * A write that the platform did not take comes back to the queue, where a newer change of the same
 * object may have been waiting meanwhile, or have been carried out: the older one has had its time.
 */
export async function supersedeOvertaken(manager: EntityManager): Promise<number> {
  const rows: unknown[] = await manager.query(
    `with moved as (
       update pending_ad_changes c
          set status = 'superseded', detail = 'a newer change overtook it', finished_at = now(),
              not_before = null, not_before_effective = null, blocked_by = null,
              updated_at = now()
        where c.stage = 'queued' and c.status = 'pending' and c.attempts > 0
          and exists (
            select from pending_ad_changes newer
             where newer.account_id = c.account_id and newer.ad_id = c.ad_id
               and newer.change_type = c.change_type
               and (newer.created_at, newer.id) > (c.created_at, c.id)
               and newer.status in ('awaiting_approval', 'pending', 'claimed', 'executing',
                                    'unknown', 'completed'))
       returning 1)
     select * from moved`,
  );
  return rows.length;
}

/**
 * Takes changes in doubt for a look at their objects. A raised fence and a wait stand in for a
 * lease: whoever takes them later makes this taker's answer void.
 */
export async function takeUnknown(
  manager: EntityManager,
  limit: number,
): Promise<{ change: AdChange; ageMillis: number }[]> {
  const rows: Record<string, unknown>[] = await manager.query(
    `with due as (
       select account_id, id from pending_ad_changes
        where stage = 'sent' and status = 'unknown'
          and (not_before is null or not_before <= now())
        order by not_before nulls first limit $1 for update skip locked),
     taken as (
       update pending_ad_changes c
          set fence = c.fence + 1, not_before = now() + make_interval(secs => $2),
              updated_at = now()
         from due
        where c.account_id = due.account_id and c.id = due.id
       returning c.*)
     select *, extract(epoch from clock_timestamp() - executing_at)::float8 * 1000 as age_millis
       from taken`,
    [limit, LEASE_SECONDS],
  );
  return rows.map((row) => ({
    change: changeOfRow(manager, row),
    ageMillis: Number(row['age_millis']),
  }));
}

export interface StillUnknown {
  waitMillis: number;
  /** Why nobody could look; null while the platform is given its time. */
  blockedBy: string | null;
}

/** A change stays in doubt; the next look is due after the wait. */
export async function keepUnknown(
  manager: EntityManager,
  change: AdChange,
  { waitMillis, blockedBy }: StillUnknown,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set not_before = now() + $4::float8 * interval '1 millisecond', blocked_by = $5
      where account_id = $1 and id = $2 and fence = $3 and status = 'unknown'`,
    [change.accountId, change.id, change.fence, waitMillis, blockedBy],
  );
}
