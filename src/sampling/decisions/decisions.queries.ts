// Statements on decisions that read parts of their answers only, since a whole one is megabytes.
import type { EntityManager } from 'typeorm';
import type { Move } from './decision-to-apply.js';

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
