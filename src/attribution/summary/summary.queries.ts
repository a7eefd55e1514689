// The way from the door to the ad in numbers: how many came, why some are missing, whose the rest
// are.
import type { EntityManager } from 'typeorm';

export interface SummaryRange {
  accountId: string;
  from: Date;
  to: Date;
}

type Counted = { name: string; count: number }[];

/** By what the door said; its hours are whole ones. */
export function countAtDoor(manager: EntityManager, range: SummaryRange): Promise<Counted> {
  return counted(
    manager,
    `select outcome as name, sum(count)::float8 as count from conversion_tallies
      where account_id = $1 and hour >= date_trunc('hour', $2::timestamptz) and hour < $3
      group by outcome order by outcome`,
    range,
  );
}

export function countByStatus(manager: EntityManager, range: SummaryRange): Promise<Counted> {
  return counted(
    manager,
    `select status as name, count(*)::float8 as count from conversions
      where account_id = $1 and received_at >= $2 and received_at < $3 group by 1 order by 1`,
    range,
  );
}

/**
 * Why events are not at Meta: the words of dead, expired and suppressed ones, most frequent first.
 */
export function countReasons(manager: EntityManager, range: SummaryRange): Promise<Counted> {
  return counted(
    manager,
    `select status || ': ' || coalesce(last_error, 'not known') as name, count(*)::float8 as count
       from conversions
      where account_id = $1 and received_at >= $2 and received_at < $3
        and status in ('dead', 'expired', 'suppressed')
      group by 1 order by 2 desc, 1 limit 50`,
    range,
  );
}

export function countByMethod(manager: EntityManager, range: SummaryRange): Promise<Counted> {
  return counted(
    manager,
    `select coalesce(attributed_method, 'none') as name, count(*)::float8 as count
       from conversions
      where account_id = $1 and received_at >= $2 and received_at < $3 and kind <> 'other'
      group by 1 order by 1`,
    range,
  );
}

export interface AdWorth {
  ad_id: string;
  conversions: number;
  leads: number;
  value_minor: number;
  pipeline_value_minor: number;
}

/** Net of all adjustments, by the time of the conversion. */
export async function worthByAd(manager: EntityManager, range: SummaryRange): Promise<AdWorth[]> {
  return manager.query(
    `select c.ad_id,
            coalesce(sum(c.count) filter (where c.kind = 'conversion'), 0)::float8 as conversions,
            coalesce(sum(c.count) filter (where c.kind = 'lead'), 0)::float8 as leads,
            coalesce(sum(c.value_minor) filter (where c.kind = 'conversion'), 0)::float8
              as value_minor,
            coalesce(sum(c.pipeline_value_minor), 0)::float8 as pipeline_value_minor
       from conversion_credits c
      where c.account_id = $1 and c.occurred_at >= $2 and c.occurred_at < $3
      group by c.ad_id order by c.ad_id`,
    [range.accountId, range.from, range.to],
  );
}

async function counted(
  manager: EntityManager,
  sql: string,
  { accountId, from, to }: SummaryRange,
): Promise<Counted> {
  return manager.query(sql, [accountId, from, to]);
}
