// The durable intent of a write, before its first byte goes out.
import type { EntityManager } from 'typeorm';
import { spendAtStake } from '../guards/cost-of-being-wrong.js';
import type { AdChange } from '../objects/change.entity.js';
import type { Observation } from '../objects/object-image.js';
import { LEASE_SECONDS } from './claims.queries.js';

/**
 * Makes the intent durable before the first byte goes out: states, attempts and their history in
 * one statement. Answers the ids that were marked; the others' claims lapsed, are another's, or a
 * kill switch was thrown. The transaction may have waited long for its locks, so leases go by the
 * clock and not by its beginning.
 */
export async function markExecuting(
  manager: EntityManager,
  marks: readonly { change: AdChange; before: Observation }[],
  { effectiveAt, batchId }: { effectiveAt: Date; batchId: string | null },
): Promise<Set<string>> {
  const rows: { change_id: string }[] = await manager.query(
    `with marked as (
       update pending_ad_changes c
          set status = 'executing', attempts = c.attempts + 1, executing_at = clock_timestamp(),
              lease_until = clock_timestamp() + make_interval(secs => $8), updated_at = now(),
              before_image = d.before::jsonb, before_at = d.before_at, effective_at = $7,
              detail = null
         from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[],
                     $6::timestamptz[], $10::bigint[])
                d (account_id, id, fence, holder, before, before_at, worst)
        where c.account_id = d.account_id and c.id = d.id and c.fence = d.fence
          and c.claimed_by = d.holder and c.status = 'claimed' and c.lease_until > clock_timestamp()
          and not (select is_paused from execution_switch)
          and c.account_id <> all (array(select p.account_id from execution_pauses p
                                          where p.is_paused))
       returning c.*, d.worst)
     insert into ad_change_history (account_id, change_id, attempt, ad_id, campaign_id, change_type,
                                    at, effective_at, mode, batch_id, worker, requested_by, outcome,
                                    before_image, requested_minor, requested_status, reason,
                                    decision_id, confidence, approved_by, worst_case_extra_minor)
     select account_id, id, attempts, ad_id, campaign_id, change_type, executing_at, effective_at,
            case when $9::text is null then 'single' else 'batch' end, $9, claimed_by, requested_by,
            'sent', before_image, requested_minor, requested_status, reason, decision_id,
            confidence, approved_by, worst
       from marked
     returning change_id`,
    [
      marks.map(({ change }) => change.accountId),
      marks.map(({ change }) => change.id),
      marks.map(({ change }) => change.fence),
      marks.map(({ change }) => change.claimedBy),
      marks.map(({ before }) => JSON.stringify(before.image)),
      marks.map(({ before }) => before.at),
      effectiveAt,
      LEASE_SECONDS,
      batchId,
      marks.map(
        ({ change, before }) => spendAtStake(change, before.image)?.worstCaseExtraMinor ?? null,
      ),
    ],
  );
  return new Set(rows.map((row) => row.change_id));
}
