// Whom the platform told to wait: rows, not memory, because the process that was told so is not the
// only one that would call. A wait is only ever lengthened: two answers at once must not cut each
// other short.
import type { EntityManager } from 'typeorm';

type CooldownScope = 'account' | 'credential' | 'app';

export interface CooldownKey {
  scope: CooldownScope;
  key: string;
}

export interface Cooldown {
  scope: CooldownScope;
  waitMillis: number;
  blockedBy: string;
  detail: string;
}

export async function startCooldown(
  manager: EntityManager,
  { scope, key }: CooldownKey,
  sleep: Omit<Cooldown, 'scope'>,
): Promise<void> {
  await manager.query(
    `insert into execution_sleeps (scope, key, until, code, detail)
     values ($1, $2, now() + $3::float8 * interval '1 millisecond', $4, $5)
     on conflict (scope, key) do update
        set until = excluded.until, code = excluded.code, detail = excluded.detail, set_at = now()
      where execution_sleeps.until < excluded.until`,
    [scope, key, sleep.waitMillis, sleep.blockedBy, sleep.detail],
  );
}

/** What an account that is gone was told to wait for. */
export async function forgetPause(manager: EntityManager, accountId: string): Promise<void> {
  await manager.query(`delete from execution_sleeps where scope = 'account' and key = $1`, [
    accountId,
  ]);
}

/** The longest sleep that holds any of these, or null when none does. */
export async function cooldownOf(
  manager: EntityManager,
  keys: readonly CooldownKey[],
): Promise<Cooldown | null> {
  const rows: { scope: CooldownScope; wait: number; code: string; detail: string }[] =
    await manager.query(
      `select s.scope, extract(epoch from s.until - now())::float8 * 1000 as wait, s.code, s.detail
         from execution_sleeps s
         join unnest($1::text[], $2::text[]) k (scope, key) on s.scope = k.scope and s.key = k.key
        where s.until > now()
        order by s.until desc limit 1`,
      [keys.map(({ scope }) => scope), keys.map(({ key }) => key)],
    );
  const [row] = rows;
  if (!row) return null;
  return { scope: row.scope, waitMillis: row.wait, blockedBy: row.code, detail: row.detail };
}

/** None of the account's changes is tried before the wait is over. */
export async function postponePending(
  manager: EntityManager,
  accountId: string,
  { waitMillis, blockedBy }: Cooldown,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set not_before = now() + $2::float8 * interval '1 millisecond',
            blocked_by = $3, updated_at = now()
      where account_id = $1 and stage = 'queued' and status = 'pending'
        and (not_before is null or not_before < now() + $2::float8 * interval '1 millisecond')`,
    [accountId, waitMillis, blockedBy],
  );
}

/** Accounts with changes that wait for a refused token; [] while none is refused. */
export async function accountsAwaitingToken(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from pending_ad_changes
      where stage in ('queued', 'sent') and blocked_by = 'execution.auth' and not_before > now()
        and exists (select from execution_sleeps
                     where code = 'execution.auth' and until > now())`,
  );
  return rows.map((row) => row.account_id);
}

/** The account has a token that nobody refused: what waited for one is due at once. */
export async function releaseAwaitingToken(
  manager: EntityManager,
  accountId: string,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes set not_before = null, blocked_by = null, updated_at = now()
      where account_id = $1 and stage in ('queued', 'sent') and status in ('pending', 'unknown')
        and blocked_by = 'execution.auth'`,
    [accountId],
  );
}
