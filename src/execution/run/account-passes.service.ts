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
import type { AccountPass } from './account-pass.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import { layOut, type BatchSettings, type Placed } from './batches.js';
import type { AdChange } from '../objects/change.entity.js';
import { longestWindowHours, modeOf } from '../guards/execution-mode.js';
import { budgetSightings } from '../guards/guard.queries.js';
import { LimitsOfAccounts } from '../guards/limits-of-accounts.service.js';
import { stops, waitsForMoney } from '../guards/reserve-group.js';
import { sleepOf, type SleepKey } from '../objects/sleep.queries.js';

/** One call, and few points of the account's score, where it matters most. */
const OTHERS_LOOKED_AT_MAX = 10;

@Injectable()
export class AccountPasses {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly objects: AdObjects,
    private readonly guardLimits: LimitsOfAccounts,
    private readonly config: Config,
  ) {}

  async of(accountId: string, changes: readonly AdChange[]): Promise<AccountPass> {
    const account = await this.accounts.byId(accountId);
    const adIds = [...new Set(changes.map((change) => change.adId))];
    const now = await this.scope.now(account);
    const guardLimits = await this.guardLimits.of(account);
    const since = new Date(now.getTime() - longestWindowHours(guardLimits) * MILLIS_PER_HOUR);
    const ads = await this.ads.all(accountId, { adIds });
    const writes = modeOf(account, this.config.executionMode) !== 'shadow';
    const sleepKeys = await this.objects.sleepKeys(account);
    const asleep = await sleepOf(this.database.manager, sleepKeys);
    const limits = writes && !asleep ? await this.objects.limits(account) : null;
    const failure = limits instanceof PlatformError ? limits : null;
    return {
      account,
      ads: new Map(ads.map((ad) => [ad.adId, ad])),
      sightings: await budgetSightings(this.database.manager, accountId, adIds, since),
      now,
      day: dayOf(account, now),
      guardLimits,
      limits: limits instanceof PlatformError ? null : limits,
      failure,
      active: changes.some(stops)
        ? await this.running(account, changes, writes && !asleep && !failure)
        : null,
      sleepKeys,
      asleep,
    };
  }

  /** Groups of changes, each for one call. */
  groups(changes: readonly AdChange[], { account, ads }: AccountPass): AdChange[][] {
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
      return [change.id, { adId, campaignId, entityType, waitsForMoney: waitsForMoney(change) }];
    });
    const writesPerCall = this.objects.writesPerCall(account);
    return [new Map(places), { ...this.config, writesPerCall }];
  }

  sleepKeys(account: Account): Promise<SleepKey[]> {
    return this.objects.sleepKeys(account);
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

/** The day of the account that contains `now`. */
export function dayOf(
  { timezone }: Pick<Account, 'timezone'>,
  now: Date,
): { start: Date; millisToEnd: number } {
  const { start, end } = dayBounds(localDay(now, timezone), timezone);
  return { start, millisToEnd: end.getTime() - now.getTime() };
}
