// Which removed accounts are swept when. The rows decide, by the database's clock, so that neither
// a restart nor a second process loses a sweep.
import type { EntityManager } from 'typeorm';

/**
 * A job that read the account before its removal may still store what it was told: mostly within
 * seconds, at the end of a long run within minutes, and no run lasts a day.
 */
const SWEEPS_AFTER_SECONDS = [60, 15 * 60, 24 * 60 * 60];

/** From now on it is swept; one that was removed before under the same id starts anew. */
export async function rememberRemoved(manager: EntityManager, accountId: string): Promise<void> {
  await manager.query(
    `insert into removed_accounts (removed_id, removed_at, swept_at) values ($1, now(), now())
     on conflict (removed_id) do update
       set removed_at = excluded.removed_at, swept_at = excluded.swept_at`,
    [accountId],
  );
}

export interface DueSweep {
  accountId: string;
  startedAt: Date;
}

/** Those for which a sweep has come due since the last one. */
export async function dueSweeps(manager: EntityManager): Promise<DueSweep[]> {
  const rows: { removed_id: string; now: Date }[] = await manager.query(
    `select removed_id, now() as now
       from removed_accounts
      where exists (select from unnest($1::int[]) as after (seconds)
                     where removed_at + make_interval(secs => seconds) > swept_at
                       and removed_at + make_interval(secs => seconds) <= now())
      order by removed_id`,
    [SWEEPS_AFTER_SECONDS],
  );
  return rows.map((row) => ({ accountId: row.removed_id, startedAt: row.now }));
}

/** After its last sweep nothing of the account is left, not even that it was there. */
export async function recordSweep(manager: EntityManager, sweep: DueSweep): Promise<void> {
  const { accountId, startedAt } = sweep;
  await manager.query(
    `update removed_accounts set swept_at = greatest(swept_at, $2::timestamptz)
      where removed_id = $1`,
    [accountId, startedAt],
  );
  await manager.query(
    `delete from removed_accounts
      where removed_id = $1
        and swept_at >= removed_at + make_interval(secs => $2)`,
    [accountId, Math.max(...SWEEPS_AFTER_SECONDS)],
  );
}
