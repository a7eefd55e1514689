// Set-based statements on ads.
import type { EntityManager } from 'typeorm';
import type { AdObjectState } from '../../platforms/index.js';
import type { AdValues } from './ad-input.js';
import { Ad } from './ad.entity.js';

/**
 * Inserts or replaces ads; rows that are already exactly so are left alone.
 * Returns the ids that changed. Ids must be distinct within the call.
 */
export async function upsertAds(
  manager: EntityManager,
  accountId: string,
  ads: AdValues[],
): Promise<Set<string>> {
  if (ads.length === 0) return new Set();
  const column = <K extends keyof AdValues>(name: K) => ads.map((ad) => ad[name]);
  const rows: { ad_id: string }[] = await manager.query(
    `with put as (
     insert into ads as a (account_id, ad_id, entity_type, campaign_id, parent_id, name, status,
                           daily_budget_minor, min_budget_minor, max_budget_minor, started_at,
                           learning_phase, creative)
     select $1, d.*
       from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                   $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::boolean[],
                   $13::jsonb[]) d
      order by 2
     on conflict (account_id, ad_id) do update
        set entity_type = excluded.entity_type, campaign_id = excluded.campaign_id,
            parent_id = excluded.parent_id, name = excluded.name, status = excluded.status,
            daily_budget_minor = excluded.daily_budget_minor,
            min_budget_minor = excluded.min_budget_minor,
            max_budget_minor = excluded.max_budget_minor, started_at = excluded.started_at,
            learning_phase = coalesce(excluded.learning_phase, a.learning_phase),
            creative = excluded.creative, updated_at = now()
      where (a.entity_type, a.campaign_id, a.parent_id, a.name, a.status, a.daily_budget_minor,
             a.min_budget_minor, a.max_budget_minor, a.started_at, a.learning_phase, a.creative)
         is distinct from
            (excluded.entity_type, excluded.campaign_id, excluded.parent_id, excluded.name,
             excluded.status, excluded.daily_budget_minor, excluded.min_budget_minor,
             excluded.max_budget_minor, excluded.started_at,
             coalesce(excluded.learning_phase, a.learning_phase), excluded.creative)
     returning ad_id, xmax = 0 as is_new),
     arrived as (
       insert into ad_arrivals (account_id, ad_id) select $1, ad_id from put where is_new
       on conflict do nothing)
     select ad_id from put`,
    [
      accountId,
      column('adId'),
      column('entityType'),
      column('campaignId'),
      column('parentId'),
      column('name'),
      column('status'),
      column('dailyBudgetMinor'),
      column('minBudgetMinor'),
      column('maxBudgetMinor'),
      column('startedAt'),
      column('learningPhase'),
      ads.map((ad) => JSON.stringify(ad.creative)),
    ],
  );
  return new Set(rows.map((row) => row.ad_id));
}

/** Where ads were registered that nobody has taken yet. */
export async function accountsWithArrivals(manager: EntityManager): Promise<string[]> {
  const rows: { account_id: string }[] = await manager.query(
    'select distinct account_id from ad_arrivals order by account_id',
  );
  return rows.map((row) => row.account_id);
}

/** Takes new ads off the list, inside the transaction of whoever makes something of them. */
export async function takeAdArrivals(
  manager: EntityManager,
  accountId: string,
  limit: number,
): Promise<string[]> {
  const rows: { ad_id: string }[] = await manager.query(
    `with taken as (
       delete from ad_arrivals
        where account_id = $1 and ad_id in (
          select ad_id from ad_arrivals where account_id = $1
           order by ad_id limit $2 for update skip locked)
       returning ad_id)
     select ad_id from taken`,
    [accountId, limit],
  );
  return rows.map((row) => row.ad_id);
}

/** What of an object says where it stands in the account's tree. */
export interface AdPlace {
  adId: string;
  entityType: Ad['entityType'];
  campaignId: string;
  parentId: string | null;
  ownsBudget: boolean;
}

/** Where every object stands, in the order of the ids. */
export async function adPlaces(manager: EntityManager, accountId: string): Promise<AdPlace[]> {
  return manager.query(
    `select ad_id as "adId", entity_type as "entityType", campaign_id as "campaignId",
            parent_id as "parentId", daily_budget_minor is not null as "ownsBudget"
       from ads where account_id = $1 order by ad_id`,
    [accountId],
  );
}

export async function hasMoreAds(
  manager: EntityManager,
  accountId: string,
  than: number,
): Promise<boolean> {
  const rows: { more: boolean }[] = await manager.query(
    `select exists (select from ads where account_id = $1 offset $2) as more`,
    [accountId, than],
  );
  return rows[0]?.more ?? false;
}

/** Those of the ids that are ads, by their ids; many times cheaper than through the repository. */
export async function adsByIds(
  manager: EntityManager,
  accountId: string,
  adIds: readonly string[],
): Promise<Ad[]> {
  if (adIds.length === 0) return [];
  return manager.query(
    `select ${columnsOf(manager)} from ads a
      where account_id = $1 and ad_id = any ($2::text[]) order by ad_id`,
    [accountId, adIds],
  );
}

/** Objects directly below these that own no budget of their own. */
export async function adsBelow(
  manager: EntityManager,
  accountId: string,
  adIds: readonly string[],
): Promise<Ad[]> {
  if (adIds.length === 0) return [];
  return manager.query(
    `select ${columnsOf(manager)} from ads a
      where account_id = $1 and daily_budget_minor is null
        and (parent_id = any ($2::text[])
             or (campaign_id = any ($2::text[]) and parent_id is null and ad_id <> campaign_id
                 and entity_type <> 'campaign'))
      order by ad_id`,
    [accountId, adIds],
  );
}

/** One page in the order of the ids, of one campaign or of all. */
export async function pageOfAds(
  manager: EntityManager,
  accountId: string,
  { after, campaignId, limit }: { after?: string; campaignId?: string; limit: number },
): Promise<Ad[]> {
  return manager.query(
    `select ${columnsOf(manager)} from ads a
      where account_id = $1 and ($2::text is null or ad_id > $2)
        and ($3::text is null or campaign_id = $3)
      order by ad_id limit $4`,
    [accountId, after ?? null, campaignId ?? null, limit],
  );
}

function columnsOf(manager: EntityManager): string {
  return manager.connection
    .getMetadata(Ad)
    .columns.map(({ databaseName, propertyName, type }) => {
      const cast = type === 'bigint' ? '::float8' : '';
      return `a.${databaseName}${cast} as "${propertyName}"`;
    })
    .join(', ');
}

/** Ids only: bulk intake asks this for every request. */
export async function knownAds(
  manager: EntityManager,
  accountId: string,
  adIds: string[],
): Promise<Set<string>> {
  if (adIds.length === 0) return new Set();
  const rows: { ad_id: string }[] = await manager.query(
    'select ad_id from ads where account_id = $1 and ad_id = any ($2::text[])',
    [accountId, adIds],
  );
  return new Set(rows.map((row) => row.ad_id));
}

export async function campaignIds(manager: EntityManager, accountId: string): Promise<string[]> {
  const rows: { campaign_id: string }[] = await manager.query(
    'select distinct campaign_id from ads where account_id = $1',
    [accountId],
  );
  return rows.map((row) => row.campaign_id);
}

/** Rows are locked in one order by everybody: two writers never wait for each other. */
const LOCKED = `
  select account_id, ad_id from ads
   where account_id = $1 and ad_id = any ($2::text[])
   order by ad_id for no key update`;

/** Keeps registered budgets and statuses at what the platform holds. Returns how many differed. */
export async function adoptStates(
  manager: EntityManager,
  accountId: string,
  states: AdObjectState[],
): Promise<number> {
  const rows: unknown[][] = await manager.query(
    `with locked as (${LOCKED})
     update ads a set status = d.status, daily_budget_minor = d.daily_budget_minor,
                      updated_at = now()
       from unnest($2::text[], $3::text[], $4::bigint[]) d (ad_id, status, daily_budget_minor)
       join locked using (ad_id)
      where a.account_id = $1 and a.ad_id = d.ad_id
        and (a.status, a.daily_budget_minor) is distinct from (d.status, d.daily_budget_minor)
     returning 1`,
    [
      accountId,
      states.map((state) => state.adId),
      states.map((state) => state.status),
      states.map((state) => state.dailyBudgetMinor),
    ],
  );
  return rows[0]?.length ?? 0;
}

/** Keeps what the platform says of learning phases. */
export async function adoptLearningPhases(
  manager: EntityManager,
  accountId: string,
  phases: readonly { adId: string; isLearning: boolean }[],
): Promise<void> {
  await manager.query(
    `with locked as (${LOCKED})
     update ads a set learning_phase = d.is_learning, updated_at = now()
       from unnest($2::text[], $3::boolean[]) d (ad_id, is_learning)
       join locked using (ad_id)
      where a.account_id = $1 and a.ad_id = d.ad_id
        and a.learning_phase is distinct from d.is_learning`,
    [accountId, phases.map(({ adId }) => adId), phases.map(({ isLearning }) => isLearning)],
  );
}
