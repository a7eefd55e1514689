// Drift at rest: one detector per ad, written under the account's lock, and what they found.
import type { EntityManager } from 'typeorm';
import type { AdWatch, FoundDrift } from './ad-watch.js';
import type { DriftRecord } from './forget.js';

export async function readWatches(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
): Promise<Map<string, AdWatch>> {
  const rows: { ad_id: string; state: AdWatch }[] = await manager.query(
    `select ad_id, state from drift_detectors
      where account_id = $1 and ad_id = any ($2::text[])`,
    [accountId, adIds],
  );
  return new Map(rows.map(({ ad_id: adId, state }) => [adId, state]));
}

export async function writeWatches(
  manager: EntityManager,
  accountId: string,
  watches: Map<string, AdWatch>,
  now: Date,
): Promise<void> {
  await manager.query(
    `insert into drift_detectors (account_id, updated_at, ad_id, state)
     select $1, $2, w.* from unnest($3::text[], $4::jsonb[]) w
     on conflict (account_id, ad_id) do update
        set state = excluded.state, updated_at = excluded.updated_at`,
    [
      accountId,
      now,
      [...watches.keys()],
      [...watches.values()].map((watch) => JSON.stringify(watch)),
    ],
  );
}

export async function keepDrifts(
  manager: EntityManager,
  accountId: string,
  found: { adId: string; drift: FoundDrift }[],
): Promise<void> {
  if (found.length === 0) return;
  await manager.query(
    `insert into drift_events (account_id, ad_id, scope, detected_at, changed_at, before, after,
                               keep)
     select $1, d.ad_id, 'ad:' || d.ad_id || ':ctr', d.detected_at, d.changed_at, d.before,
            d.after, d.keep
       from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::float8[], $6::float8[],
                   $7::float8[]) d (ad_id, detected_at, changed_at, before, after, keep)`,
    [
      accountId,
      found.map(({ adId }) => adId),
      found.map(({ drift }) => new Date(drift.detectedAt)),
      found.map(({ drift }) => new Date(drift.since)),
      found.map(({ drift }) => drift.before),
      found.map(({ drift }) => drift.after),
      found.map(({ drift }) => drift.keep),
    ],
  );
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

/** What beliefs forget by: proven by `asOf`, of changes since `since` (older evidence is spent). */
export async function readDriftRecords(
  manager: EntityManager,
  accountId: string,
  since: Date,
  asOf: Date,
): Promise<DriftRecord[]> {
  return manager.query(
    `select ad_id as "adId", keep, floor(extract(epoch from changed_at) * 1000)::float8 as at
       from drift_events
      where account_id = $1 and changed_at >= $2 and detected_at <= $3
      order by drift_id`,
    [accountId, since, asOf],
  );
}
