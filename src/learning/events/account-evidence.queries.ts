// What the stored evidence of an account says as a whole: since when, and after which delays.
import type { EntityManager } from 'typeorm';
import { BUCKET_SECONDS } from '../../shared/history.js';

/** The first cohort of which anything was told by `asOf`, `since` at the earliest; null = none. */
export async function readFirstCohort(
  manager: EntityManager,
  accountId: string,
  since: Date,
  asOf: Date,
): Promise<number | null> {
  const rows: { at: number | null }[] = await manager.query(
    `select extract(epoch from greatest(min(cohort_at), date_bin('6 hours', $2, 'epoch')))::float8
              * 1000 as at
       from ad_evidence_cells
      where account_id = $1 and cohort_at < $3
        and cohort_at + greatest(lag, 0) * interval '6 hours' < $3
     having count(*) > 0`,
    [accountId, since, asOf],
  );
  return rows[0]?.at ?? null;
}

/** Conversions with a known click per click cohort and lag, of clicks since then. */
export async function readLags(
  manager: EntityManager,
  accountId: string,
  since: Date,
  asOf: Date,
): Promise<{ at: number; lag: number; conversions: number }[]> {
  return manager.query(
    `select extract(epoch from cohort_at)::float8 * 1000 as at, lag::int,
            sum(conversions)::float8 as conversions
       from ad_evidence_cells
      where account_id = $1 and lag >= 0 and cohort_at >= $2
        and cohort_at + (lag + 1) * interval '${BUCKET_SECONDS} seconds' < $3
      group by cohort_at, lag
      order by cohort_at, lag`,
    [accountId, since, asOf],
  );
}
