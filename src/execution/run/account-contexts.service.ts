// What has to be known of an account before its claimed changes are carried out, and how they are
// laid out in calls.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountScope,
  AccountsService,
  AdsService,
  type Account,
  type Ad,
} from '../../accounts/index.js';
import { Config, MILLIS_PER_HOUR, PlatformError, dayBounds, localDay } from '../../shared/index.js';
import { longestWindowHours, modeOf } from '../guards/execution-mode.js';
import { budgetSightings } from '../guards/guard.queries.js';
import { AccountLimitsReader } from '../guards/account-limits.service.js';
import { stops, waitsForFunding } from '../guards/reserve-group.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { cooldownOf, type CooldownKey } from '../objects/cooldown.queries.js';
import type { AccountContext } from './account-context.js';
import { layOut, type BatchSettings, type Placed } from './batches.js';

/** One call, and few points of the account's score, where it matters most. */
const OTHERS_LOOKED_AT_MAX = 10;
/** The recent spend covers these days; a younger object has not had the time to spend them. */
const SPEND_WINDOW_MILLIS = 3 * 24 * MILLIS_PER_HOUR;

@Injectable()
export class AccountContexts {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly objects: AdObjects,
    private readonly guardLimits: AccountLimitsReader,
    private readonly config: Config,
  ) {}

  async of(accountId: string, changes: readonly AdChange[]): Promise<AccountContext> {
    const { manager } = this.database;
    const account = await this.accounts.byId(accountId);
    const adIds = [...new Set(changes.map((change) => change.adId))];
    const now = await this.scope.now(account);
    const guardLimits = await this.guardLimits.of(account);
    const since = new Date(now.getTime() - longestWindowHours(guardLimits) * MILLIS_PER_HOUR);
    const ads = new Map((await this.ads.all(accountId, { adIds })).map((ad) => [ad.adId, ad]));
    const writes = modeOf(account, this.config.executionMode) !== 'shadow';
    const cooldownKeys = await this.objects.cooldownKeys(account);
    const cooldown = await cooldownOf(manager, cooldownKeys);
    const limits = writes && !cooldown ? await this.objects.limits(account) : null;
    const failure = limits instanceof PlatformError ? limits : null;
    const canLook = writes && !cooldown && !failure;
    return {
      ...{ account, writes, ads, now, guardLimits, failure, cooldownKeys, cooldown },
      sightings: await budgetSightings(manager, accountId, adIds, since),
      day: dayOf(account, now),
      limits: limits instanceof PlatformError ? null : limits,
      active: changes.some(stops) ? await this.running(account, changes, canLook) : null,
      toRaise: changes.flatMap((change) => seasonedRaise(change, ads, now)),
    };
  }

  /** Groups of changes, each for one call. */
  groups(changes: readonly AdChange[], { account, ads }: AccountContext): AdChange[][] {
    const [places, settings] = this.places(account, changes, [...ads.values()]);
    const placed = changes.flatMap((change) => {
      const place = places.get(change.id);
      return place ? [{ ...place, change }] : [];
    });
    return layOut(placed, settings).map((group) => group.map(({ change }) => change));
  }

  /** Where changes belong, and by which settings of this account they are laid out. */
  places(
    account: Account,
    changes: readonly AdChange[],
    ads: readonly Ad[],
  ): [Map<string, Placed>, BatchSettings] {
    const kinds = new Map(ads.map(({ adId, entityType }) => [adId, entityType]));
    const places = changes.map((change): [string, Placed] => {
      const { adId, campaignId } = change;
      const entityType = kinds.get(adId) ?? 'adset';
      const waits = waitsForFunding(change);
      return [change.id, { adId, campaignId, entityType, waitsForFunding: waits }];
    });
    const writesPerCall = this.objects.writesPerCall(account);
    return [new Map(places), { ...this.config, writesPerCall }];
  }

  cooldownKeys(account: Account): Promise<CooldownKey[]> {
    return this.objects.cooldownKeys(account);
  }

  /**
   * What runs, by the registered state; when little is left it is looked at, because a person may
   * have stopped it since, and then the next stop would be that of the last one.
   */
  private async running(
    account: Account,
    changes: readonly AdChange[],
    canLook: boolean,
  ): Promise<Set<string>> {
    const owners = await this.ads.running(account.accountId);
    const ids = new Set(owners.map(({ adId }) => adId));
    const stopped = new Set(changes.filter(stops).map(({ adId }) => adId));
    const others = [...ids].filter((adId) => !stopped.has(adId));
    if (!canLook || others.length === 0 || others.length > OTHERS_LOOKED_AT_MAX) return ids;
    const seen = await this.objects.lookAllAndAdopt(account, others);
    others.forEach((adId, index) => {
      const image = seen[index];
      if (image && 'status' in image && image.status !== 'active') ids.delete(adId);
    });
    return ids;
  }
}

/** A raise of an object that has had the time to spend what its recent spend is told of. */
function seasonedRaise(
  { adId, requestedMinor }: AdChange,
  ads: ReadonlyMap<string, Ad>,
  now: Date,
): Ad[] {
  const ad = ads.get(adId);
  if (!ad || (requestedMinor ?? 0) <= (ad.dailyBudgetMinor ?? 0)) return [];
  const since = ad.startedAt?.getTime() ?? 0;
  return since < now.getTime() - SPEND_WINDOW_MILLIS ? [ad] : [];
}

/** The day of the account that contains `now`. */
export function dayOf(
  { timezone }: Pick<Account, 'timezone'>,
  now: Date,
): { start: Date; millisToEnd: number } {
  const { start, end } = dayBounds(localDay(now, timezone), timezone);
  return { start, millisToEnd: end.getTime() - now.getTime() };
}
