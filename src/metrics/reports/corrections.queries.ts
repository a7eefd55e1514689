// Corrections at rest: rows of ad_events whose id begins with the digest of the event they correct.
import type { EntityManager } from 'typeorm';
import { eventDigest } from '../events/ad-events.js';
import { insertAdEvents } from '../events/ad-events.queries.js';
import { correctionEvents, type Correction, type StandingEvent } from './corrections.js';

/**
 * Inserts corrections for learning's next look, inside the caller's transaction; the events must be
 * there before. The caller sees to it that the news of one event are told one after the other.
 */
export async function insertCorrections(
  manager: EntityManager,
  accountId: string,
  corrections: Correction[],
): Promise<void> {
  if (corrections.length === 0) return;
  const digests = [...new Set(corrections.map(({ eventId }) => eventDigest(eventId)))];
  const standing = await standingEvents(manager, accountId, digests);
  const events = correctionEvents(corrections, standing);
  if (events.length > 0) await insertAdEvents(manager, accountId, events);
}

async function standingEvents(
  manager: EntityManager,
  accountId: string,
  digests: string[],
): Promise<StandingEvent[]> {
  return manager.query(
    `select replace(e.event_digest::text, '-', '') as digest, e.ad_id as "adId",
            e.occurred_at as "occurredAt", e.click_id as "clickId", e.clicked_at as "clickedAt",
            (e.count + coalesce(c.count, 0))::float8 as count,
            (e.value_minor + coalesce(c.value_minor, 0))::float8 as "valueMinor",
            split_part(c.event_id, '~', 2) as teller
       from unnest($2::uuid[]) g (event_digest)
       join ad_event_digests d on d.account_id = $1 and d.event_digest = g.event_digest
       join ad_events e on e.account_id = $1 and e.occurred_at = d.occurred_at
                       and e.event_digest = d.event_digest and e.type = 'conversion'
      cross join lateral (
        select sum(x.count) as count, sum(x.value_minor) as value_minor,
               min(x.event_id) as event_id
          from ad_events x
         where x.account_id = $1 and x.occurred_at = e.occurred_at and x.type = 'conversion'
           and x.count <= 0
           and starts_with(x.event_id, replace(e.event_digest::text, '-', '') || '~')) c`,
    [accountId, digests],
  );
}
