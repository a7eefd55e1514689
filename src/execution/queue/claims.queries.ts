// The moves of the queue, one statement each. Every update names the state it leaves, the fence and
// the holder: whoever lost its claim changes nothing and learns it from the count. now() is the
// database's clock, the only one for leases and waits.
import type { EntityManager } from 'typeorm';
import { AdChange } from '../objects/change.entity.js';
import type { AttemptOutcome, ChangeState } from '../objects/change-states.js';
import type { ObjectImage } from '../objects/object-image.js';

/** Long enough for a slow platform's answer, short enough that a dead process blocks nobody. */
export const LEASE_SECONDS = 25;

/** Claims an account's due changes, oldest first; [] while a kill switch holds it back. */
export async function claimChanges(
  manager: EntityManager,
  worker: string,
  limit: number,
  accountId: string,
): Promise<AdChange[]> {
  const rows: Record<string, unknown>[] = await manager.query(
    'select * from claim_pending_ad_changes_batch($1, $2, $3) order by created_at, id',
    [worker, limit, accountId],
  );
  return rows.map((row) => changeOfRow(manager, row));
}

/** Keeps everything that the workers hold; the mark before a write checks that they still do. */
export async function renewLeases(manager: EntityManager, workers: string[]): Promise<void> {
  await manager.query(
    `update pending_ad_changes set lease_until = now() + make_interval(secs => $2)
      where (stage = 'queued' and status = 'claimed' or stage = 'sent' and status = 'executing')
        and lease_until > now() and claimed_by = any($1)`,
    [workers, LEASE_SECONDS],
  );
}

export interface Release {
  to: ChangeState;
  /** null = at once. */
  waitMillis?: number | null;
  /** For a change that waits for a person. */
  approvalExpiresAt?: Date | null;
  notBeforeEffective?: Date | null;
  blockedBy?: string | null;
  detail?: string | null;
  before?: { image: ObjectImage; at: Date } | null;
  /** For a change whose object is already as requested. */
  after?: { image: ObjectImage; at: Date } | null;
  warnings?: readonly { code: string; detail: string }[];
}

export interface Released {
  change: AdChange;
  release: Release;
}

/**
 * Claimed changes leave without a write. Answers the ids that did; the others are another's by now.
 */
export async function releaseClaims(
  manager: EntityManager,
  released: readonly Released[],
): Promise<Set<string>> {
  if (released.length === 0) return new Set();
  const column = <T>(read: (release: Release) => T) => released.map(({ release }) => read(release));
  const rows: { id: string }[] = await manager.query(
    `with moved as (
       update pending_ad_changes c
          set status = d.status, claimed_by = null, lease_until = null, updated_at = now(),
              not_before = now() + d.wait * interval '1 millisecond',
              not_before_effective = d.effective, blocked_by = d.blocked_by, detail = d.detail,
              before_image = coalesce(d.before::jsonb, c.before_image),
              before_at = coalesce(d.before_at, c.before_at), after_image = d.after::jsonb,
              effective_at = coalesce(d.after_at, c.effective_at),
              warnings = coalesce(d.warnings::jsonb, c.warnings),
              approval_expires_at = d.expires_at,
              finished_at = case when d.is_end then now() end
         from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::float8[],
                     $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
                     $12::text[], $13::timestamptz[], $14::text[], $15::boolean[],
                     $16::timestamptz[])
              d (account_id, id, fence, holder, status, wait, effective, blocked_by, detail, before,
                 before_at, after, after_at, warnings, is_end, expires_at)
        where c.account_id = d.account_id and c.id = d.id and c.fence = d.fence
          and c.claimed_by = d.holder and c.status = 'claimed'
       returning c.id)
     select id from moved`,
    [
      ...identities(released.map(({ change }) => change)),
      column(({ to }) => to),
      column(({ waitMillis }) => waitMillis ?? null),
      column(({ notBeforeEffective }) => notBeforeEffective ?? null),
      column(({ blockedBy }) => blockedBy ?? null),
      column(({ detail }) => detail ?? null),
      column(({ before }) => (before ? JSON.stringify(before.image) : null)),
      column(({ before }) => before?.at ?? null),
      column(({ after }) => (after ? JSON.stringify(after.image) : null)),
      column(({ after }) => after?.at ?? null),
      column(({ warnings }) => (warnings?.length ? JSON.stringify(warnings) : null)),
      column(({ to }) => !['pending', 'awaiting_approval'].includes(to)),
      column(({ approvalExpiresAt }) => approvalExpiresAt ?? null),
    ],
  );
  return new Set(rows.map((row) => row.id));
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
  warnings?: readonly { code: string; detail: string }[];
}

export interface Settled {
  change: AdChange;
  settling: Settling;
}

/** What came of writes, on changes and attempts. Answers the ids whose fence had not moved on. */
export async function settleChanges(
  manager: EntityManager,
  settled: readonly Settled[],
): Promise<Set<string>> {
  if (settled.length === 0) return new Set();
  const column = <T>(read: (one: Settling) => T) => settled.map(({ settling }) => read(settling));
  const rows: { id: string }[] = await manager.query(
    `with given as (
       select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[],
                            $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[],
                            $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[],
                            $16::text[])
         d (account_id, id, fence, holder, origin, status, wait, blocked_by, detail, after, outcome,
            error, fbtrace_id, duration_ms, retry, warnings)),
     moved as (
       update pending_ad_changes c
          set status = d.status, claimed_by = null, lease_until = null, updated_at = now(),
              not_before = now() + d.wait * interval '1 millisecond',
              blocked_by = d.blocked_by, detail = d.detail, after_image = d.after::jsonb,
              retries = c.retries + d.retry, warnings = coalesce(d.warnings::jsonb, c.warnings),
              finished_at = case when d.status in ('pending', 'unknown') then null else now() end
         from given d
        where c.account_id = d.account_id and c.id = d.id and c.fence = d.fence
          and c.claimed_by is not distinct from d.holder and c.status = d.origin
       returning c.account_id, c.id, c.attempts),
     noted as (
       update ad_change_history h
          set outcome = d.outcome, error = d.error, after_image = d.after::jsonb,
              fbtrace_id = coalesce(d.fbtrace_id, h.fbtrace_id),
              duration_ms = coalesce(d.duration_ms, h.duration_ms)
         from moved join given d on d.account_id = moved.account_id and d.id = moved.id
        where h.account_id = moved.account_id and h.change_id = moved.id
          and h.attempt = moved.attempts)
     select id from moved`,
    [
      settled.map(({ change }) => change.accountId),
      settled.map(({ change }) => change.id),
      settled.map(({ change }) => change.fence),
      settled.map(({ change, settling }) =>
        settling.from === 'executing' ? change.claimedBy : null,
      ),
      column(({ from }) => from),
      column(({ to }) => to),
      column(({ waitMillis }) => waitMillis ?? null),
      column(({ blockedBy }) => blockedBy ?? null),
      column(({ detail }) => detail ?? null),
      column(({ after }) => (after ? JSON.stringify(after) : null)),
      column(({ outcome }) => outcome),
      column(({ error }) => error ?? null),
      column(({ fbtraceId }) => fbtraceId ?? null),
      column(({ durationMs }) => durationMs ?? null),
      column(({ isRetry }) => (isRetry ? 1 : 0)),
      column(({ warnings }) => (warnings?.length ? JSON.stringify(warnings) : null)),
    ],
  );
  return new Set(rows.map((row) => row.id));
}

function identities(changes: AdChange[]): unknown[] {
  return [
    changes.map((change) => change.accountId),
    changes.map((change) => change.id),
    changes.map((change) => change.fence),
    changes.map((change) => change.claimedBy),
  ];
}

/** A row of a hand-written statement as the entity. */
export function changeOfRow(manager: EntityManager, row: Record<string, unknown>): AdChange {
  const change: Record<string, unknown> = {};
  for (const column of manager.connection.getMetadata(AdChange).columns) {
    const value = row[column.databaseName];
    // The driver hands bigints over as text; the entity's own reading of them is a transformer.
    const isNumber = column.type === 'bigint' && value !== null;
    change[column.propertyName] = isNumber ? Number(value) : value;
  }
  return change as unknown as AdChange;
}
