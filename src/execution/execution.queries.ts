// The moves of the queue, one statement each. Every update names the state it leaves, the fence and
// the holder: whoever lost its claim changes nothing and learns it from the count. now() is the
// database's clock, the only one for leases and waits.
import type { EntityManager } from 'typeorm';
import { AdChange } from './change.entity.js';
import type { AttemptOutcome, ChangeState } from './change-states.js';
import type { ObjectImage } from './object-image.js';

/** Long enough for a slow platform's answer, short enough that a dead process blocks nobody. */
export const LEASE_SECONDS = 25;
const UNIQUE_VIOLATION = '23505';
/** Claims due changes, at most one per object and type; [] while the kill switch is on. */
export async function claimChanges(
  manager: EntityManager,
  worker: string,
  limit: number,
): Promise<AdChange[]> {
  try {
    const rows: Record<string, unknown>[] = await manager.query(
      'select * from claim_pending_ad_changes_batch($1, $2)',
      [worker, limit],
    );
    return rows.map((row) => changeOfRow(manager, row));
  } catch (error) {
    // Two processes went for two changes of one object at the same instant: the index lets one win.
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) return [];
    throw error;
  }
}

/** Keeps everything that the worker holds; the mark below is what checks that it still does. */
export async function renewLeases(manager: EntityManager, worker: string): Promise<void> {
  await manager.query(
    `update pending_ad_changes set lease_until = now() + make_interval(secs => $2)
      where status in ('claimed', 'executing') and lease_until > now() and claimed_by = $1`,
    [worker, LEASE_SECONDS],
  );
}

export interface Leaving {
  to: ChangeState;
  /** null = at once. */
  waitMillis?: number | null;
  notBeforeEffective?: Date | null;
  blockedBy?: string | null;
  detail?: string | null;
  before?: { image: ObjectImage; at: Date } | null;
  /** For a change whose object is already as requested. */
  after?: { image: ObjectImage; at: Date } | null;
}

/** A claimed change leaves without a write. false = it was another's by now. */
export async function leaveClaim(
  manager: EntityManager,
  change: AdChange,
  leaving: Leaving,
): Promise<boolean> {
  const { before, after } = leaving;
  const rows: unknown[] = await manager.query(
    `with moved as (
       update pending_ad_changes
          set status = $5, claimed_by = null, lease_until = null, updated_at = now(),
              not_before = now() + $6::float8 * interval '1 millisecond',
              not_before_effective = $7, blocked_by = $8, detail = $9,
              before_image = coalesce($10::jsonb, before_image),
              before_at = coalesce($11::timestamptz, before_at),
              after_image = $12, effective_at = coalesce($13::timestamptz, effective_at),
              finished_at = case when $14 then now() end
        where account_id = $1 and id = $2 and fence = $3 and claimed_by = $4
          and status = 'claimed'
       returning 1)
     select * from moved`,
    [
      ...identity(change),
      leaving.to,
      leaving.waitMillis ?? null,
      leaving.notBeforeEffective ?? null,
      leaving.blockedBy ?? null,
      leaving.detail ?? null,
      before ? JSON.stringify(before.image) : null,
      before?.at ?? null,
      after ? JSON.stringify(after.image) : null,
      after?.at ?? null,
      !['pending', 'awaiting_approval'].includes(leaving.to),
    ],
  );
  return rows.length > 0;
}

/**
 * Makes the intent durable before the first byte goes out: state, attempt and its history row in
 * one statement. false = the claim lapsed, is another's, or the kill switch was thrown.
 */
export async function markExecuting(
  manager: EntityManager,
  change: AdChange,
  before: { image: ObjectImage; at: Date },
  effectiveAt: Date,
): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `with marked as (
       update pending_ad_changes
          set status = 'executing', attempts = attempts + 1, executing_at = clock_timestamp(),
              lease_until = now() + make_interval(secs => $8), updated_at = now(),
              before_image = $5::jsonb, before_at = $6, effective_at = $7, detail = null
        where account_id = $1 and id = $2 and fence = $3 and claimed_by = $4
          and status = 'claimed' and lease_until > now()
          and not (select is_paused from execution_switch)
       returning *)
     insert into ad_change_history (account_id, change_id, attempt, ad_id, campaign_id, change_type,
                                    at, effective_at, mode, worker, requested_by, outcome,
                                    before_image)
     select account_id, id, attempts, ad_id, campaign_id, change_type, executing_at, effective_at,
            'single', claimed_by, requested_by, 'sent', before_image
       from marked
     returning 1`,
    [...identity(change), JSON.stringify(before.image), before.at, effectiveAt, LEASE_SECONDS],
  );
  return rows.length > 0;
}

export interface Settling {
  from: 'executing' | 'unknown';
  to: ChangeState;
  outcome: AttemptOutcome;
  waitMillis?: number | null;
  blockedBy?: string | null;
  /** Lengthens the next backoff. */
  isRetry?: boolean;
  detail?: string | null;
  error?: string | null;
  fbtraceId?: string | null;
  durationMs?: number | null;
  after?: ObjectImage | null;
}

/** What came of a write, on the change and on its attempt. false = the fence has moved on. */
export async function settleChange(
  manager: EntityManager,
  change: AdChange,
  settling: Settling,
): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `with moved as (
       update pending_ad_changes
          set status = $6, claimed_by = null, lease_until = null, updated_at = now(),
              not_before = now() + $7::float8 * interval '1 millisecond',
              blocked_by = $8, detail = $9, after_image = $10::jsonb,
              retries = retries + $15::integer,
              finished_at = case when $6 in ('pending', 'unknown') then null else now() end
        where account_id = $1 and id = $2 and fence = $3 and claimed_by is not distinct from $4
          and status = $5
       returning account_id, id, attempts),
     noted as (
       update ad_change_history h
          set outcome = $11, error = $12, after_image = $10::jsonb,
              fbtrace_id = coalesce($13, h.fbtrace_id), duration_ms = coalesce($14, h.duration_ms)
         from moved
        where h.account_id = moved.account_id and h.change_id = moved.id
          and h.attempt = moved.attempts)
     select 1 from moved`,
    [
      change.accountId,
      change.id,
      change.fence,
      settling.from === 'executing' ? change.claimedBy : null,
      settling.from,
      settling.to,
      settling.waitMillis ?? null,
      settling.blockedBy ?? null,
      settling.detail ?? null,
      settling.after ? JSON.stringify(settling.after) : null,
      settling.outcome,
      settling.error ?? null,
      settling.fbtraceId ?? null,
      settling.durationMs ?? null,
      settling.isRetry ? 1 : 0,
    ],
  );
  return rows.length > 0;
}

/** The platform told this account to wait: none of its changes is tried before. */
export async function putAccountToSleep(
  manager: EntityManager,
  accountId: string,
  waitMillis: number,
  blockedBy: string,
): Promise<void> {
  await manager.query(
    `update pending_ad_changes
        set not_before = greatest(coalesce(not_before, now()),
                                  now() + $2::float8 * interval '1 millisecond'),
            blocked_by = $3, updated_at = now()
      where account_id = $1 and status = 'pending'
        and (not_before is null or not_before < now() + $2::float8 * interval '1 millisecond')`,
    [accountId, waitMillis, blockedBy],
  );
}

function identity(change: AdChange): unknown[] {
  return [change.accountId, change.id, change.fence, change.claimedBy];
}

/** A row of a hand-written statement as the entity. */
export function changeOfRow(manager: EntityManager, row: Record<string, unknown>): AdChange {
  const { columns } = manager.connection.getMetadata(AdChange);
  // The driver hands bigints over as text; the entity's own reading of them is a transformer.
  const valueOf = (name: string, type: unknown) =>
    type === 'bigint' && row[name] !== null ? Number(row[name]) : row[name];
  return Object.fromEntries(
    columns.map((column) => [column.propertyName, valueOf(column.databaseName, column.type)]),
  ) as unknown as AdChange;
}

/** Whether a pass would find anything; answered from partial indexes that hold live rows only. */
export async function isAnythingDue(manager: EntityManager): Promise<boolean> {
  const rows: { is_due: boolean }[] = await manager.query(
    `select exists (select from pending_ad_changes
                     where status = 'pending' and (not_before is null or not_before <= now())
                       and not (select is_paused from execution_switch))
         or exists (select from pending_ad_changes
                     where status in ('claimed', 'executing') and lease_until < now())
         or exists (select from pending_ad_changes
                     where status = 'unknown' and (not_before is null or not_before <= now()))
            as is_due`,
  );
  return rows[0]?.is_due ?? false;
}
