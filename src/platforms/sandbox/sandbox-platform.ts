// The simulated account behind the same interface as Meta.
import { Injectable } from '@nestjs/common';
import { PlatformError } from '../../shared/index.js';
import {
  AdPlatform,
  type AccountLimits,
  type AdObjectState,
  type AdWrite,
  type DeliveryFacts,
  type GuardedState,
  type MetricReading,
  type PlatformAccount,
  type WriteReceipt,
} from '../ads/ad-platform.js';
import { observe, readAd, writeAd } from './observe.js';
import { SandboxWorlds } from './sandbox-worlds.service.js';

@Injectable()
export class SandboxPlatform extends AdPlatform {
  readonly canValidate = false;

  constructor(private readonly worlds: SandboxWorlds) {
    super();
  }

  async readObject(account: PlatformAccount, adId: string): Promise<AdObjectState> {
    return readAd(await this.worlds.read(account.accountId), adId);
  }

  async write(account: PlatformAccount, write: AdWrite): Promise<WriteReceipt> {
    await this.worlds.change(account.accountId, (world) => writeAd(world, write));
    return { fbtraceId: null };
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

  /** All of them under one lock of the world. */
  async writeBatch(
    account: PlatformAccount,
    writes: readonly AdWrite[],
  ): Promise<(WriteReceipt | PlatformError)[]> {
    let outcomes: (WriteReceipt | PlatformError)[] = [];
    await this.worlds.change(account.accountId, (before) => {
      let world = before;
      outcomes = writes.map((write) =>
        outcomeOf(() => {
          world = writeAd(world, write);
          return { fbtraceId: null };
        }),
      );
      return world;
    });
    return outcomes;
  }

  async readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]> {
    const wanted = new Set(adIds);
    return observe(await this.worlds.read(account.accountId))
      .filter((reading) => wanted.has(reading.adId))
      .map((reading) => ({ ...reading, observedAt: new Date(reading.observedAt) }));
  }
}

const SILENT: DeliveryFacts = {
  effectiveStatus: null,
  isLearning: null,
  hasBudgetSchedule: null,
};

function outcomeOf<T>(act: () => T): T | PlatformError {
  try {
    return act();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
}
