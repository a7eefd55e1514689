// A simulated account lives on: its world moves, its new ads are registered and every reading on
// the way is kept, all in one transaction, so that no stretch of its life is ever lost.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountScope, AdsService, type Account, type AdValues } from '../../accounts/index.js';
import {
  MetricSources,
  MetricsIntake,
  SNAPSHOTS_TABLE,
  type MetricSource,
  type Scraped,
  type SnapshotValues,
} from '../../metrics/index.js';
import {
  SandboxWorlds,
  advanceWithReadings,
  readAd,
  visibleAds,
  type SandboxReading,
  type SandboxWorld,
} from '../../platforms/index.js';
import { Clock, ensureMonths } from '../../shared/index.js';

/** The world moves in six-hour steps, so a finer rhythm would read the same numbers again. */
export const READING_HOURS = 6;

@Injectable()
export class SandboxTime implements MetricSource {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly worlds: SandboxWorlds,
    private readonly ads: AdsService,
    private readonly scope: AccountScope,
    private readonly intake: MetricsIntake,
    private readonly clock: Clock,
    sources: MetricSources,
  ) {
    sources.register(this);
  }

  takes({ simulated }: Account): boolean {
    return simulated;
  }

  /** A simulated account never lags behind the real day; people may send it ahead. */
  async read(account: Account): Promise<Scraped> {
    const present = await this.scope.now(account);
    const now = this.clock.now();
    return this.advance(account, now > present ? now : present);
  }

  /** Lets a simulated account live on until `until`, keeping every reading on the way. */
  async advance(account: Account, until: Date): Promise<Scraped> {
    await this.prepareMonths(await this.scope.now(account), until);
    return this.database.transaction(async (manager) => {
      let readings: SandboxReading[] = [];
      const change = (current: SandboxWorld) => {
        const advanced = advanceWithReadings(current, until.getTime(), READING_HOURS);
        readings = advanced.readings;
        return advanced.world;
      };
      const world = await this.worlds.change(account.accountId, change, manager);
      return this.keep(manager, account, world, readings);
    });
  }

  /**
   * A new account, its world and the readings that were taken while it was made: all or nothing,
   * for an account without a world could never be read.
   */
  async begin<Created extends { account: Account }>(
    create: (manager: EntityManager) => Promise<Created>,
    world: SandboxWorld,
    readings: SandboxReading[],
  ): Promise<Created> {
    const first = readings[0]?.observedAt ?? world.clockAt;
    await this.prepareMonths(new Date(first), new Date(world.clockAt));
    return this.database.transaction(async (manager) => {
      const created = await create(manager);
      await this.worlds.create(manager, created.account.accountId, world);
      await this.keep(manager, created.account, world, readings);
      return created;
    });
  }

  private async keep(
    manager: EntityManager,
    account: Account,
    world: SandboxWorld,
    readings: SandboxReading[],
  ): Promise<Scraped> {
    const { accountId } = account;
    const ads = visibleAds(world).map((ad) => ad.adId);
    const newAds = await this.ads.registerMissing(manager, accountId, adsOf(world));
    // A launch takes its money from the running ads, so their budgets have moved as well.
    await this.ads.adopt(
      accountId,
      ads.map((adId) => readAd(world, adId)),
      manager,
    );
    const snapshots = await this.intake.keep(account, readings.map(valuesOf), manager);
    return { ads: new Set(readings.map(({ adId }) => adId)).size, snapshots, newAds };
  }

  private async prepareMonths(from: Date, until: Date): Promise<void> {
    const months: Date[] = [until];
    for (
      let month = Date.UTC(from.getUTCFullYear(), from.getUTCMonth());
      month <= until.getTime();
      month = Date.UTC(new Date(month).getUTCFullYear(), new Date(month).getUTCMonth() + 1)
    ) {
      months.push(new Date(month));
    }
    await ensureMonths(this.database, SNAPSHOTS_TABLE, months);
  }
}

function adsOf(world: SandboxWorld): AdValues[] {
  return visibleAds(world).map((ad) => ({
    adId: ad.adId,
    entityType: 'adset',
    campaignId: ad.campaignId,
    parentId: null,
    name: ad.name,
    status: ad.status,
    dailyBudgetMinor: ad.dailyBudgetMinor,
    minBudgetMinor: null,
    maxBudgetMinor: null,
    learningPhase: null,
    startedAt: new Date(ad.startedAt),
    creative: { ...ad.creative },
  }));
}

function valuesOf(reading: SandboxReading): SnapshotValues {
  const { adId, impressions, clicks, spendMinor, conversions, revenueMinor } = reading;
  return {
    adId,
    observedAt: new Date(reading.observedAt),
    impressions,
    clicks,
    spendMinor,
    conversions,
    leads: null,
    revenueMinor,
    pipelineValueMinor: null,
  };
}
