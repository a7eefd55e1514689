// Taking conversions in: identities first, then the rows, all in the caller's one transaction.
import type { DataSource, EntityManager } from 'typeorm';
import type { Attribution } from '../matching/match.js';
import type { ReadEvent } from './event-types.js';

/** An event on its way into the table. */
export interface NewRow {
  id: string;
  pixelId: string;
  event: ReadEvent;
  touchKeys: string[];
  utmIds: string[];
  testEventCode: string | null;
  /** Why it is never sent, or null. */
  suppressed: string | null;
  attribution: Attribution | null;
}

const knownMonths = new WeakMap<DataSource, Set<string>>();

/** Outside the transaction of the insert: making a partition locks the whole table. */
export async function ensureConversionMonth(database: DataSource, at: Date): Promise<void> {
  const known = knownMonths.get(database) ?? new Set<string>();
  knownMonths.set(database, known);
  const month = `${at.toISOString().slice(0, 7)}-01`;
  if (known.has(month)) return;
  await database.query(`select ensure_month_partition('conversions', $1::date)`, [month]);
  known.add(month);
}

/** Claims identities; the answer holds those that were new (base64). Sorted: no deadlocks. */
export async function claimKeys(
  manager: EntityManager,
  accountId: string,
  digests: Buffer[],
): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows: { digest: Buffer }[] = await manager.query(
    `insert into conversion_keys (account_id, digest)
     select $1, d from unnest($2::bytea[]) d order by d
     on conflict do nothing
     returning digest`,
    [accountId, digests],
  );
  return new Set(rows.map(({ digest }) => digest.toString('base64')));
}

export async function insertConversions(
  manager: EntityManager,
  accountId: string,
  receivedAt: Date,
  rows: NewRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `insert into conversions (account_id, received_at, due_at, id, pixel_id, event_name, event_id,
            event_time, expires_at, kind, payload, fields, match_keys, touch_keys, utm_ids, ad_id,
            test_event_code, order_id, lead_id, stage, value_minor, status, last_error,
            attributed_ad_id, attributed_method, attributed_confidence, clicked_at)
     select $1, $2, now(), d.*
       from jsonb_to_recordset($3::jsonb) as d (id uuid, pixel_id text, event_name text,
            event_id text, event_time timestamptz, expires_at timestamptz, kind text,
            payload jsonb, fields jsonb, match_keys text[], touch_keys text[], utm_ids text[],
            ad_id text, test_event_code text, order_id text, lead_id text, stage text,
            value_minor bigint, status text, last_error text, attributed_ad_id text,
            attributed_method text, attributed_confidence double precision,
            clicked_at timestamptz)`,
    [accountId, receivedAt, JSON.stringify(rows.map(toRecord))],
  );
}

function toRecord({ event, attribution, ...row }: NewRow) {
  return {
    id: row.id,
    pixel_id: row.pixelId,
    event_name: event.eventName,
    event_id: event.eventId,
    event_time: event.eventTime,
    expires_at: event.expiresAt,
    kind: event.kind,
    payload: { ...event.payload, event_id: event.eventId },
    fields: event.fields,
    match_keys: event.matchKeys,
    touch_keys: row.touchKeys,
    utm_ids: row.utmIds,
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

/** Counts what was turned away at the door (repeated or rejected), by the hour. */
export async function tally(
  manager: EntityManager,
  accountId: string,
  at: Date,
  outcomes: ReadonlyMap<string, number>,
): Promise<void> {
  const entries = [...outcomes].filter(([, count]) => count > 0).sort();
  if (entries.length === 0) return;
  await manager.query(
    `insert into conversion_tallies as t (account_id, hour, outcome, count)
     select $1, date_trunc('hour', $2::timestamptz), d.outcome, d.count
       from unnest($3::text[], $4::bigint[]) d (outcome, count)
     on conflict (account_id, hour, outcome) do update set count = t.count + excluded.count`,
    [accountId, at, entries.map(([outcome]) => outcome), entries.map(([, count]) => count)],
  );
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
  fields: unknown;
  test_event_code: string | null;
  attributed_ad_id: string | null;
  attributed_method: string | null;
  attributed_confidence: number | null;
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
            attributed_ad_id, attributed_method, attributed_confidence
       from conversions
      where account_id = $1 and event_id = any ($2) and ($3::text is null or event_name = $3)
      order by received_at desc, id limit 1`,
    [accountId, eventIds, eventName],
  );
  return rows[0] ?? null;
}
