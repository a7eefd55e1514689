// Later news of conversions, kept once each; and the conversions they are about.
import type { EntityManager } from 'typeorm';
import type { Stage } from './net-worth.js';

export interface AdjustmentRow {
  adjustmentId: string;
  /** `event:`, `order:` or `lead:` and the id. */
  subject: string;
  kind: string;
  valueDeltaMinor: number | null;
  stage: string | null;
  occurredAt: Date;
  digest: Buffer;
}

/** Inserts what is new; the answer holds its ids. */
export async function insertAdjustments(
  manager: EntityManager,
  accountId: string,
  rows: AdjustmentRow[],
): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const column = <K extends keyof AdjustmentRow>(name: K) => rows.map((row) => row[name]);
  const inserted: { adjustment_id: string }[] = await manager.query(
    `insert into conversion_adjustments (account_id, adjustment_id, subject, kind,
            value_delta_minor, stage, occurred_at, digest)
     select $1, d.*
       from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                   $7::timestamptz[], $8::bytea[]) d
     on conflict do nothing
     returning adjustment_id`,
    [
      accountId,
      column('adjustmentId'),
      column('subject'),
      column('kind'),
      column('valueDeltaMinor'),
      column('stage'),
      column('occurredAt'),
      column('digest'),
    ],
  );
  return new Set(inserted.map((row) => row.adjustment_id));
}

export async function digestsOf(
  manager: EntityManager,
  accountId: string,
  ids: string[],
): Promise<Map<string, Buffer>> {
  const rows: { adjustment_id: string; digest: Buffer }[] = await manager.query(
    `select adjustment_id, digest from conversion_adjustments
      where account_id = $1 and adjustment_id = any ($2)`,
    [accountId, ids],
  );
  return new Map(rows.map((row) => [row.adjustment_id, row.digest]));
}

export interface Subject {
  id: string;
  subject: string;
  eventTime: Date;
}

/** The conversions and leads behind the subjects; those that have not come yet are missing. */
export async function findSubjects(
  manager: EntityManager,
  accountId: string,
  subjects: string[],
): Promise<Subject[]> {
  const idsOf = (prefix: string) =>
    subjects.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  const rows: { id: string; subject: string; event_time: Date }[] = await manager.query(
    `select id, 'event:' || event_id as subject, event_time from conversions
      where account_id = $1 and event_id = any ($2) and kind <> 'other'
     union all
     select id, 'order:' || order_id, event_time from conversions
      where account_id = $1 and order_id = any ($3) and kind <> 'other'
     union all
     select id, 'lead:' || lead_id, event_time from conversions
      where account_id = $1 and lead_id = any ($4) and kind <> 'other'`,
    [accountId, idsOf('event:'), idsOf('order:'), idsOf('lead:')],
  );
  return rows.map(({ id, subject, event_time }) => ({ id, subject, eventTime: event_time }));
}

/**
 * The credited conversions that are or once were in one of these stages, in the order of their ids
 * behind `after`.
 */
export async function creditedInStages(
  manager: EntityManager,
  accountId: string,
  stages: string[],
  after: string,
  limit: number,
): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    `select c.id from conversions c
      where c.account_id = $1 and c.kind <> 'other' and c.attributed_ad_id is not null
        and c.id > $3::uuid
        and (c.stage = any ($2::text[])
             or exists (select from conversion_adjustments j
                         where j.account_id = $1 and j.kind = 'stage' and j.stage = any ($2::text[])
                           and j.subject in ('event:' || c.event_id, 'order:' || c.order_id,
                                             'lead:' || c.lead_id)))
      order by c.id limit $4`,
    [accountId, stages, after, limit],
  );
  return rows.map(({ id }) => id);
}

/** The stages as given; those left out are gone. Call it with the ledger held alone. */
export async function replaceStages(
  manager: EntityManager,
  accountId: string,
  stages: Stage[],
): Promise<void> {
  await manager.query('delete from conversion_stages where account_id = $1', [accountId]);
  await manager.query(
    `insert into conversion_stages (account_id, stage, value_minor, probability)
     select $1, d.* from unnest($2::text[], $3::bigint[], $4::float8[]) d`,
    [
      accountId,
      stages.map(({ stage }) => stage),
      stages.map(({ valueMinor }) => valueMinor),
      stages.map(({ probability }) => probability),
    ],
  );
}
