// A newer decision voids what earlier ones have not begun.
import type { EntityManager } from 'typeorm';

/**
 * Whatever decisions for an earlier instant, or for the same one and queued before, still wanted of
 * these ads is void, also where the new one leaves an ad as it is: it was decided on other beliefs,
 * and its money may be given to another by now.
 */
export async function supersedeEarlierDecisions(
  manager: EntityManager,
  decision: {
    accountId: string;
    decisionId: string;
    asOf: Date;
    recommendations: readonly { adId: string }[];
  },
): Promise<void> {
  const { accountId, decisionId, asOf, recommendations } = decision;
  await manager.query(
    `update pending_ad_changes
        set status = 'superseded', detail = 'superseded by decision ' || $2::text,
            claimed_by = null, lease_until = null, not_before = null,
            not_before_effective = null, blocked_by = null, finished_at = now(),
            updated_at = now()
      where account_id = $1 and origin = 'decision' and decision_id <> $2 and ad_id = any($3)
        and coalesce(decision_as_of, created_at) <= $4
        and status in ('awaiting_approval', 'pending', 'claimed')`,
    [accountId, decisionId, recommendations.map(({ adId }) => adId), asOf],
  );
}
