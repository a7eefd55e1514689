// The ledger of what conversions are believed to be worth: signed entries, never changed.
import type { EntityManager } from 'typeorm';
import type { Adjustment, NetWorth, Stage } from './net-worth.js';

/** A matched conversion with what its ledger says by now. */
export interface CreditedConversion {
  id: string;
  eventId: string;
  eventTime: Date;
  kind: 'conversion' | 'lead';
  adId: string;
  valueMinor: number | null;
  stage: string | null;
  clickedAt: Date | null;
  revision: number;
  credited: NetWorth | null;
  adjustments: Adjustment[];
}

/** Readers of the ledger share it; whoever adds an adjustment holds it alone until the commit. */
export async function lockLedger(
  manager: EntityManager,
  accountId: string,
  mode: 'shared' | 'alone',
): Promise<void> {
  const suffix = mode === 'shared' ? '_shared' : '';
  await manager.query(
    `select pg_advisory_xact_lock${suffix}(hashtext('conversion_credits:' || $1))`,
    [accountId],
  );
}

/**
 * The matched conversions among the given ones (under the ledger's lock), with their adjustments
 * and entries.
 */
export async function readCredited(
  manager: EntityManager,
  accountId: string,
  ids: string[],
): Promise<CreditedConversion[]> {
  const rows: {
    id: string;
    event_id: string;
    event_time: Date;
    kind: 'conversion' | 'lead';
    ad_id: string;
    value_minor: number | null;
    stage: string | null;
    clicked_at: Date | null;
    revision: number | null;
    count: number | null;
    credited_value: number | null;
    credited_pipeline: number | null;
    adjustments: (Omit<Adjustment, 'occurredAt'> & { occurredAt: string })[] | null;
  }[] = await manager.query(
    `with picked as (
       select id, event_id, event_name, event_time, kind, attributed_ad_id, value_minor, stage,
              clicked_at, order_id, lead_id
         from conversions
        where account_id = $1 and id = any ($2::uuid[]) and attributed_ad_id is not null
          and kind <> 'other'
        order by id)
     select p.id, p.event_id, p.event_time, p.kind, p.attributed_ad_id as ad_id,
            p.value_minor::float8, p.stage, p.clicked_at, e.revision, e.count::int,
            e.value::float8 as credited_value, e.pipeline::float8 as credited_pipeline,
            a.adjustments
       from picked p
       left join lateral (
         select max(revision) as revision, sum(count) as count, sum(value_minor) as value,
                sum(pipeline_value_minor) as pipeline
           from conversion_credits c
          where c.account_id = $1 and c.conversion_id = p.id) e on true
       left join lateral (
         select jsonb_agg(jsonb_build_object('adjustmentId', j.adjustment_id, 'kind', j.kind,
                  'valueDeltaMinor', j.value_delta_minor, 'stage', j.stage,
                  'occurredAt', j.occurred_at)) as adjustments
           from conversion_adjustments j
          where j.account_id = $1
            and (j.subject in ('event:' || p.event_id, 'order:' || p.order_id)
                 -- One lead may have many events; its news belong to the first of them.
                 or j.subject = 'lead:' || p.lead_id and p.id = (
                      select x.id from conversions x
                       where x.account_id = $1 and x.lead_id = p.lead_id and x.kind <> 'other'
                       order by x.event_time, x.id limit 1))) a on true`,
    [accountId, ids],
  );
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    eventTime: row.event_time,
    kind: row.kind,
    adId: row.ad_id,
    valueMinor: row.value_minor,
    stage: row.stage,
    clickedAt: row.clicked_at,
    revision: row.revision === null ? 0 : row.revision + 1,
    credited:
      row.revision === null
        ? null
        : {
            count: row.count === 0 ? 0 : 1,
            valueMinor: row.credited_value,
            pipelineValueMinor: row.credited_pipeline,
          },
    adjustments: (row.adjustments ?? []).map((given) => ({
      ...given,
      occurredAt: new Date(given.occurredAt),
    })),
  }));
}

export interface CreditEntry {
  conversionId: string;
  revision: number;
  adId: string;
  kind: 'conversion' | 'lead';
  count: -1 | 0 | 1;
  valueMinor: number | null;
  pipelineValueMinor: number | null;
  occurredAt: Date;
  clickedAt: Date | null;
}

export async function insertCredits(
  manager: EntityManager,
  accountId: string,
  entries: CreditEntry[],
): Promise<void> {
  const column = <K extends keyof CreditEntry>(name: K) => entries.map((entry) => entry[name]);
  await manager.query(
    `insert into conversion_credits (account_id, conversion_id, revision, ad_id, kind, count,
            value_minor, pipeline_value_minor, occurred_at, clicked_at)
     select $1, d.*
       from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::int[], $7::bigint[],
                   $8::bigint[], $9::timestamptz[], $10::timestamptz[]) d`,
    [
      accountId,
      column('conversionId'),
      column('revision'),
      column('adId'),
      column('kind'),
      column('count'),
      column('valueMinor'),
      column('pipelineValueMinor'),
      column('occurredAt'),
      column('clickedAt'),
    ],
  );
}

export async function readStages(
  manager: EntityManager,
  accountId: string,
): Promise<Map<string, Stage>> {
  const rows: { stage: string; value_minor: number; probability: number }[] = await manager.query(
    `select stage, value_minor::float8, probability from conversion_stages
      where account_id = $1 order by stage`,
    [accountId],
  );
  return new Map(
    rows.map(({ stage, value_minor, probability }) => [
      stage,
      { stage, valueMinor: value_minor, probability },
    ]),
  );
}
