// Evidence at rest: integers per ad, cohort and lag. A transaction adds one row of signed changes
// to the account's journal; what counts is the sum of these and of the cells they are folded into
// later.
import type { EntityManager } from 'typeorm';
import {
  bigintArray,
  instantArray,
  integerArray,
  smallintArray,
  textArray,
  uuidArray,
  type Write,
} from '../../shared/index.js';
import {
  COUNTS,
  type CellChange,
  type ClickConversion,
  type EvidenceCell,
} from '../belief/evidence-cell.js';

/**
 * What a transaction teaches, as one row at its place in the account's journal; written without
 * cells as well, since a reader sees by the positions whether it missed one.
 */
export function journalRow(
  accountId: string,
  position: number,
  cells: readonly CellChange[],
): Write {
  const numbers = (name: 'told' | (typeof COUNTS)[number]) =>
    bigintArray(cells.map((cell) => cell[name]));
  return {
    sql: `insert into evidence_journal (account_id, position, ad_ids, cohorts_at, lags, impressions,
                                        clicks, conversions, valued_conversions, values_minor,
                                        told, lasts_at, minutes)
          values ($1::text, $2::bigint, $3::text[], $4::timestamptz[], $5::smallint[], $6::bigint[],
                  $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
                  $12::timestamptz[], $13::int[])`,
    parameters: [
      accountId,
      position,
      textArray(cells.map(({ adId }) => adId)),
      instantArray(cells.map(({ at }) => at)),
      smallintArray(cells.map(({ lag }) => lag)),
      ...COUNTS.map(numbers),
      numbers('told'),
      instantArray(cells.map(({ lastAt }) => lastAt)),
      integerArray(cells.map(({ minute }) => minute)),
    ],
  };
}

/** How far an account's journal reaches. */
export interface JournalEnd {
  position: number;
  /** Events behind it, since the account began. */
  events: number;
}

/** One process folds an account at a time: up to where, or null when another one does. */
export async function holdFold(
  manager: EntityManager,
  accountId: string,
): Promise<JournalEnd | null> {
  const rows: JournalEnd[] = await manager.query(
    `select journal_position::float8 as position, events_seen::float8 as events
       from online_models
      where account_id = $1 and pg_try_advisory_xact_lock(hashtextextended('fold ' || $1, 0))`,
    [accountId],
  );
  return rows[0] ?? null;
}

export async function markFolded(
  manager: EntityManager,
  accountId: string,
  { position, events }: JournalEnd,
): Promise<void> {
  await manager.query(
    `update online_models set folded_position = $2, folded_events = $3 where account_id = $1`,
    [accountId, position, events],
  );
}

/** The journal up to a position goes into the cells of the ads; nobody sees a difference. */
export async function foldEvidence(
  manager: EntityManager,
  accountId: string,
  upTo: number,
): Promise<void> {
  await manager.query(
    `merge into ad_evidence e
     using (select c.ad_id, c.cohort_at, c.lag, sum(c.impressions) as impressions,
                   sum(c.clicks) as clicks, sum(c.conversions) as conversions,
                   sum(c.valued) as valued, sum(c.value_minor) as value_minor,
                   sum(c.told) as told, max(c.last_at) as last_at
              from evidence_journal,
                   unnest(ad_ids, cohorts_at, lags, impressions, clicks, conversions,
                          valued_conversions, values_minor, told, lasts_at)
                     c (ad_id, cohort_at, lag, impressions, clicks, conversions, valued,
                        value_minor, told, last_at)
             where account_id = $1 and position <= $2
             group by c.ad_id, c.cohort_at, c.lag
             order by c.ad_id, c.cohort_at, c.lag) c
        on e.account_id = $1 and e.ad_id = c.ad_id and e.cohort_at = c.cohort_at
       and e.lag = c.lag
      when matched and e.told + c.told = 0 then delete
      when matched then update
       set impressions = e.impressions + c.impressions, clicks = e.clicks + c.clicks,
           conversions = e.conversions + c.conversions,
           valued_conversions = e.valued_conversions + c.valued,
           value_minor = e.value_minor + c.value_minor,
           told = e.told + c.told, last_at = greatest(e.last_at, c.last_at)
      when not matched and c.told > 0 then
    insert (account_id, ad_id, cohort_at, lag, impressions, clicks, conversions,
            valued_conversions, value_minor, told, last_at)
    values ($1, c.ad_id, c.cohort_at, c.lag, c.impressions, c.clicks, c.conversions, c.valued,
            c.value_minor, c.told, c.last_at)`,
    [accountId, upTo],
  );
  await manager.query('delete from evidence_journal where account_id = $1 and position <= $2', [
    accountId,
    upTo,
  ]);
}

/**
 * The cells of these ads that had begun by `asOf`, ascending per ad; what is older than `since` is
 * folded into its cohort. Conversions are there from the bin of their arrival on.
 */
export async function readCells(
  manager: EntityManager,
  accountId: string,
  adIds: readonly string[],
  since: Date,
  asOf: Date,
): Promise<EvidenceCell[]> {
  return manager.query(
    `select ad_id as "adId", lag::int,
            extract(epoch from greatest(cohort_at, date_bin('6 hours', $2, 'epoch')))::float8
              * 1000 as at,
            sum(impressions)::float8 as impressions, sum(clicks)::float8 as clicks,
            sum(conversions)::float8 as conversions, sum(valued_conversions)::float8 as valued,
            sum(value_minor)::float8 as "valueMinor",
            floor(extract(epoch from max(last_at)) * 1000)::float8 as "lastAt"
       from ad_evidence_cells
      where account_id = $1 and cohort_at < $3
        and cohort_at + greatest(lag, 0) * interval '6 hours' < $3 and ad_id = any ($4::text[])
      group by ad_id, at, lag
      order by ad_id, at, lag`,
    [accountId, since, asOf, textArray(adIds)],
  );
}

interface ClickConversionRow {
  click_id: string;
  event_digest: string;
  ad_id: string;
  occurred_at: Date;
  conversions: number;
  value_minor: number | null;
  placed_at: Date | null;
  is_fixed: boolean;
}

/** Stored conversions that name one of the clicks. */
export async function findClickConversions(
  manager: EntityManager,
  accountId: string,
  clickIds: string[],
): Promise<ClickConversion[]> {
  if (clickIds.length === 0) return [];
  const rows: ClickConversionRow[] = await manager.query(
    `select click_id, replace(event_digest::text, '-', '') as event_digest, ad_id, occurred_at,
            conversions::float8, value_minor::float8, placed_at, is_fixed
       from click_conversions
      where account_id = $1 and click_id = any ($2::text[])
      order by click_id, event_digest`,
    [accountId, clickIds],
  );
  return rows.map((row) => ({
    clickId: row.click_id,
    eventDigest: row.event_digest,
    adId: row.ad_id,
    occurredAt: row.occurred_at.getTime(),
    conversions: row.conversions,
    valueMinor: row.value_minor,
    placedAt: row.placed_at?.getTime() ?? null,
    isFixed: row.is_fixed,
  }));
}

/** New or moved conversions that name a click, to be written. */
export function clickConversionRows(
  accountId: string,
  conversions: ClickConversion[],
): Write | null {
  if (conversions.length === 0) return null;
  return {
    sql: `insert into click_conversions (account_id, click_id, event_digest, ad_id, occurred_at,
                                         conversions, value_minor, placed_at, is_fixed)
          select $1::text, c.* from unnest($2::text[], $3::uuid[], $4::text[], $5::timestamptz[],
                                           $6::bigint[], $7::bigint[], $8::timestamptz[],
                                           $9::boolean[]) c
          on conflict (account_id, click_id, event_digest) do update
             set placed_at = excluded.placed_at`,
    parameters: [
      accountId,
      textArray(conversions.map(({ clickId }) => clickId)),
      uuidArray(conversions.map(({ eventDigest }) => eventDigest)),
      textArray(conversions.map(({ adId }) => adId)),
      instantArray(conversions.map(({ occurredAt }) => occurredAt)),
      bigintArray(conversions.map((one) => one.conversions)),
      bigintArray(conversions.map(({ valueMinor }) => valueMinor)),
      instantArray(conversions.map(({ placedAt }) => placedAt)),
      textArray(conversions.map(({ isFixed }) => String(isFixed))),
    ],
  };
}
