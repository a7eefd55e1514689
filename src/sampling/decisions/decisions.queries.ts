// Statements on decisions that read parts of their answers only, since a whole one is megabytes.
import type { EntityManager } from 'typeorm';
import type { DecisionAnswer, RecommendationAnswer } from './decision-answer.js';
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
): Promise<{ decisionId: string; asOf: Date; ads: number; proposed: number }[]> {
  return manager.query(
    `select decision_id as "decisionId", as_of as "asOf", cardinality(ad_ids) as ads,
            (summary -> 'expected' ->> 'proposed')::float8 as proposed
       from sampling_decisions
      where account_id = $1 and as_of >= $2 and as_of < $3
      order by as_of desc, decision_id desc
      limit $4`,
    [accountId, span.from, span.to, limit],
  );
}

/** What a decision says of one ad; null where it says nothing. */
export async function readMove(
  manager: EntityManager,
  { accountId, decisionId, adId }: { accountId: string; decisionId: string; adId: string },
): Promise<DecidedMove | null> {
  const rows: DecidedMove[] = await manager.query(
    `select item -> 'expected_gain' as "expectedGain", answer ->> 'value_unit' as "valueUnit"
       from sampling_decisions, json_array_elements(answer -> 'recommendations') item
      where account_id = $1 and decision_id = $2 and item ->> 'ad_id' = $3`,
    [accountId, decisionId, adId],
  );
  return rows[0] ?? null;
}

export interface DecidedMove {
  expectedGain: RecommendationAnswer['expected_gain'];
  valueUnit: DecisionAnswer['value_unit'];
}
