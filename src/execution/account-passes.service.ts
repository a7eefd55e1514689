// What has to be known of an account before its claimed changes are carried out, and how they are
// laid out in calls.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, AdsService, type Account, type Ad } from '../accounts/index.js';
import {
  Config,
  MILLIS_PER_DAY,
  MILLIS_PER_HOUR,
  localDay,
  startOfLocalDay,
} from '../shared/index.js';
import type { AccountPass } from './account-pass.js';
import { AdObjects } from './ad-objects.service.js';
import { layOut, type BatchSettings, type Placed } from './batches.js';
import type { AdChange } from './change.entity.js';
import { guardLimits, longestWindowHours, modeOf } from './execution-mode.js';
import { budgetSightings } from './guard.queries.js';
import { waitsForMoney } from './reserve-group.js';
import { sleepOf, type SleepKey } from './sleep.queries.js';

@Injectable()
export class AccountPasses {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly objects: AdObjects,
    private readonly config: Config,
  ) {}

  async of(accountId: string, changes: readonly AdChange[]): Promise<AccountPass> {
    const account = await this.scope.account({ kind: 'admin', name: 'admin' }, accountId);
    const adIds = [...new Set(changes.map((change) => change.adId))];
    const now = await this.scope.now(account);
    const hours = longestWindowHours(guardLimits(this.config));
    const since = new Date(now.getTime() - hours * MILLIS_PER_HOUR);
    const ads = await this.ads.all(accountId, { adIds });
    const writes = modeOf(account, this.config.executionMode) !== 'shadow';
    const sleepKeys = await this.objects.sleepKeys(account);
    const asleep = await sleepOf(this.database.manager, sleepKeys);
    return {
      account,
      ads: new Map(ads.map((ad) => [ad.adId, ad])),
      sightings: await budgetSightings(this.database.manager, accountId, adIds, since),
      now,
      millisToDayEnd: account.simulated ? null : millisToDayEnd(account, now),
      limits: writes && !asleep ? await this.objects.limits(account) : null,
      active: changes.some(isStop) ? await this.activeOwners(accountId) : null,
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
    // A simulated account has no points to spare.
    const metaAccessTier = account.simulated ? 'standard_access' : this.config.metaAccessTier;
    return [new Map(places), { ...this.config, metaAccessTier }];
  }

  sleepKeys(account: Account): Promise<SleepKey[]> {
    return this.objects.sleepKeys(account);
  }

  private async activeOwners(accountId: string): Promise<Set<string>> {
    const ads = await this.ads.all(accountId);
    return new Set(
      ads
        .filter(({ status, dailyBudgetMinor }) => status === 'active' && dailyBudgetMinor !== null)
        .map(({ adId }) => adId),
    );
  }
}

function isStop({ requestedStatus }: AdChange): boolean {
  return requestedStatus === 'paused' || requestedStatus === 'archived';
}

function millisToDayEnd({ timezone }: Account, now: Date): number {
  const today = startOfLocalDay(localDay(now, timezone), timezone);
  // 26 hours on are in the next day even where a day has 25; its start ends this one.
  const next = new Date(today.getTime() + MILLIS_PER_DAY + 2 * MILLIS_PER_HOUR);
  return startOfLocalDay(localDay(next, timezone), timezone).getTime() - now.getTime();
}
