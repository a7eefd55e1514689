// Events found again: what learning has yet to read, one event by its id, clicks by theirs, counts.
import type { EntityManager } from 'typeorm';
import { eventDigest, type AdEventRow, type AdEventType, type EventFeatures } from './ad-events.js';

/** Accounts (or the one) with events that learning has not read, and the months these lie in. */
export async function queuedEvents(
  manager: EntityManager,
  accountId: string | null = null,
): Promise<{ accountId: string; occurredAt: Date[] }[]> {
  return manager.query(
    `select account_id as "accountId",
            array_agg(distinct date_trunc('month', occurred_at, 'UTC')) as "occurredAt"
       from ad_event_queue where $1::text is null or account_id = $1
      group by account_id order by account_id`,
    [accountId],
  );
}

/** Takes queued events out, oldest first; the caller learns them in the same transaction. */
export async function takeQueuedEvents(
  manager: EntityManager,
  accountId: string,
  limit: number,
): Promise<AdEventRow[]> {
  const rows: StoredEvent[] = await manager.query(
    `with taken as (
       delete from ad_event_queue
        where account_id = $1
          and position in (select position from ad_event_queue where account_id = $1
                            order by position limit $2)
       returning account_id, position, ad_id, occurred_at, event_digest
     )
     select ${COLUMNS}
       from taken t join ad_events e using (account_id, ad_id, occurred_at, event_digest)
      order by t.position`,
    [accountId, limit],
  );
  return rows.map(toRow);
}

/** The event under an id; null when it was never sent or its row is gone. */
export async function findAdEvent(
  manager: EntityManager,
  accountId: string,
  eventId: string,
): Promise<AdEventRow | null> {
  const rows: StoredEvent[] = await manager.query(
    `select ${COLUMNS}
       from ad_event_digests d
       join ad_events e on e.account_id = d.account_id and e.occurred_at = d.occurred_at
                       and e.event_digest = d.event_digest
      where d.account_id = $1 and d.event_digest = $2`,
    [accountId, eventDigest(eventId)],
  );
  return rows[0] ? toRow(rows[0]) : null;
}

/** Every click event under the ids; ids are the caller's and may repeat. */
export async function findClickEvents(
  manager: EntityManager,
  accountId: string,
  clickIds: string[],
): Promise<{ clickId: string; occurredAt: Date; eventDigest: string }[]> {
  if (clickIds.length === 0) return [];
  return manager.query(
    `select click_id as "clickId", occurred_at as "occurredAt",
            replace(event_digest::text, '-', '') as "eventDigest"
       from ad_events
      where account_id = $1 and type = 'click' and click_id = any ($2::text[])
      order by occurred_at, event_digest`,
    [accountId, clickIds],
  );
}

/**
 * Impressions and clicks told by events after `from` and up to `until`, per span; a span without
 * any may be left out. Spans that begin together are read together.
 */
export async function countEvents(
  manager: EntityManager,
  accountId: string,
  spans: { adId: string; from: Date; until: Date }[],
): Promise<{ adId: string; impressions: number; clicks: number }[]> {
  if (spans.length === 0) return [];
  return manager.query(
    `with spans as materialized (
       select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[])
         as s (ad_id, since, until)
     )
     select s.ad_id as "adId",
            coalesce(sum(e.count) filter (where e.type = 'impression'), 0)::float8 as impressions,
            coalesce(sum(e.count) filter (where e.type = 'click'), 0)::float8 as clicks
       from (select since, max(until) as until from spans group by since) t
       join ad_events e on e.account_id = $1
                       and e.occurred_at > t.since and e.occurred_at <= t.until
       join spans s on s.ad_id = e.ad_id and s.since = t.since and e.occurred_at <= s.until
      group by s.ad_id`,
    [
      accountId,
      spans.map(({ adId }) => adId),
      spans.map(({ from }) => from),
      spans.map(({ until }) => until),
    ],
  );
}

/**
 * Sales of each ad told by events, from `from` on and before `until`, net of what was taken back.
 */
export async function countSales(
  manager: EntityManager,
  accountId: string,
  from: Date,
  until: Date,
): Promise<Map<string, number>> {
  const rows: { ad_id: string; sales: number }[] = await manager.query(
    `select ad_id, sum(count)::float8 as sales from ad_events
      where account_id = $1 and occurred_at >= $2 and occurred_at < $3 and type = 'conversion'
      group by ad_id`,
    [accountId, from, until],
  );
  return new Map(rows.map(({ ad_id, sales }) => [ad_id, sales]));
}

const COLUMNS = `e.event_id, e.ad_id, e.type, e.count::float8, e.value_minor::float8, e.stage,
  e.occurred_at, e.click_id, e.clicked_at, e.features,
  replace(e.event_digest::text, '-', '') as event_digest`;

interface StoredEvent {
  event_id: string;
  ad_id: string;
  type: AdEventType;
  count: number;
  value_minor: number | null;
  stage: string | null;
  occurred_at: Date;
  click_id: string | null;
  clicked_at: Date | null;
  features: EventFeatures | null;
  event_digest: string;
}

function toRow(row: StoredEvent): AdEventRow {
  return {
    eventId: row.event_id,
    adId: row.ad_id,
    type: row.type,
    count: row.count,
    valueMinor: row.value_minor,
    stage: row.stage,
    occurredAt: row.occurred_at,
    clickId: row.click_id,
    clickedAt: row.clicked_at,
    features: row.features,
    eventDigest: row.event_digest,
  };
}
