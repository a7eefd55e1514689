// The minutes of ads at rest, and the checkpoints of their scans: what a process has to know before
// it can say what an event proves.
import type { EntityManager } from 'typeorm';
import { HISTORY_DAYS } from '../../shared/history.js';
import { MILLIS_PER_DAY, integerArray, textArray, type Write } from '../../shared/index.js';
import type { Minute } from './minutes.js';
import type { FoundDrift, Scan } from './scan-state.js';
import type { Checkpoint } from './trail.js';

/** A minute as it stands in the journal. */
export interface JournalMinute extends Minute {
  adId: string;
  position: number;
}

/** What the journal says after a position, and how many positions of it are still there. */
export async function readJournal(
  manager: EntityManager,
  accountId: string,
  after: number,
  adIds: readonly string[] | null = null,
): Promise<{ minutes: JournalMinute[]; positions: number }> {
  type Values = [string, number, number, number, number, number];
  const [row]: { minutes: Values[] | null; positions: number }[] = await manager.query(
    `select json_agg(json_build_array(c.ad_id, j.position, c.minute, ${LAST_AT}, c.impressions,
                                      c.clicks)) filter (where c.minute is not null) as minutes,
            count(distinct j.position)::int as positions
       from evidence_journal j
       left join lateral unnest(ad_ids, j.minutes, j.lasts_at, j.impressions, j.clicks)
              c (ad_id, minute, last_at, impressions, clicks)
         on c.minute is not null and ($3::text[] is null or c.ad_id = any ($3::text[]))
      where j.account_id = $1 and j.position > $2`,
    [accountId, after, adIds === null ? null : textArray(adIds)],
  );
  const minutes = (row?.minutes ?? []).map(
    ([adId, position, minute, lastAt, impressions, clicks]) => ({
      ...{ adId, position, minute, lastAt, impressions, clicks },
    }),
  );
  return { minutes, positions: row?.positions ?? 0 };
}

const LAST_AT = 'floor(extract(epoch from c.last_at) * 1000)';

export interface StoredTrails {
  /** The journal's oldest position: what stands before it is among the minutes. */
  oldest: number | null;
  bases: Map<string, Checkpoint>;
  /** After the base; a minute may be there more than once. */
  minutes: Map<string, Minute[]>;
  known: Map<string, FoundDrift[]>;
  /** Ads whose stored base saw no event of `earliest`, which is told only now. */
  outdated: string[];
}

interface TrailsRow {
  oldest: number | null;
  bases: [string, number, Scan][] | null;
  minutes: [string, number[], string[], number[], number[]][] | null;
  known: [string, number, number, number, number, number, number, number][] | null;
}

/** Trails as they are stored, in one look; `earliest`: the first minute now told of each ad. */
export async function readTrails(
  manager: EntityManager,
  accountId: string,
  earliest: ReadonlyMap<string, number>,
): Promise<StoredTrails> {
  const none = { bases: new Map(), minutes: new Map(), known: new Map(), outdated: [] };
  if (earliest.size === 0) return { oldest: null, ...none };
  const newest = Math.max(...earliest.values());
  const [row]: TrailsRow[] = await manager.query(TRAILS, [
    accountId,
    textArray([...earliest.keys()]),
    integerArray([...earliest.values()]),
    new Date(newest * 60_000 - HISTORY_DAYS * MILLIS_PER_DAY),
  ]);
  const trails: StoredTrails = { oldest: row?.oldest ?? null, ...none };
  for (const [adId, until, scan] of row?.bases ?? []) {
    if (until < (earliest.get(adId) ?? -Infinity)) trails.bases.set(adId, { until, scan });
    else trails.outdated.push(adId);
  }
  for (const [adId, minutes, lastsAt, impressions, clicks] of row?.minutes ?? []) {
    const until = trails.bases.get(adId)?.until ?? -Infinity;
    const after = minutes.flatMap((minute, place): Minute[] =>
      minute > until
        ? [
            {
              ...{ minute, lastAt: Date.parse(lastsAt[place] ?? '') },
              ...{ impressions: impressions[place] ?? 0, clicks: clicks[place] ?? 0 },
            },
          ]
        : [],
    );
    trails.minutes.set(adId, [...(trails.minutes.get(adId) ?? []), ...after]);
  }
  for (const [adId, detectedAt, since, before, after, keep, shown, clicks] of row?.known ?? []) {
    const cohort = { impressions: shown, clicks };
    const drift = { since, before, after, keep, detectedAt, cohort };
    trails.known.set(adId, [...(trails.known.get(adId) ?? []), drift]);
  }
  return trails;
}

const MILLIS = (column: string) => `floor(extract(epoch from ${column}) * 1000)`;

const TRAILS = `
  with wanted as materialized (
    select w.ad_id, s.until, s.scan,
           case when s.until < w.earliest then to_timestamp(s.until / 360 * 21600) else $4 end
             as since
      from unnest($2::text[], $3::int[]) w (ad_id, earliest)
      left join drift_scans s on s.account_id = $1 and s.ad_id = w.ad_id
  )
  select (select min(position)::float8 from evidence_journal where account_id = $1) as oldest,
         (select json_agg(json_build_array(ad_id, until, scan)) from wanted
           where until is not null) as bases,
         (select json_agg(json_build_array(m.ad_id, m.minutes, m.lasts_at, m.impressions, m.clicks)
                          order by m.ad_id, m.cohort_at)
            from wanted w
            join ad_minutes m on m.account_id = $1 and m.ad_id = w.ad_id
                             and m.cohort_at >= w.since) as minutes,
         (select json_agg(json_build_array(d.ad_id, ${MILLIS('d.detected_at')},
                            ${MILLIS('d.changed_at')}, d.before, d.after, d.keep,
                            d.cohort_impressions, d.cohort_clicks)
                          order by d.ad_id, d.detected_at)
            from wanted w
            join drift_events d on d.account_id = $1 and d.ad_id = w.ad_id and d.rate = 'ctr')
           as known`;

/** The stored checkpoints that have not seen what is told only now. */
export async function forgetScans(
  manager: EntityManager,
  accountId: string,
  adIds: readonly string[],
): Promise<void> {
  if (adIds.length === 0) return;
  await manager.query(
    'delete from drift_scans where account_id = $1 and ad_id = any ($2::text[])',
    [accountId, textArray(adIds)],
  );
}

export function scanRows(
  accountId: string,
  bases: ReadonlyMap<string, Checkpoint>,
  now: Date,
): Write | null {
  if (bases.size === 0) return null;
  return {
    sql: `insert into drift_scans (account_id, updated_at, ad_id, until, scan)
          select $1::text, $2::timestamptz, s.*
            from unnest($3::text[], $4::int[], $5::jsonb[]) s
          on conflict (account_id, ad_id) do update
             set until = excluded.until, scan = excluded.scan, updated_at = excluded.updated_at`,
    parameters: [
      accountId,
      now,
      textArray([...bases.keys()]),
      integerArray([...bases.values()].map(({ until }) => until)),
      textArray([...bases.values()].map(({ scan }) => JSON.stringify(scan))),
    ],
  };
}

/**
 * The journal up to a position goes into the minutes of the ads; nobody sees a difference. A minute
 * that grows later is there twice: readers add it up, and nothing has to be read to be written.
 */
export async function foldMinutes(
  manager: EntityManager,
  accountId: string,
  upTo: number,
): Promise<void> {
  await manager.query(
    `insert into ad_minutes as m
            (account_id, ad_id, cohort_at, minutes, impressions, clicks, lasts_at)
     select $1, ad_id, to_timestamp(minute / 360 * 21600), array_agg(minute order by minute),
            array_agg(impressions order by minute), array_agg(clicks order by minute),
            array_agg(last_at order by minute)
       from (select c.ad_id, c.minute, sum(c.impressions)::bigint as impressions,
                    sum(c.clicks)::bigint as clicks, max(c.last_at) as last_at
               from evidence_journal,
                    unnest(ad_ids, minutes, lasts_at, impressions, clicks)
                      c (ad_id, minute, last_at, impressions, clicks)
              where account_id = $1 and position <= $2 and c.minute is not null
              group by c.ad_id, c.minute) told
      group by ad_id, minute / 360
      order by ad_id, minute / 360
     on conflict (account_id, ad_id, cohort_at) do update
        set minutes = m.minutes || excluded.minutes,
            impressions = m.impressions || excluded.impressions,
            clicks = m.clicks || excluded.clicks, lasts_at = m.lasts_at || excluded.lasts_at`,
    [accountId, upTo],
  );
}
