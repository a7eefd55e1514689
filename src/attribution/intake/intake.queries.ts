// Taking conversions in: identities, orders and rows in one statement, and one of them looked up.
import type { EntityManager } from 'typeorm';
import type { FieldVerdict } from '../identity/user-data.js';
import type { Attribution } from '../matching/match.js';
import type { ReadEvent } from './event-types.js';
import type { EventKeys } from './event-keys.js';

/** An event on its way into the table. */
export interface NewRow {
  id: string;
  pixelId: string;
  keys: EventKeys;
  event: ReadEvent;
  touchKeys: string[];
  testEventCode: string | null;
  /** Why it is never sent, or null. */
  suppressed: string | null;
  attribution: Attribution | null;
}

/**
 * Keeps what is new among the rows, and answers with the ids of those: of every identity and of
 * every order the first counts, in the order of the rows. An event whose identity is known claims
 * no order. The rest and what was turned away before (by outcome) is counted by the hour. One
 * statement, whose claims are made in the order of their digests: two of them never deadlock.
 */
export async function storeConversions(
  manager: EntityManager,
  accountId: string,
  receivedAt: Date,
  rows: NewRow[],
  turnedAway: ReadonlyMap<string, number>,
): Promise<Set<string>> {
  const stored: { id: string }[] = await manager.query(
    `with given as (
       select * from unnest($4::bytea[], $5::bytea[]) with ordinality g (identity, purchase, place)),
     identities as (
       insert into conversion_keys (account_id, digest)
       select distinct $1, identity from given order by 2
       on conflict do nothing
       returning digest),
     unseen as (
       select distinct on (identity) place, purchase
         from given join identities on digest = identity order by identity, place),
     buyers as (
       select distinct on (purchase) place, purchase
         from unseen where purchase is not null order by purchase, place),
     purchases as (
       insert into conversion_keys (account_id, digest)
       select $1, purchase from buyers order by 2
       on conflict do nothing
       returning digest),
     fresh as (
       select place from unseen where purchase is null
        union all
       select place from buyers join purchases on digest = purchase),
     turned_away (outcome, count) as (
       select 'duplicate', (select count(*) from given) - (select count(*) from fresh)
        union all
       select * from unnest($6::text[], $7::bigint[])),
     counted as (
       insert into conversion_tallies as t (account_id, hour, outcome, count)
       select $1, date_trunc('hour', $2::timestamptz), outcome, count
         from turned_away where count > 0 order by 3
       on conflict (account_id, hour, outcome) do update set count = t.count + excluded.count)
     insert into conversions (account_id, received_at, due_at, ${COLUMNS})
     select $1, $2, now(), ${COLUMNS}
       from jsonb_to_recordset($3::jsonb) as d (place bigint, id uuid, pixel_id text,
            event_name text, event_id text, event_time timestamptz, expires_at timestamptz,
            kind text, payload jsonb, fields jsonb, match_keys text[], touch_keys text[],
            utm_ids text[], ad_id text, test_event_code text, order_id text, lead_id text,
            stage text, value_minor bigint, status text, last_error text, attributed_ad_id text,
            attributed_method text, attributed_confidence double precision,
            clicked_at timestamptz)
       join fresh using (place)
     returning id`,
    [
      accountId,
      receivedAt,
      recordsOf(rows),
      rows.map(({ keys }) => keys.identity),
      rows.map(({ keys }) => keys.order),
      [...turnedAway.keys()],
      [...turnedAway.values()],
    ],
  );
  return new Set(stored.map(({ id }) => id));
}

const COLUMNS = `id, pixel_id, event_name, event_id, event_time, expires_at, kind, payload, fields,
            match_keys, touch_keys, utm_ids, ad_id, test_event_code, order_id, lead_id, stage,
            value_minor, status, last_error, attributed_ad_id, attributed_method,
            attributed_confidence, clicked_at`;

/**
 * The rows as one jsonb value in PostgreSQL's binary form (a version, then the text). Piece by
 * piece, because one long text would be written three times over: joined, measured and encoded.
 */
function recordsOf(rows: NewRow[]): Buffer {
  const pieces = rows.flatMap((row, index) => [
    index === 0 ? JSONB_BEGINS : COMMA,
    // Without its closing brace.
    encoded(JSON.stringify(toRecord(row, index))).subarray(0, -1),
    PAYLOAD_BEGINS,
    encoded(row.event.payload),
    BRACE,
  ]);
  return Buffer.concat(rows.length === 0 ? [JSONB_BEGINS, LIST_ENDS] : [...pieces, LIST_ENDS]);
}

const JSONB_BEGINS = Buffer.from('\u0001[');
const PAYLOAD_BEGINS = Buffer.from(',"payload":');
const COMMA = Buffer.from(',');
const BRACE = Buffer.from('}');
const LIST_ENDS = Buffer.from(']');

/** UTF-8; most texts are plain ASCII, and copying those is many times as fast. */
function encoded(text: string): Buffer {
  return Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8');
}

/** The payload is JSON already and comes behind. */
function toRecord(row: NewRow, index: number) {
  const { event, attribution } = row;
  return {
    place: index + 1,
    id: row.id,
    pixel_id: row.pixelId,
    event_name: event.eventName,
    event_id: event.eventId,
    event_time: event.eventTime,
    expires_at: event.expiresAt,
    kind: event.kind,
    fields: event.fields,
    match_keys: event.matchKeys,
    touch_keys: row.touchKeys,
    utm_ids: event.utmIds,
    ad_id: event.adId,
    test_event_code: row.testEventCode,
    order_id: event.orderId,
    lead_id: event.leadId,
    stage: event.stage,
    value_minor: event.valueMinor,
    status: row.suppressed === null ? 'queued' : 'suppressed',
    last_error: row.suppressed,
    attributed_ad_id: attribution?.adId ?? null,
    attributed_method: attribution?.method ?? null,
    attributed_confidence: attribution?.confidence ?? null,
    clicked_at: attribution?.clickedAt ?? null,
  };
}

export interface StoredConversion {
  event_id: string;
  event_name: string;
  event_time: Date;
  received_at: Date;
  pixel_id: string;
  kind: string;
  status: string;
  attempts: number;
  last_error: string | null;
  delivered_at: Date | null;
  fbtrace_id: string | null;
  match_keys: string[];
  fields: FieldVerdict[];
  test_event_code: string | null;
  attributed_ad_id: string | null;
  attributed_method: string | null;
  attributed_confidence: number | null;
  /** Why its pixel is paused, while it is. */
  waits_for: string | null;
}

/** The newest event under these ids (and name, where one is given). */
export async function findConversion(
  manager: EntityManager,
  accountId: string,
  eventIds: string[],
  eventName: string | null,
): Promise<StoredConversion | null> {
  const rows: StoredConversion[] = await manager.query(
    `select event_id, event_name, event_time, received_at, pixel_id, kind, status, attempts,
            last_error, delivered_at, fbtrace_id, match_keys, fields, test_event_code,
            attributed_ad_id, attributed_method, attributed_confidence,
            case when status in ('queued', 'retrying') then
              (select reason from capi_pixels x
                where x.account_id = c.account_id and x.pixel_id = c.pixel_id
                  and x.paused_until > now()) end as waits_for
       from conversions c
      where account_id = $1 and event_id = any ($2) and ($3::text is null or event_name = $3)
      order by received_at desc, id limit 1`,
    [accountId, eventIds, eventName],
  );
  return rows[0] ?? null;
}
