// Clicks and the keys under which they are found again.
import type { EntityManager } from 'typeorm';
import type { Touch } from './match.js';

export interface ClickValues {
  clickId: string;
  adId: string;
  fbclid: string | null;
  landedAt: Date;
  landingUrl: string | null;
}

/** Inserts new clicks and the news of them; the answer holds the ids that were new. */
export async function insertClicks(
  manager: EntityManager,
  accountId: string,
  clicks: ClickValues[],
): Promise<Set<string>> {
  const rows: { click_id: string }[] = await manager.query(
    `with fresh as (
       insert into clicks (account_id, click_id, ad_id, fbclid, landed_at, landing_url)
       select $1, d.*
         from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[]) d
        order by 2
       on conflict do nothing
       returning click_id
     ), news as (
       insert into click_news (account_id, click_id) select $1, click_id from fresh
     )
     select click_id from fresh`,
    [
      accountId,
      clicks.map(({ clickId }) => clickId),
      clicks.map(({ adId }) => adId),
      clicks.map(({ fbclid }) => fbclid),
      clicks.map(({ landedAt }) => landedAt),
      clicks.map(({ landingUrl }) => landingUrl),
    ],
  );
  return new Set(rows.map(({ click_id }) => click_id));
}

export async function findClicks(
  manager: EntityManager,
  accountId: string,
  clickIds: string[],
): Promise<ClickValues[]> {
  if (clickIds.length === 0) return [];
  const rows: {
    click_id: string;
    ad_id: string;
    fbclid: string | null;
    landed_at: Date;
    landing_url: string | null;
  }[] = await manager.query(
    `select click_id, ad_id, fbclid, landed_at, landing_url
       from clicks where account_id = $1 and click_id = any ($2)`,
    [accountId, clickIds],
  );
  return rows.map((row) => ({
    clickId: row.click_id,
    adId: row.ad_id,
    fbclid: row.fbclid,
    landedAt: row.landed_at,
    landingUrl: row.landing_url,
  }));
}

export async function accountsWithNews(
  manager: EntityManager,
  accountId: string | null,
): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from click_news
      where $1::text is null or account_id = $1 order by account_id`,
    [accountId],
  );
  return rows.map(({ account_id }) => account_id);
}

export async function takeNews(
  manager: EntityManager,
  accountId: string,
  limit: number,
): Promise<string[]> {
  const rows: { click_id: string }[] = await manager.query(
    `with taken as (
       delete from click_news
        where account_id = $1
          and position in (select position from click_news where account_id = $1
                            order by position limit $2)
       returning click_id
     )
     select click_id from taken`,
    [accountId, limit],
  );
  return rows.map(({ click_id }) => click_id);
}

export async function insertTouches(
  manager: EntityManager,
  accountId: string,
  touches: Touch[],
): Promise<void> {
  if (touches.length === 0) return;
  await manager.query(
    `insert into attribution_touches (account_id, touch_key, touched_at, ad_id)
     select distinct $1, d.* from unnest($2::text[], $3::timestamptz[], $4::text[]) d
      order by 2, 3, 4
     on conflict do nothing`,
    [
      accountId,
      touches.map(({ touchKey }) => touchKey),
      touches.map(({ touchedAt }) => touchedAt),
      touches.map(({ adId }) => adId),
    ],
  );
}

/** The touches of every key, at most the last hundred of each. */
export async function findTouches(
  manager: EntityManager,
  accountId: string,
  keys: string[],
): Promise<Map<string, Touch[]>> {
  if (keys.length === 0) return new Map();
  const rows: { touch_key: string; touched_at: Date; ad_id: string }[] = await manager.query(
    `select t.touch_key, t.touched_at, t.ad_id
       from unnest($2::text[]) k (touch_key)
      cross join lateral (
        select * from attribution_touches a
         where a.account_id = $1 and a.touch_key = k.touch_key
         order by a.touched_at desc limit 100) t`,
    [accountId, [...new Set(keys)]],
  );
  const found = new Map<string, Touch[]>();
  for (const row of rows) {
    const touch = { touchKey: row.touch_key, touchedAt: row.touched_at, adId: row.ad_id };
    found.set(row.touch_key, [...(found.get(row.touch_key) ?? []), touch]);
  }
  return found;
}

export interface Unmatched {
  receivedAt: Date;
  id: string;
  eventTime: Date;
  adId: string | null;
  touchKeys: string[];
  utmIds: string[];
}

/** Which conversions without an ad: by a key of their click, by an ad they name, by their age. */
export type Waiting =
  { by: 'touches'; keys: string[] } | { by: 'ads'; keys: string[] } | { by: 'arrival' };

/** The longest request, and a minute between two looks. */
const ARRIVED_LATELY = `received_at > now() - interval '3 minutes'`;

const CONDITIONS: Record<Waiting['by'], string> = {
  touches: 'touch_keys && $2::text[]',
  ads: `(ad_id = any ($2::text[]) or utm_ids <> '{}' and utm_ids && $2::text[])`,
  arrival: `${ARRIVED_LATELY} and $2::text[] is not null`,
};

/** The accounts of which a conversion came lately and found no ad. */
export async function accountsWithUnmatched(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    `select distinct account_id from conversions
      where attributed_ad_id is null and kind <> 'other' and ${ARRIVED_LATELY}
      order by account_id`,
  );
  return rows.map(({ account_id }) => account_id);
}

export async function findUnmatched(
  manager: EntityManager,
  accountId: string,
  waiting: Waiting,
  limit: number,
): Promise<Unmatched[]> {
  const rows: {
    received_at: Date;
    id: string;
    event_time: Date;
    ad_id: string | null;
    touch_keys: string[];
    utm_ids: string[];
  }[] = await manager.query(
    `select received_at, id, event_time, ad_id, touch_keys, utm_ids
       from conversions
      where attributed_ad_id is null and kind <> 'other'
        and ${CONDITIONS[waiting.by]} and account_id = $1
      order by event_time, id limit $3`,
    [accountId, 'keys' in waiting ? waiting.keys : [], limit],
  );
  return rows.map((row) => ({
    receivedAt: row.received_at,
    id: row.id,
    eventTime: row.event_time,
    adId: row.ad_id,
    touchKeys: row.touch_keys,
    utmIds: row.utm_ids,
  }));
}

export async function setAttribution(
  manager: EntityManager,
  accountId: string,
  rows: {
    receivedAt: Date;
    id: string;
    adId: string;
    method: string;
    confidence: number;
    clickedAt: Date | null;
  }[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `update conversions c
        set attributed_ad_id = d.ad_id, attributed_method = d.method,
            attributed_confidence = d.confidence, clicked_at = d.clicked_at
       from unnest($2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::float8[],
                   $7::timestamptz[]) d (received_at, id, ad_id, method, confidence, clicked_at)
      where c.account_id = $1 and c.received_at = d.received_at and c.id = d.id`,
    [
      accountId,
      rows.map(({ receivedAt }) => receivedAt),
      rows.map(({ id }) => id),
      rows.map(({ adId }) => adId),
      rows.map(({ method }) => method),
      rows.map(({ confidence }) => confidence),
      rows.map(({ clickedAt }) => clickedAt),
    ],
  );
}
