// The purse of a decision: what it granted, what its reductions have freed, what its increases took.
import type { EntityManager } from 'typeorm';
import type { DecisionFunds } from './decision-funds.js';

export async function grantFunds(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
  grantedMinor: number,
): Promise<void> {
  await manager.query(
    `insert into decision_funds (account_id, decision_id, granted_minor) values ($1, $2, $3)
     on conflict do nothing`,
    [accountId, decisionId, grantedMinor],
  );
}

/**
 * The purse as it stands, locked to the end of the transaction: two processes that both saw the last
 * hundred free would otherwise spend two hundred. null: no purse was kept for the decision.
 */
export async function lockFunds(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
): Promise<DecisionFunds | null> {
  const held: { granted: number }[] = await manager.query(
    `select granted_minor::float8 as granted from decision_funds
      where account_id = $1 and decision_id = $2 for update`,
    [accountId, decisionId],
  );
  if (!held[0]) return null;
  const rows: { freed: number; used: number; open: number; wait_millis: number | null }[] =
    await manager.query(
      `with moves as (
         select status, not_before,
                (before_image ->> 'dailyBudgetMinor')::bigint as before_minor,
                case change_type when 'status' then 0 else requested_minor end as after_minor,
                change_type = 'status' or requested_minor < current_minor as is_reduction
           from pending_ad_changes
          where account_id = $1 and decision_id = $2
            and (change_type = 'budget' or requested_status = 'paused'))
       select coalesce(sum(greatest(before_minor - after_minor, 0))
                filter (where status = 'completed'), 0)::float8 as freed,
              coalesce(sum(greatest(after_minor - before_minor, 0))
                filter (where status in ('executing', 'unknown', 'completed')), 0)::float8 as used,
              (count(*) filter (where is_reduction and status in
                ('awaiting_approval', 'pending', 'claimed', 'executing', 'unknown')))::int as open,
              (min(greatest(0, extract(epoch from coalesce(not_before, now()) - now()) * 1000))
                filter (where is_reduction and status in
                  ('pending', 'claimed', 'executing', 'unknown')))::float8 as wait_millis
         from moves`,
      [accountId, decisionId],
    );
  const [row] = rows;
  return {
    grantedMinor: held[0].granted,
    freedMinor: row?.freed ?? 0,
    usedMinor: row?.used ?? 0,
    openReductions: row?.open ?? 0,
    waitMillis: row?.wait_millis ?? null,
  };
}

/**
 * Whatever earlier decisions still wanted of these ads is void, also where the new one leaves an ad
 * as it is: it was decided on other beliefs, and its money may be given to another by now.
 */
export async function supersedeEarlierDecisions(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
  adIds: string[],
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set status = 'superseded', detail = 'superseded by decision ' || $2::text,
            claimed_by = null, lease_until = null, not_before = null,
            not_before_effective = null, blocked_by = null, finished_at = now(),
            updated_at = now()
      where account_id = $1 and origin = 'decision' and decision_id <> $2 and ad_id = any($3)
        and status in ('awaiting_approval', 'pending', 'claimed')`,
    [accountId, decisionId, adIds],
  );
}
