// The simulated account read like any other.
import { Injectable } from '@nestjs/common';
import type { PlatformError } from '../../shared/index.js';
import type {
  AccountLimits,
  AdObject,
  DeliveryFacts,
  GuardedState,
  MetricReading,
  PlatformAccount,
} from '../ads/ad-account.js';
import { AdAccountReader } from '../ads/ad-account-reader.js';
import { outcomeOf } from '../ads/outcome.js';
import { observe, readAd } from './observe.js';
import { SandboxWorlds } from './sandbox-worlds.service.js';

const SILENT: DeliveryFacts = {
  effectiveStatus: null,
  isDelivering: null,
  isLearning: null,
  hasBudgetSchedule: null,
};

@Injectable()
export class SandboxReader extends AdAccountReader {
  constructor(private readonly worlds: SandboxWorlds) {
    super();
  }

  async readObjects(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]> {
    const world = await this.worlds.read(account.accountId);
    return adIds.map((adId) => outcomeOf(() => ({ ...readAd(world, adId), delivery: SILENT })));
  }

  /** No auction, no caps and no learning phase are modelled: nothing to say. */
  readLimits(): Promise<AccountLimits> {
    const nothing = { minDailyBudgetMinor: null, spendCapMinor: null, amountSpentMinor: null };
    return Promise.resolve({ ...nothing, isDisabled: false });
  }

  readRecentSpend(): Promise<Map<string, number>> {
    return Promise.resolve(new Map());
  }

  async readMetrics(
    account: PlatformAccount,
    objects: readonly AdObject[],
  ): Promise<MetricReading[]> {
    const wanted = new Set(objects.map(({ adId }) => adId));
    return observe(await this.worlds.read(account.accountId))
      .filter((reading) => wanted.has(reading.adId))
      .map((reading) => ({ ...reading, observedAt: new Date(reading.observedAt) }));
  }
}
