// Events at rest. Whether an event is new is decided by one unique key over the digests of all ids
// the account ever sent; the rows themselves may be removed when they are old.
import type { EntityManager } from 'typeorm';
import { fixConversionSource, type ConversionSource } from '../../accounts/index.js';
import { bigintArray, instantArray, textArray, uuidArray } from '../../shared/index.js';
import { contentDigest, eventDigest, type AdEventRow, type AdEventValues } from './ad-events.js';

export const EVENTS_TABLE = 'ad_events';

export interface InsertedEvents {
  /** New rows in the order given, and their positions in the list given. */
  inserted: AdEventRow[];
  places: number[];
  /** Positions in the list given: known with the same content, or with another. */
  duplicates: number[];
  conflicts: number[];
  /** The account's source of conversions as far as it is known here; null = nobody fixed it. */
  conversionSource: ConversionSource | null;
}

interface InsertOptions {
  /** Default true; false when the caller learns the rows in the same transaction. */
  queued?: boolean;
  /** The account's source where it is known to be fixed already: saves asking. */
  conversionSource?: ConversionSource | null;
}

/**
 * Inserts events that are not known yet, inside the caller's transaction; the months must exist
 * (`ensureMonths(dataSource, EVENTS_TABLE, …)`, outside of it). A new conversion fixes the
 * account's source when nobody has. Rows wait in a queue for learning's next look (within a
 * second).
 */
export async function insertAdEvents(
  manager: EntityManager,
  accountId: string,
  events: AdEventValues[],
  { queued = true, conversionSource = null }: InsertOptions = {},
): Promise<InsertedEvents> {
  const first = new Map<string, Given>();
  const digests = events.map((event, place) => {
    const digest = eventDigest(event.eventId);
    const content = contentDigest(event);
    if (!first.has(digest)) {
      first.set(digest, { row: { ...event, eventDigest: digest }, content, place });
    }
    return { digest, content };
  });
  const given = [...first.values()];
  const known = await insertFresh(manager, accountId, given);
  const fresh = given.filter(({ row }) => !known.has(row.eventDigest));
  const inserted = fresh.map(({ row }) => row);
  if (queued) await enqueue(manager, accountId, inserted);
  const contents = await contentsOf(manager, accountId, [...known]);
  for (const { row, content } of fresh) contents.set(row.eventDigest, content);
  const places = fresh.map(({ place }) => place);
  const result: InsertedEvents = {
    ...{ inserted, places, duplicates: [], conflicts: [] },
    conversionSource: null,
  };
  const isNew = new Set(places);
  digests.forEach(({ digest, content }, place) => {
    if (contents.get(digest) !== content) result.conflicts.push(place);
    else if (!isNew.has(place)) result.duplicates.push(place);
  });
  if (conversionSource === null && inserted.some(({ type }) => type === 'conversion')) {
    result.conversionSource = await fixConversionSource(manager, accountId, 'first_party');
  }
  return result;
}

interface Given {
  row: AdEventRow;
  content: string;
  place: number;
}

/** The digests that were known already; all others are in both tables now. */
async function insertFresh(
  manager: EntityManager,
  accountId: string,
  given: Given[],
): Promise<Set<string>> {
  if (given.length === 0) return new Set();
  const text = (of: (row: AdEventRow) => string | null) =>
    textArray(given.map(({ row }) => of(row)));
  const rows: { digest: string }[] = await manager.query(
    `with given as (
       select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                            $7::bigint[], $8::bigint[], $9::text[], $10::timestamptz[],
                            $11::text[], $12::timestamptz[], $13::jsonb[])
         as g (event_digest, content_digest, event_id, ad_id, type, count, value_minor, stage,
               occurred_at, click_id, clicked_at, features)
     ), fresh as (
       insert into ad_event_digests (account_id, event_digest, content_digest, occurred_at)
       select $1, event_digest, content_digest, occurred_at from given order by event_digest
       on conflict do nothing
       returning event_digest
     ), kept as (
       insert into ad_events (account_id, event_digest, event_id, ad_id, type, count, value_minor,
                              stage, occurred_at, click_id, clicked_at, features)
       select $1, event_digest, event_id, ad_id, type, count, value_minor, stage, occurred_at,
              click_id, clicked_at, features
         from given join fresh using (event_digest)
     )
     select replace(event_digest::text, '-', '') as digest
       from given g
      where not exists (select from fresh f where f.event_digest = g.event_digest)`,
    [
      accountId,
      uuidArray(given.map(({ row }) => row.eventDigest)),
      uuidArray(given.map(({ content }) => content)),
      text(({ eventId }) => eventId),
      text(({ adId }) => adId),
      text(({ type }) => type),
      bigintArray(given.map(({ row }) => row.count)),
      bigintArray(given.map(({ row }) => row.valueMinor)),
      text(({ stage }) => stage),
      instantArray(given.map(({ row }) => row.occurredAt.getTime())),
      text(({ clickId }) => clickId),
      instantArray(given.map(({ row }) => row.clickedAt?.getTime() ?? null)),
      text(({ features }) => (features === null ? null : JSON.stringify(features))),
    ],
  );
  return new Set(rows.map(({ digest }) => digest));
}

async function contentsOf(
  manager: EntityManager,
  accountId: string,
  digests: string[],
): Promise<Map<string, string>> {
  if (digests.length === 0) return new Map();
  const rows: { event: string; content: string }[] = await manager.query(
    `select replace(event_digest::text, '-', '') as event,
            replace(content_digest::text, '-', '') as content
       from ad_event_digests where account_id = $1 and event_digest = any ($2::uuid[])`,
    [accountId, digests],
  );
  return new Map(rows.map(({ event, content }) => [event, content]));
}

async function enqueue(manager: EntityManager, accountId: string, rows: AdEventRow[]) {
  if (rows.length === 0) return;
  await manager.query(
    `insert into ad_event_queue (account_id, ad_id, occurred_at, event_digest)
     select $1, q.* from unnest($2::text[], $3::timestamptz[], $4::uuid[]) q`,
    [
      accountId,
      rows.map(({ adId }) => adId),
      rows.map(({ occurredAt }) => occurredAt),
      rows.map(({ eventDigest: digest }) => digest),
    ],
  );
}
