// Drift at rest: one detector per ad, written under the account's lock, and what they found.
import type { EntityManager } from 'typeorm';
import { numberArray, textArray } from '../../shared/index.js';
import type { AdPairing } from './ad-watch.js';
import type { DriftRecord } from './forget.js';
import type { DriftState } from './observe-epoch.js';

export interface Watches {
  pairings: Map<string, AdPairing>;
  /** Of those that were asked for, or whose clicks wait; the others are still to be read. */
  detectors: Map<string, DriftState>;
}

type WatchValues = [
  adId: string,
  since: number | null,
  until: number,
  impressions: number,
  clicks: number,
  newestAt: number,
  isStarted: boolean,
  detector: DriftState | null,
];

/** `clicked`: the ads of which clicks are told, so that their detectors will be needed. */
export async function readWatches(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
  clicked: string[],
): Promise<Watches> {
  // One list rather than hundreds of rows: a third of the work on both sides.
  const [row]: { watches: WatchValues[] | null }[] = await manager.query(
    `select json_agg(json_build_array(
              ad_id, waiting_since, waiting_until, waiting_impressions, waiting_clicks, newest_at,
              detector is not null,
              case when waiting_clicks > 0 or ad_id = any ($3::text[]) then detector end))
              as watches
       from drift_detectors
      where account_id = $1 and ad_id = any ($2::text[])`,
    [accountId, textArray(adIds), textArray(clicked)],
  );
  const found: Watches = { pairings: new Map(), detectors: new Map() };
  for (const values of row?.watches ?? []) {
    const [adId, since, until, impressions, clicks, newestAt, isStarted, detector] = values;
    const waiting = since === null ? null : { since, until, impressions, clicks };
    found.pairings.set(adId, { waiting, newestAt, isStarted });
    if (detector !== null) found.detectors.set(adId, detector);
  }
  return found;
}

/** Of the ads whose detector has seen something. */
export async function readDetectors(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
): Promise<Map<string, DriftState>> {
  if (adIds.length === 0) return new Map();
  const rows: { ad_id: string; detector: DriftState }[] = await manager.query(
    `select ad_id, detector from drift_detectors
      where account_id = $1 and ad_id = any ($2::text[]) and detector is not null`,
    [accountId, textArray(adIds)],
  );
  return new Map(rows.map(({ ad_id: adId, detector }) => [adId, detector]));
}

/** A detector that is not among `detectors` stays as it is. */
export async function writeWatches(
  manager: EntityManager,
  accountId: string,
  pairings: ReadonlyMap<string, AdPairing>,
  detectors: ReadonlyMap<string, DriftState>,
  now: Date,
): Promise<void> {
  const adIds = [...pairings.keys()];
  const waiting = [...pairings.values()].map((pairing) => pairing.waiting);
  const states = adIds.map((adId) => detectors.get(adId));
  // Not an upsert: that would first try to insert each of them, at twice the price.
  await manager.query(
    `merge into drift_detectors d
     using unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                  $8::bigint[], $9::jsonb[])
        as w (ad_id, since, until, impressions, clicks, newest_at, detector)
        on d.account_id = $1 and d.ad_id = w.ad_id
      when matched then update
       set waiting_since = w.since, waiting_until = w.until,
           waiting_impressions = w.impressions, waiting_clicks = w.clicks,
           newest_at = w.newest_at, detector = coalesce(w.detector, d.detector), updated_at = $2
      when not matched then
    insert (account_id, updated_at, ad_id, waiting_since, waiting_until, waiting_impressions,
            waiting_clicks, newest_at, detector)
    values ($1, $2, w.ad_id, w.since, w.until, w.impressions, w.clicks, w.newest_at, w.detector)`,
    [
      accountId,
      now,
      textArray(adIds),
      ...(['since', 'until', 'impressions', 'clicks'] as const).map((name) =>
        numberArray(waiting.map((minute) => minute?.[name] ?? null)),
      ),
      numberArray([...pairings.values()].map(({ newestAt }) => newestAt)),
      textArray(states.map((state) => (state === undefined ? null : JSON.stringify(state)))),
    ],
  );
}

/** A proven change, as it is stored. */
export interface DriftFact {
  adId: string;
  rate: DriftRecord['rate'];
  /** Unix milliseconds: when it was proven, and the beginning of the new regime. */
  detectedAt: number;
  since: number;
  before: number;
  after: number;
  keep: number;
}

export async function keepDrifts(
  manager: EntityManager,
  accountId: string,
  found: DriftFact[],
): Promise<void> {
  if (found.length === 0) return;
  await manager.query(
    `insert into drift_events (account_id, ad_id, scope, rate, detected_at, changed_at, before,
                               after, keep)
     select $1, d.ad_id, 'ad:' || d.ad_id || ':' || d.rate, d.rate, d.detected_at, d.changed_at,
            d.before, d.after, d.keep
       from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::float8[],
                   $7::float8[], $8::float8[])
         d (ad_id, rate, detected_at, changed_at, before, after, keep)`,
    [
      accountId,
      found.map(({ adId }) => adId),
      found.map(({ rate }) => rate),
      found.map(({ detectedAt }) => new Date(detectedAt)),
      found.map(({ since }) => new Date(since)),
      found.map(({ before }) => before),
      found.map(({ after }) => after),
      found.map(({ keep }) => keep),
    ],
  );
}

/** Whether nobody has looked at the account's conversions at `at` or later; then somebody has. */
export async function takeLook(
  manager: EntityManager,
  accountId: string,
  at: Date,
): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `insert into conversion_watches as w (account_id, looked_at) values ($1, $2)
     on conflict (account_id) do update set looked_at = excluded.looked_at
      where w.looked_at < excluded.looked_at
     returning account_id`,
    [accountId, at],
  );
  return rows.length > 0;
}

export async function lastLook(manager: EntityManager, accountId: string): Promise<Date | null> {
  const rows: { looked_at: Date }[] = await manager.query(
    'select looked_at from conversion_watches where account_id = $1',
    [accountId],
  );
  return rows[0]?.looked_at ?? null;
}

/** Drifts ever proven, by the rate that changed. */
export async function countDrifts(
  manager: EntityManager,
  accountId: string | null,
): Promise<Record<DriftRecord['rate'], number>> {
  const rows: { rate: DriftRecord['rate']; drifts: number }[] = await manager.query(
    `select rate, count(*)::int as drifts from drift_events
      where $1::text is null or account_id = $1 group by rate`,
    [accountId],
  );
  return { ctr: 0, cvr: 0, ...Object.fromEntries(rows.map(({ rate, drifts }) => [rate, drifts])) };
}

export interface DriftRow {
  detectedAt: Date;
  scope: string;
  before: number;
  after: number;
}

/** The newest drifts first, of those proven by `asOf`. */
export async function readDrifts(
  manager: EntityManager,
  accountId: string,
  asOf: Date,
  limit: number,
): Promise<DriftRow[]> {
  return manager.query(
    `select detected_at as "detectedAt", scope, before, after
       from drift_events where account_id = $1 and detected_at <= $2
      order by drift_id desc limit $3`,
    [accountId, asOf, limit],
  );
}

/** Of one rate: proven by `asOf`, of changes since `since` (older evidence is spent). */
export async function readDriftRecords(
  manager: EntityManager,
  accountId: string,
  rate: DriftRecord['rate'],
  since: Date,
  asOf: Date,
): Promise<DriftRecord[]> {
  return manager.query(
    `select ad_id as "adId", keep, rate, floor(extract(epoch from changed_at) * 1000)::float8 as at
       from drift_events
      where account_id = $1 and rate = $2 and changed_at >= $3 and detected_at <= $4
      order by drift_id`,
    [accountId, rate, since, asOf],
  );
}
