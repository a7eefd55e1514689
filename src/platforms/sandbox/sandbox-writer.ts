// The simulated account written to like any other.
import { Injectable } from '@nestjs/common';
import type { PlatformError } from '../../shared/index.js';
import type { PlatformAccount } from '../ads/ad-account.js';
import { AdWriter, type AdWrite, type WriteReceipt } from '../ads/ad-writer.js';
import { outcomeOf } from '../ads/outcome.js';
import { writeAd } from './observe.js';
import { SandboxWorlds } from './sandbox-worlds.service.js';

@Injectable()
export class SandboxWriter extends AdWriter {
  readonly canValidate = false;
  /** Nobody throttles it. */
  readonly writesPerCall = 50;

  constructor(private readonly worlds: SandboxWorlds) {
    super();
  }

  /** All of them under one lock of the world. */
  async writeObjects(
    account: PlatformAccount,
    writes: readonly AdWrite[],
  ): Promise<(WriteReceipt | PlatformError)[]> {
    let outcomes: (WriteReceipt | PlatformError)[] = [];
    await this.worlds.change(account.accountId, (before) => {
      let world = before;
      outcomes = writes.map((write) =>
        outcomeOf(() => {
          world = writeAd(world, write);
          return { traceId: null };
        }),
      );
      return world;
    });
    return outcomes;
  }
}
