// The simulated account behind the same interface as Meta.
import { Injectable } from '@nestjs/common';
import {
  AdPlatform,
  type AdObjectState,
  type AdWrite,
  type MetricReading,
  type PlatformAccount,
  type WriteReceipt,
} from './ad-platform.js';
import { observe, readAd, writeAd } from './sandbox/observe.js';
import { SandboxWorlds } from './sandbox-worlds.service.js';

@Injectable()
export class SandboxPlatform extends AdPlatform {
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

  async readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]> {
    const wanted = new Set(adIds);
    return observe(await this.worlds.read(account.accountId))
      .filter((reading) => wanted.has(reading.adId))
      .map((reading) => ({ ...reading, observedAt: new Date(reading.observedAt) }));
  }
}
