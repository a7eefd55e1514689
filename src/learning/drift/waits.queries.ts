// What ads wait with, at rest: one row per transaction in the account's journal, folded into a row
// per ad later. The last word on an ad stands.
import type { EntityManager } from 'typeorm';
import { bigintArray, textArray, type Write } from '../../shared/index.js';
import type { AdPairing } from './ad-watch.js';

/** Written for every position, without ads as well: a reader sees by that whether it missed one. */
export function waitsRow(
  accountId: string,
  position: number,
  pairings: ReadonlyMap<string, AdPairing>,
): Write {
  const waiting = [...pairings.values()].map((pairing) => pairing.waiting);
  return {
    sql: `insert into wait_journal (account_id, position, ad_ids, waiting_since, waiting_until,
                                    waiting_impressions, waiting_clicks, newest_at)
          values ($1::text, $2::bigint, $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
                  $7::bigint[], $8::bigint[])`,
    parameters: [
      accountId,
      position,
      textArray([...pairings.keys()]),
      ...(['since', 'until', 'impressions', 'clicks'] as const).map((name) =>
        bigintArray(waiting.map((minute) => minute?.[name] ?? null)),
      ),
      bigintArray([...pairings.values()].map(({ newestAt }) => newestAt)),
    ],
  };
}

type WaitValues = [
  adId: string,
  since: number | null,
  until: number,
  impressions: number,
  clicks: number,
  newestAt: number,
  isStarted: boolean,
];

const VALUES = `w.ad_id, w.waiting_since, w.waiting_until, w.waiting_impressions,
  w.waiting_clicks, w.newest_at, d.ad_id is not null`;

/** What the ads waited with when the journal was folded last; `isStarted` is today's. */
export async function readFolded(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
): Promise<Map<string, AdPairing>> {
  if (adIds.length === 0) return new Map();
  // One list rather than hundreds of rows: a third of the work on both sides.
  const [row]: { waits: WaitValues[] | null }[] = await manager.query(
    `select json_agg(json_build_array(${VALUES})) as waits
       from ad_waits w left join drift_detectors d using (account_id, ad_id)
      where account_id = $1 and w.ad_id = any ($2::text[])`,
    [accountId, textArray(adIds)],
  );
  return toPairings(row?.waits ?? []);
}

/** What the journal says after a position, and how many positions of it are still there. */
export async function readJournal(
  manager: EntityManager,
  accountId: string,
  after: number,
): Promise<{ pairings: Map<string, AdPairing>; positions: number }> {
  const [row]: { waits: WaitValues[] | null; positions: number }[] = await manager.query(
    `select json_agg(json_build_array(${VALUES}) order by j.position)
              filter (where w.ad_id is not null) as waits,
            count(distinct j.position)::int as positions
       from wait_journal j
       left join lateral unnest(ad_ids, j.waiting_since, j.waiting_until, j.waiting_impressions,
                                j.waiting_clicks, j.newest_at)
              w (ad_id, waiting_since, waiting_until, waiting_impressions, waiting_clicks,
                 newest_at) on true
       left join drift_detectors d on d.account_id = j.account_id and d.ad_id = w.ad_id
      where j.account_id = $1 and j.position > $2`,
    [accountId, after],
  );
  return { pairings: toPairings(row?.waits ?? []), positions: row?.positions ?? 0 };
}

/** The journal up to a position goes into the rows of the ads; nobody sees a difference. */
export async function foldWaits(
  manager: EntityManager,
  accountId: string,
  upTo: number,
): Promise<void> {
  await manager.query(
    `merge into ad_waits f
     using (select distinct on (w.ad_id) w.*
              from wait_journal j,
                   unnest(ad_ids, j.waiting_since, j.waiting_until, j.waiting_impressions,
                          j.waiting_clicks, j.newest_at)
                     w (ad_id, since, until, impressions, clicks, newest_at)
             where account_id = $1 and position <= $2
             order by w.ad_id, position desc) w
        on f.account_id = $1 and f.ad_id = w.ad_id
      when matched then update
       set waiting_since = w.since, waiting_until = w.until,
           waiting_impressions = w.impressions, waiting_clicks = w.clicks,
           newest_at = w.newest_at
      when not matched then
    insert (account_id, ad_id, waiting_since, waiting_until, waiting_impressions, waiting_clicks,
            newest_at)
    values ($1, w.ad_id, w.since, w.until, w.impressions, w.clicks, w.newest_at)`,
    [accountId, upTo],
  );
  await manager.query('delete from wait_journal where account_id = $1 and position <= $2', [
    accountId,
    upTo,
  ]);
}

function toPairings(values: readonly WaitValues[]): Map<string, AdPairing> {
  return new Map(
    values.map(([adId, since, until, impressions, clicks, newestAt, isStarted]) => {
      const waiting = since === null ? null : { since, until, impressions, clicks };
      return [adId, { waiting, newestAt, isStarted }];
    }),
  );
}
