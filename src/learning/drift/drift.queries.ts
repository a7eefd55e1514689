// Drift at rest: what was proven, and withdrawn when later evidence disproves it.
import type { EntityManager } from 'typeorm';
import {
  bigintArray,
  floatArray,
  instantArray,
  textArray,
  type Write,
} from '../../shared/index.js';
import type { DriftRecord } from '../belief/forget.js';
import type { FoundDrift } from './scan-state.js';

/** A proven change, as it is stored. */
export interface DriftFact extends Omit<FoundDrift, 'cohort'> {
  adId: string;
  rate: DriftRecord['rate'];
  /** Of click rates: what the cohort of the change had seen before it. */
  cohort?: FoundDrift['cohort'];
}

export function driftRows(accountId: string, found: readonly DriftFact[]): Write | null {
  if (found.length === 0) return null;
  return {
    sql: `insert into drift_events (account_id, ad_id, scope, rate, detected_at, changed_at, before,
                                    after, keep, cohort_impressions, cohort_clicks)
          select $1::text, d.ad_id, 'ad:' || d.ad_id || ':' || d.rate, d.rate, d.detected_at,
                 d.changed_at, d.before, d.after, d.keep, d.shown, d.clicks
            from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::float8[],
                        $7::float8[], $8::float8[], $9::bigint[], $10::bigint[])
              d (ad_id, rate, detected_at, changed_at, before, after, keep, shown, clicks)`,
    parameters: [
      accountId,
      textArray(found.map(({ adId }) => adId)),
      textArray(found.map(({ rate }) => rate)),
      instantArray(found.map(({ detectedAt }) => detectedAt)),
      instantArray(found.map(({ since }) => since)),
      floatArray(found.map(({ before }) => before)),
      floatArray(found.map(({ after }) => after)),
      floatArray(found.map(({ keep }) => keep)),
      bigintArray(found.map(({ cohort }) => cohort?.impressions ?? null)),
      bigintArray(found.map(({ cohort }) => cohort?.clicks ?? null)),
    ],
  };
}

export async function keepDrifts(
  manager: EntityManager,
  accountId: string,
  found: readonly DriftFact[],
): Promise<void> {
  const write = driftRows(accountId, found);
  if (write) await manager.query(write.sql, write.parameters);
}

/** What later evidence has disproved, or moved. */
export async function withdrawDrifts(
  manager: EntityManager,
  accountId: string,
  disproved: readonly Pick<DriftFact, 'adId' | 'rate' | 'detectedAt' | 'since'>[],
): Promise<void> {
  if (disproved.length === 0) return;
  await manager.query(
    `delete from drift_events e
      using unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
              d (ad_id, rate, detected_at, changed_at)
      where e.account_id = $1 and e.ad_id = d.ad_id and e.rate = d.rate
        and date_trunc('milliseconds', e.detected_at) = d.detected_at
        and date_trunc('milliseconds', e.changed_at) = d.changed_at`,
    [
      accountId,
      textArray(disproved.map(({ adId }) => adId)),
      textArray(disproved.map(({ rate }) => rate)),
      instantArray(disproved.map(({ detectedAt }) => detectedAt)),
      instantArray(disproved.map(({ since }) => since)),
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
      order by detected_at desc, scope limit $3`,
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
    `select ad_id as "adId", keep, rate,
            floor(extract(epoch from changed_at) * 1000)::float8 as at,
            case when cohort_impressions is not null then json_build_object(
              'impressions', cohort_impressions, 'clicks', cohort_clicks) end as cohort
       from drift_events
      where account_id = $1 and rate = $2 and changed_at >= $3 and detected_at <= $4
      order by changed_at, detected_at, drift_id`,
    [accountId, rate, since, asOf],
  );
}
