// What came of a send, on the events and on their pixel. Every statement names the claim, so a
// process that was frozen past its lease changes nothing.
import type { EntityManager } from 'typeorm';
import type { Claim, PixelKey } from './outbox.queries.js';

/** Returns how many were still ours: fewer than given is worth a warning. */
export async function markDelivered(
  manager: EntityManager,
  claim: Claim,
  ids: string[],
  fbtraceId: string | null,
): Promise<number> {
  return countOf(
    manager,
    `update conversions
        set status = 'delivered', delivered_at = now(), claim = null, attempts = attempts + 1,
            last_error = null, error_code = null, doubtful_since = null, fbtrace_id = $4
      where account_id = $1 and claim = $2 and id = any ($3::uuid[])
     returning 1`,
    [claim.accountId, claim.claim, ids, fbtraceId],
  );
}

export interface SendError {
  message: string;
  code: string | null;
  fbtraceId: string | null;
}

export async function markDead(
  manager: EntityManager,
  claim: Claim,
  id: string,
  error: SendError,
): Promise<void> {
  await manager.query(
    `update conversions
        set status = 'dead', claim = null, attempts = attempts + 1, doubtful_since = null,
            last_error = $4, error_code = $5, fbtrace_id = $6
      where account_id = $1 and claim = $2 and id = $3`,
    [claim.accountId, claim.claim, id, error.message, error.code, error.fbtraceId],
  );
}

/**
 * Back into the queue. `isAttempt` = it was sent and may count; `isDoubtful` = it may have arrived.
 */
export async function markRetrying(
  manager: EntityManager,
  claim: Claim,
  waitMillis: number,
  error: SendError,
  flags: { isAttempt: boolean; isDoubtful: boolean },
): Promise<number> {
  return countOf(
    manager,
    `update conversions
        set status = case when $7 then 'retrying' else status end, claim = null,
            attempts = attempts + $7::boolean::int, failures = failures + $7::boolean::int,
            due_at = now() + $3::float8 * interval '1 millisecond',
            last_error = $4, error_code = $5, fbtrace_id = coalesce($6, fbtrace_id),
            doubtful_since = case when not $8 and doubtful_since >= $9 then null
                                  else doubtful_since end
      where account_id = $1 and claim = $2
     returning 1`,
    [
      claim.accountId,
      claim.claim,
      waitMillis,
      error.message,
      error.code,
      error.fbtraceId,
      flags.isAttempt,
      flags.isDoubtful,
      claim.claimedAt,
    ],
  );
}

export async function pixelFailures(manager: EntityManager, pixel: PixelKey): Promise<number> {
  const rows: { failures: number }[] = await manager.query(
    'select failures from capi_pixels where account_id = $1 and pixel_id = $2',
    [pixel.accountId, pixel.pixelId],
  );
  return rows[0]?.failures ?? 0;
}

/**
 * In the database, so that every process sees it. With a digest, other credentials end the pause.
 */
export async function pausePixel(
  manager: EntityManager,
  pixel: PixelKey,
  pause: { waitMillis: number; reason: string; credentials: Buffer | null },
): Promise<void> {
  await manager.query(
    `insert into capi_pixels as x
            (account_id, pixel_id, paused_until, reason, credentials_digest, failures)
     values ($1, $2, now() + $3::float8 * interval '1 millisecond', $4, $5, 1)
     on conflict (account_id, pixel_id) do update
        set paused_until = greatest(x.paused_until, excluded.paused_until),
            reason = excluded.reason, failures = x.failures + 1,
            credentials_digest = case when x.paused_until > excluded.paused_until
                                      then x.credentials_digest
                                      else excluded.credentials_digest end`,
    [pixel.accountId, pixel.pixelId, pause.waitMillis, pause.reason, pause.credentials],
  );
}

/** Unless another batch has met with another refusal meanwhile. */
export async function wakePixel(
  manager: EntityManager,
  pixel: PixelKey,
  refused: Buffer,
): Promise<void> {
  await manager.query(
    `delete from capi_pixels
      where account_id = $1 and pixel_id = $2 and credentials_digest = $3`,
    [pixel.accountId, pixel.pixelId, refused],
  );
}

/** A pause that another batch met with meanwhile stands: this one was sent before it. */
export async function pixelWorks(manager: EntityManager, pixel: PixelKey): Promise<void> {
  await manager.query(
    `delete from capi_pixels
      where account_id = $1 and pixel_id = $2 and (paused_until is null or paused_until <= now())`,
    [pixel.accountId, pixel.pixelId],
  );
}

async function countOf(manager: EntityManager, sql: string, values: unknown[]): Promise<number> {
  const rows: { count: number }[] = await manager.query(
    `with changed as (${sql}) select count(*)::int as count from changed`,
    values,
  );
  return rows[0]?.count ?? 0;
}
