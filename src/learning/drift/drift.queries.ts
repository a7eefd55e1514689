// Drift at rest: one detector per ad, written under the account's lock, and what they found.
import type { EntityManager } from 'typeorm';
import { textArray } from '../../shared/index.js';
import type { DriftRecord } from '../belief/forget.js';
import type { DriftState } from './observe-epoch.js';

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

export async function writeDetectors(
  manager: EntityManager,
  accountId: string,
  detectors: ReadonlyMap<string, DriftState>,
  now: Date,
): Promise<void> {
  if (detectors.size === 0) return;
  await manager.query(
    `insert into drift_detectors (account_id, updated_at, ad_id, detector)
     select $1, $2, d.* from unnest($3::text[], $4::jsonb[]) d
     on conflict (account_id, ad_id) do update
        set detector = excluded.detector, updated_at = excluded.updated_at`,
    [
      accountId,
      now,
      textArray([...detectors.keys()]),
      textArray([...detectors.values()].map((state) => JSON.stringify(state))),
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
