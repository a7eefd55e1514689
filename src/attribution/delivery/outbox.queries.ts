// The outbox: claims by state (never by "id above the last one seen", ids commit out of order),
// each claim under a lease of its own, every later write naming the claim. Only the database's
// clock counts.
import type { EntityManager } from 'typeorm';

/** A send may take 10 s; after a kill -9 the claim has to be free again within 30. */
const LEASE_SECONDS = 25;
/** Meta recognises a repetition for this long. */
export const DEDUP_HOURS = 48;

export interface PixelKey {
  accountId: string;
  pixelId: string;
}

export interface DuePixel extends PixelKey {
  /** Paused until other credentials than these are there (zeros = any); null = not paused. */
  refusedWith: Buffer | null;
}

export interface ClaimedEvent {
  id: string;
  payload: Record<string, unknown>;
  testEventCode: string | null;
}

export interface Claim extends PixelKey {
  claim: string;
  claimedAt: Date;
  events: ClaimedEvent[];
}

const LIVE = `status in ('queued', 'retrying') and claim is null`;

/**
 * The pixels with something due that are not paused, or paused until their credentials change and
 * of one of the accounts `changed` (null = all). Leaps from pixel to pixel in the index.
 */
export async function duePixels(
  manager: EntityManager,
  changed: string[] | null,
): Promise<DuePixel[]> {
  const rows: {
    account_id: string;
    pixel_id: string;
    refused_with: Buffer | null;
  }[] = await manager.query(
    `with recursive pixel as (
       (select account_id, pixel_id from conversions where ${LIVE}
         order by account_id, pixel_id limit 1)
       union all
       select n.account_id, n.pixel_id
         from pixel p
        cross join lateral (
          select account_id, pixel_id from conversions
           where ${LIVE} and (account_id, pixel_id) > (p.account_id, p.pixel_id)
           order by account_id, pixel_id limit 1) n)
     select p.account_id, p.pixel_id,
            case when x.paused_until > now() then x.credentials_digest end as refused_with
       from pixel p left join capi_pixels x using (account_id, pixel_id)
      where (x.paused_until is null or x.paused_until <= now()
             or x.credentials_digest is not null
                and ($1::text[] is null or x.account_id = any ($1::text[])))
        and exists (select from conversions c
                     where c.account_id = p.account_id and c.pixel_id = p.pixel_id
                       and c.due_at <= now() and c.${LIVE.replace('and claim', 'and c.claim')})
      order by p.account_id, p.pixel_id`,
    [changed],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    pixelId: row.pixel_id,
    refusedWith: row.refused_with,
  }));
}

/**
 * Up to `limit` due events of one pixel; null when there is none. In random order: a search that
 * was misled by where the bad ones stood is not misled again.
 */
export async function claimEvents(
  manager: EntityManager,
  pixel: PixelKey,
  claim: string,
  limit: number,
): Promise<Claim | null> {
  const rows: {
    id: string;
    payload: Record<string, unknown>;
    test_event_code: string | null;
    claimed_at: Date;
  }[] = await manager.query(
    `with picked as (
       select received_at, id from conversions
        where account_id = $1 and pixel_id = $2 and due_at <= now() and expires_at > now()
          and ${LIVE}
        order by due_at, id limit $4
          for update skip locked),
     held as (
       insert into capi_claims (account_id, pixel_id, claim, claimed_at, lease_until)
       select $1, $2, $3, now(), clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
        where exists (select from picked)),
     claimed as (
       update conversions c
          set claim = $3, first_sent_at = coalesce(first_sent_at, now()),
              doubtful_since = coalesce(doubtful_since, now())
         from picked p
        where c.account_id = $1 and c.received_at = p.received_at and c.id = p.id
       returning c.id, c.payload, c.test_event_code)
     select id, payload, test_event_code, now() as claimed_at from claimed order by random()`,
    [pixel.accountId, pixel.pixelId, claim, limit],
  );
  const [first] = rows;
  if (!first) return null;
  const events = rows.map((row) => ({
    id: row.id,
    payload: row.payload,
    testEventCode: row.test_event_code,
  }));
  return { ...pixel, claim, claimedAt: first.claimed_at, events };
}

/** Before every send; false = the lease lapsed and the events may be another's by now. */
export async function renewClaim(manager: EntityManager, claim: Claim): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `with renewed as (
       update capi_claims
          set lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
        where account_id = $1 and claim = $2 and lease_until > clock_timestamp()
       returning 1)
     select * from renewed`,
    [claim.accountId, claim.claim],
  );
  return rows.length > 0;
}

/** Ends the claim; what it still holds goes back unharmed. */
export async function releaseClaim(manager: EntityManager, claim: Claim): Promise<void> {
  await manager.query(
    `with ended as (delete from capi_claims where account_id = $1 and claim = $2)
     update conversions
        set claim = null,
            doubtful_since = case when doubtful_since >= $3 then null else doubtful_since end
      where account_id = $1 and claim = $2`,
    [claim.accountId, claim.claim, claim.claimedAt],
  );
}

/** Claims of processes that died. Whether their last send arrived is not known: doubt stays. */
export async function sweepClaims(manager: EntityManager): Promise<number> {
  const rows: { swept: number }[] = await manager.query(
    `with ended as (
       delete from capi_claims
        where (account_id, claim) in (
          select account_id, claim from capi_claims
           where lease_until < clock_timestamp() for update skip locked)
       returning account_id, claim),
     freed as (
       update conversions c set claim = null, status = 'retrying'
         from ended e where c.account_id = e.account_id and c.claim = e.claim
       returning 1)
     select count(*)::int as swept from freed`,
  );
  return rows[0]?.swept ?? 0;
}

/** Too old for Meta, or in doubt for longer than Meta recognises repetitions. */
export async function retireEvents(
  manager: EntityManager,
): Promise<{ expired: number; doubtful: number }> {
  const rows: { expired: number; doubtful: number }[] = await manager.query(
    `with expired as (
       update conversions
          set status = 'expired',
              last_error = coalesce(last_error, 'became too old for Meta while it was queued')
        where expires_at <= now() and ${LIVE}
       returning 1),
     doubtful as (
       update conversions
          set status = 'dead', error_code = 'dedup_window',
              last_error = 'the outcome of a send is not known, and after 48 h Meta might count '
                        || 'it twice; replay it with override_dedup_window'
        where status = 'retrying' and claim is null and expires_at > now()
          and doubtful_since <= now() - interval '${DEDUP_HOURS} hours'
       returning 1)
     select (select count(*) from expired)::int as expired,
            (select count(*) from doubtful)::int as doubtful`,
  );
  return rows[0] ?? { expired: 0, doubtful: 0 };
}
