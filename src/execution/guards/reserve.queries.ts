// What has to be counted and added under one lock before writes go out: the campaign's hour, the ad
// set's hour, the account's day, the money of decisions.
import type { EntityManager } from 'typeorm';
import { MILLIS_PER_HOUR } from '../../shared/index.js';
import { MAY_HAVE_ACTED } from '../objects/change-states.js';
import type { DayMove } from './daily-ceiling.js';
import type { DecisionFunding } from './decision-funding.js';

/**
 * Waits until nobody else counts or adds actions of these campaigns or moves money of these
 * decisions (to the end of the transaction): two processes that both counted fourteen would
 * otherwise make it sixteen. The order of the names is the same everywhere, so nobody waits in a
 * circle.
 */
export async function lockReserve(
  manager: EntityManager,
  accountId: string,
  names: { campaigns: string[]; decisions: string[]; wholeAccount?: boolean },
): Promise<void> {
  const keys = [
    // What is counted over the whole account: its day's budgets, the last object that runs.
    ...(names.wholeAccount ? [`execution.account/${accountId}`] : []),
    ...[...new Set(names.campaigns)].sort().map((id) => `execution.campaign/${accountId}/${id}`),
    ...[...new Set(names.decisions)].sort().map((id) => `execution.decision/${accountId}/${id}`),
  ];
  await manager.query(
    `select pg_advisory_xact_lock(hashtextextended(key, 0))
       from (select key from unnest($1::text[]) with ordinality k (key, at) order by at) ordered`,
    [keys],
  );
}

export interface RecentAction {
  campaignId: string;
  adId: string;
  isBudget: boolean;
  /** Milliseconds, on the account's clock. */
  at: number;
}

/**
 * All actions of some campaigns that may have landed within the hour before `now`, in one
 * statement; `at` is the latest instant that an action can have landed at.
 */
export async function recentActions(
  manager: EntityManager,
  accountId: string,
  campaignIds: string[],
  now: Date,
  landsWithinMillis = 0,
): Promise<RecentAction[]> {
  const rows: { campaign_id: string; ad_id: string; is_budget: boolean; effective_at: Date }[] =
    await manager.query(
      `select campaign_id, ad_id, change_type = 'budget' as is_budget, effective_at
         from ad_change_history
        where account_id = $1 and campaign_id = any($2) and effective_at > $3
          and outcome = any($4)`,
      [
        accountId,
        [...new Set(campaignIds)],
        new Date(now.getTime() - MILLIS_PER_HOUR - landsWithinMillis),
        [...MAY_HAVE_ACTED],
      ],
    );
  return rows.map((row) => ({
    campaignId: row.campaign_id,
    adId: row.ad_id,
    isBudget: row.is_budget,
    at: row.effective_at.getTime() + landsWithinMillis,
  }));
}

/**
 * What the account's day has seen beside the registered state: budgets that stood before and after
 * its writes, and what is under way, stops included, in one statement.
 */
export async function dayMoves(
  manager: EntityManager,
  accountId: string,
  campaignIds: string[],
  dayStart: Date,
): Promise<{ moves: DayMove[]; stopping: Set<string> }> {
  const rows: { ad_id: string; minor: string | null; under_way: boolean; stops: boolean }[] =
    await manager.query(
      `with under_way as (
         select ad_id, requested_status in ('paused', 'archived') as stops,
                case when change_type = 'budget' then requested_minor
                     when requested_status = 'active'
                     then (before_image->>'dailyBudgetMinor')::bigint end as minor
           from pending_ad_changes
          where account_id = $1 and stage = 'sent'),
       stood as (
         select h.ad_id, image.*
           from ad_change_history h
          cross join lateral (values (h.before_image), (h.after_image)) image (seen)
          where h.account_id = $1 and h.campaign_id = any($2) and h.effective_at >= $3
            and image.seen->>'status' = 'active')
       select ad_id, minor, true as under_way, coalesce(stops, false) as stops from under_way
       union all
       select ad_id, max((seen->>'dailyBudgetMinor')::bigint), false, false from stood
        group by ad_id`,
      [accountId, [...new Set(campaignIds)], dayStart],
    );
  const moves = rows.flatMap(({ ad_id: adId, minor, under_way: isUnderWay }): DayMove[] =>
    minor === null ? [] : [{ adId, minor: Number(minor), isUnderWay }],
  );
  const stopping = rows.flatMap(({ ad_id, stops }) => (stops ? [ad_id] : []));
  return { moves, stopping: new Set(stopping) };
}

/** Which raises of decisions are paid for: planned growth, and what cuts have freed. */
export async function decisionFunding(
  manager: EntityManager,
  accountId: string,
  decisionIds: string[],
): Promise<Map<string, DecisionFunding>> {
  if (decisionIds.length === 0) return new Map();
  const rows: {
    decision_id: string;
    planned: string;
    freed: string | null;
    used: string | null;
    cuts_open: number;
    next_cut: number | null;
  }[] = await manager.query(
    `with moves as (
       select decision_id, status, not_before,
              coalesce(requested_minor, 0) - coalesce(current_minor, 0) as planned,
              case when change_type = 'budget'
                   then requested_minor - (before_image->>'dailyBudgetMinor')::bigint
                   when before_image->>'status' = 'active'
                   then -(before_image->>'dailyBudgetMinor')::bigint end as made,
              status in ('awaiting_approval', 'pending', 'claimed', 'executing', 'unknown') as open
         from pending_ad_changes
        where account_id = $1 and decision_id = any($2)
          and (change_type = 'budget' or requested_status in ('paused', 'archived')))
     select decision_id, greatest(0, sum(planned)) as planned,
            -sum(made) filter (where planned < 0 and status = 'completed') as freed,
            sum(made) filter (where planned > 0
                                and status in ('executing', 'unknown', 'completed')) as used,
            (count(*) filter (where planned < 0 and open))::int as cuts_open,
            (min(extract(epoch from not_before - now()))
              filter (where planned < 0 and open))::float8 * 1000 as next_cut
       from moves group by decision_id`,
    [accountId, [...new Set(decisionIds)]],
  );
  return new Map(
    rows.map((row) => [
      row.decision_id,
      {
        plannedGrowth: Number(row.planned),
        freed: Number(row.freed ?? 0),
        used: Number(row.used ?? 0),
        cutsOpen: row.cuts_open,
        nextCutMillis: row.next_cut,
      },
    ]),
  );
}
