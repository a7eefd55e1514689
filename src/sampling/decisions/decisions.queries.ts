// Statements on decisions that read parts of their answers only, since a whole one is megabytes.
import type { EntityManager } from 'typeorm';
import type { Move } from './decision-to-apply.js';

/** Whether a decision may still be carried out. */
export interface Standing {
  isRequested: boolean;
  /** As of an instant more than a day ago. */
  isOld: boolean;
  /** A newer decision of one of its ads that was applied, or waits for that. */
  newer: string | null;
}

/** Locks the decision; null where the account has none of that id. `now`: the account's clock. */
export async function readStanding(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
  now: Date,
): Promise<Standing | null> {
  const rows: Standing[] = await manager.query(
    `select d.apply_requested_at is not null as "isRequested",
            d.as_of < $3::timestamptz - interval '1 day' as "isOld",
            (select n.decision_id from sampling_decisions n
              where n.account_id = d.account_id and n.apply_requested_at is not null
                and n.as_of >= d.as_of and (n.as_of, n.created_at) > (d.as_of, d.created_at)
                and exists (select 1 from unnest(n.ad_ids) theirs (id)
                              join unnest(d.ad_ids) own (id) using (id))
              order by n.as_of desc, n.created_at desc
              limit 1) as newer
       from sampling_decisions d
      where d.account_id = $1 and d.decision_id = $2
        for update of d`,
    [accountId, decisionId, now],
  );
  return rows[0] ?? null;
}

export async function markForApplying(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
  { by, at }: { by: string; at: Date },
): Promise<void> {
  await manager.query(
    `update sampling_decisions set apply_requested_at = $3, apply_requested_by = $4
      where account_id = $1 and decision_id = $2 and apply_requested_at is null`,
    [accountId, decisionId, at, by],
  );
}

export interface DueDecision {
  accountId: string;
  decisionId: string;
  asOf: Date;
  requestedBy: string;
  applyMode: 'live' | 'approve' | null;
  currency: string;
}

/** Decisions that wait to be queued, the longest waiting first, locked for the transaction. */
export async function takeDue(manager: EntityManager, limit: number): Promise<DueDecision[]> {
  return manager.query(
    `select account_id as "accountId", decision_id as "decisionId", as_of as "asOf",
            apply_requested_by as "requestedBy", apply_mode as "applyMode",
            inputs ->> 'currency' as currency
       from sampling_decisions
      where apply_requested_at is not null and queued_at is null
      order by apply_requested_at, decision_id
      limit $1
        for update skip locked`,
    [limit],
  );
}

/** What a decision recommends, in its own order. */
export async function readMoves(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
): Promise<Move[]> {
  return manager.query(
    `select item.*
       from sampling_decisions,
            rows from (json_to_recordset(answer -> 'recommendations')
              as (ad_id text, current_budget float8, recommended_budget float8, action text,
                  confidence float8, reason text)) with ordinality as item
                  (ad_id, current_budget, recommended_budget, action, confidence, reason, place)
      where account_id = $1 and decision_id = $2
      order by item.place`,
    [accountId, decisionId],
  );
}

/** Decisions of the last day of which something waits for a person. `now`: the account's clock. */
export async function awaitingApproval(
  manager: EntityManager,
  accountId: string,
  now: Date,
): Promise<{ decisionId: string; scopeId: string | null }[]> {
  return manager.query(
    `select decision_id as "decisionId", scope_id as "scopeId"
       from sampling_decisions_awaiting_approval
      where account_id = $1 and as_of > $2::timestamptz - interval '1 day' and as_of <= $2`,
    [accountId, now],
  );
}

/** Decisions as of a span of time, the newest first, and over how many ads each was made. */
export async function decisionsBetween(
  manager: EntityManager,
  accountId: string,
  span: { from: Date; to: Date },
  limit: number,
): Promise<{ decisionId: string; ads: number }[]> {
  return manager.query(
    `select decision_id as "decisionId", cardinality(ad_ids) as ads
       from sampling_decisions
      where account_id = $1 and as_of >= $2 and as_of < $3
      order by as_of desc, decision_id desc
      limit $4`,
    [accountId, span.from, span.to, limit],
  );
}
