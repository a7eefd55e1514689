// The platforms' own numbers, brought home. A simulated account first lives on to the instant asked
// for; its new ads are registered and every reading on the way is kept.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountScope,
  AdsService,
  CredentialsService,
  type Account,
  type Ad,
  type AdValues,
} from '../../accounts/index.js';
import {
  AdPlatforms,
  SandboxWorlds,
  advanceWithReadings,
  readAd,
  visibleAds,
  type MetricReading,
  type SandboxReading,
  type SandboxWorld,
} from '../../platforms/index.js';
import { Clock, MILLIS_PER_DAY } from '../../shared/index.js';
import type { SnapshotValues } from '../reports/metric-values.js';
import { MetricsIntake } from '../reports/metrics-intake.service.js';

/** The world moves in six-hour steps, so a finer rhythm would read the same numbers again. */
const READING_HOURS = 6;
/** An archived object's figures are corrected for no longer than this. */
const ARCHIVED_READ_MILLIS = 2 * MILLIS_PER_DAY;
/** One insert per so many readings keeps statements and memory small. */
const STORE_BATCH = 1000;

export interface Scraped {
  ads: number;
  snapshots: number;
  newAds: number;
}

@Injectable()
export class Scraper {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly platforms: AdPlatforms,
    private readonly worlds: SandboxWorlds,
    private readonly ads: AdsService,
    private readonly credentials: CredentialsService,
    private readonly scope: AccountScope,
    private readonly intake: MetricsIntake,
    private readonly clock: Clock,
  ) {}

  /** null when the account has no credentials to read with. */
  async scrape(account: Account): Promise<Scraped | null> {
    if (account.simulated) {
      // A simulated account never lags behind the real day; people may send it ahead.
      const present = await this.scope.now(account);
      const now = this.clock.now();
      return this.advance(account, now > present ? now : present);
    }
    const credentials = await this.credentials.of(account.accountId, 'meta');
    if (!credentials) return null;
    const { accountId, currency, timezone } = account;
    const ads = (await this.ads.all(accountId)).filter((ad) => mayStillMove(ad, this.clock.now()));
    const { reader } = this.platforms.of(account);
    const access = { accountId, currency, timezone, credentials };
    const readings = await reader.readMetrics(access, ads);
    const snapshots = await this.store(account, readings.map(fromPlatform));
    return { ads: readings.length, snapshots, newAds: 0 };
  }

  /** Lets a simulated account live on until `until`, keeping every reading on the way. */
  async advance(account: Account, until: Date): Promise<Scraped> {
    let readings: SandboxReading[] = [];
    const world = await this.worlds.change(account.accountId, (current) => {
      const advanced = advanceWithReadings(current, until.getTime(), READING_HOURS);
      readings = advanced.readings;
      return advanced.world;
    });
    const newAds = await this.registerAds(account, world);
    const snapshots = await this.store(account, readings.map(fromSandbox));
    return { ads: new Set(readings.map(({ adId }) => adId)).size, snapshots, newAds };
  }

  /** Readings that were taken while the world was made (a history before the account). */
  async keepHistory(account: Account, world: SandboxWorld, readings: SandboxReading[]) {
    await this.registerAds(account, world);
    await this.store(account, readings.map(fromSandbox));
  }

  private async registerAds(account: Account, world: SandboxWorld): Promise<number> {
    const ads = visibleAds(world).map((ad): AdValues => ({
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
    const { accountId } = account;
    const added = await this.ads.registerMissing(this.database.manager, accountId, ads);
    // A launch takes its money from the running ads, so their budgets have moved as well.
    const states = ads.map(({ adId }) => readAd(world, adId));
    await this.ads.adopt(accountId, states);
    return added;
  }

  private async store(account: Account, rows: SnapshotValues[]): Promise<number> {
    let accepted = 0;
    for (let from = 0; from < rows.length; from += STORE_BATCH) {
      const batch = rows.slice(from, from + STORE_BATCH);
      const indexed = batch.map((item, index) => ({ index, item }));
      accepted += (await this.intake.store(account, 'platform', indexed, [])).accepted;
    }
    return accepted;
  }
}

/** What is archived spends nothing more, and what it spent is settled after two days. */
function mayStillMove({ status, updatedAt }: Ad, now: Date): boolean {
  return status !== 'archived' || now.getTime() - updatedAt.getTime() < ARCHIVED_READ_MILLIS;
}

function fromPlatform(reading: MetricReading): SnapshotValues {
  return { ...reading, leads: null, pipelineValueMinor: null };
}

function fromSandbox(reading: SandboxReading): SnapshotValues {
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
