// Writing changes to the queue. Everything here runs under the account's intake lock, so that keys,
// order and supersession are those of one request after another.
import type { EntityManager } from 'typeorm';
import type { NewChangeRow } from './sort-changes.js';

/** Held to the end of the transaction: one intake per account at a time. */
export async function lockIntake(manager: EntityManager, accountId: string): Promise<void> {
  await manager.query(
    `select pg_advisory_xact_lock(hashtextextended('execution.intake/' || $1, 0))`,
    [accountId],
  );
}

export async function knownKeys(
  manager: EntityManager,
  accountId: string,
  keys: string[],
): Promise<Map<string, { id: string; digest: string }>> {
  const rows: { idempotency_key: string; id: string; digest: string }[] = await manager.query(
    `select idempotency_key, id, encode(content_digest, 'hex') as digest
       from pending_ad_changes where account_id = $1 and idempotency_key = any($2)`,
    [accountId, keys],
  );
  return new Map(rows.map((row) => [row.idempotency_key, row]));
}

/**
 * Inserts in the order given: the microsecond between neighbours keeps it in the newest-first list.
 */
export async function insertChanges(
  manager: EntityManager,
  accountId: string,
  changes: NewChangeRow[],
): Promise<void> {
  if (changes.length === 0) return;
  const column = <K extends keyof NewChangeRow>(name: K) => changes.map((change) => change[name]);
  await manager.query(
    `with start as materialized (select clock_timestamp() as at)
     insert into pending_ad_changes (account_id, id, idempotency_key, content_digest, ad_id,
            campaign_id, change_type, requested_minor, requested_status, current_minor,
            current_status, reason, confidence, not_before, origin, requested_by, decision_id,
            undo_of, status, blocked_by, detail, decision_as_of, approval_expires_at, created_at,
            updated_at, finished_at)
     select $1, d.id, d.key, decode(d.digest, 'hex'), d.ad_id, d.campaign_id, d.change_type,
            d.requested_minor, d.requested_status, d.current_minor, d.current_status, d.reason,
            d.confidence, d.not_before, d.origin, d.requested_by, d.decision_id, d.undo_of,
            d.status, d.blocked_by, d.detail, d.decision_as_of, d.approval_expires_at,
            start.at + d.ordinality * interval '1 microsecond', start.at,
            case d.status when 'blocked' then start.at end
       from start, unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                   $8::bigint[], $9::text[], $10::bigint[], $11::text[], $12::text[],
                   $13::float8[], $14::timestamptz[], $15::text[], $16::text[], $17::text[],
                   $18::text[], $19::text[], $20::text[], $21::text[], $22::timestamptz[],
                   $23::timestamptz[])
            with ordinality as d (id, key, digest, ad_id, campaign_id, change_type,
                                  requested_minor, requested_status, current_minor,
                                  current_status, reason, confidence, not_before, origin,
                                  requested_by, decision_id, undo_of, status, blocked_by, detail,
                                  decision_as_of, approval_expires_at)`,
    [
      accountId,
      ...[column('id'), column('idempotencyKey'), column('digest'), column('adId')],
      ...[column('campaignId'), column('changeType'), column('requestedMinor')],
      ...[column('requestedStatus'), column('currentMinor'), column('currentStatus')],
      ...[column('reason'), column('confidence'), column('notBefore'), column('origin')],
      ...[column('requestedBy'), column('decisionId'), column('undoOf'), column('status')],
      ...[column('blockedBy'), column('detail'), column('decisionAsOf')],
      ...[column('approvalExpiresAt')],
    ],
  );
}

/**
 * The newest of the given changes replaces every older one of the same object and type that is not
 * yet executing: two answers to one question would otherwise both be carried out.
 */
export async function supersedeOlder(
  manager: EntityManager,
  accountId: string,
  newest: { id: string; adId: string; changeType: string }[],
): Promise<void> {
  if (newest.length === 0) return;
  await manager.query(
    `update pending_ad_changes c
        set status = 'superseded', detail = 'superseded by ' || newer.id,
            claimed_by = null, lease_until = null, not_before = null,
            not_before_effective = null, blocked_by = null, finished_at = now(),
            updated_at = now()
       from unnest($2::text[], $3::text[], $4::text[]) newer (id, ad_id, change_type)
      where c.account_id = $1 and c.ad_id = newer.ad_id and c.change_type = newer.change_type
        and c.id <> newer.id and c.status in ('awaiting_approval', 'pending', 'claimed')`,
    [
      accountId,
      newest.map((change) => change.id),
      newest.map((change) => change.adId),
      newest.map((change) => change.changeType),
    ],
  );
}

/** How often this change was undone before, and the undo that is still under way or was done. */
export async function earlierUndos(
  manager: EntityManager,
  accountId: string,
  changeId: string,
): Promise<{ count: number; standing: string | null }> {
  const rows: { count: number; standing: string | null }[] = await manager.query(
    `select count(*)::int as count,
            max(id) filter (where status in ('awaiting_approval', 'pending', 'claimed',
                                             'executing', 'unknown')) as standing
       from pending_ad_changes where account_id = $1 and undo_of = $2`,
    [accountId, changeId],
  );
  return rows[0] ?? { count: 0, standing: null };
}
