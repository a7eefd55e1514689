// The look that settles writes which nobody answered: by what the object shows, never by repeating.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../accounts/index.js';
import { Config, PlatformError } from '../shared/index.js';
import type { Ending } from './account-pass.js';
import { AdObjects } from './ad-objects.service.js';
import type { AdChange } from './change.entity.js';
import { keepDoubtful } from './doubt.queries.js';
import { settleChanges, type Settled, type Settling } from './execution.queries.js';
import { Failures } from './failures.service.js';
import { requestedValue, valueOf, type ObjectImage } from './object-image.js';
import { afterDoubt } from './settlement.js';
import { sleepOf } from './sleep.queries.js';

const DOUBT_WORDS: Readonly<Record<string, string>> = {
  completed: 'shows the requested value',
  not_applied: 'still shows the old value, so the write was not taken',
  drift: 'shows a third value, so someone else changed it',
};

@Injectable()
export class Doubts {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly failures: Failures,
    private readonly config: Config,
  ) {}

  /** Looks at the objects of writes that nobody answered. Reading is harmless, so always allowed. */
  async settle(
    account: Account,
    doubts: readonly { change: AdChange; ageMillis: number }[],
  ): Promise<Ending[]> {
    const { manager } = this.database;
    const asleep = await sleepOf(manager, await this.objects.sleepKeys(account));
    if (asleep) {
      // Calling while blocked lengthens the block, and a look can wait.
      for (const { change } of doubts) await keepDoubtful(manager, change, asleep.waitMillis);
      return doubts.map(() => 'unknown');
    }
    const ids = doubts.map(({ change }) => change.adId);
    const seen = await this.objects.lookAllAndAdopt(account, [...new Set(ids)]);
    const images = new Map([...new Set(ids)].map((adId, index) => [adId, seen[index]]));
    const settled: Settled[] = [];
    for (const { change, ageMillis } of doubts) {
      const image = images.get(change.adId);
      const settling =
        image === undefined || image instanceof PlatformError
          ? this.unseen(change, image)
          : doubtSettled(change, image, ageMillis);
      if ('from' in settling) settled.push({ change, settling });
      else await keepDoubtful(this.database.manager, change, settling.waitMillis);
    }
    const moved = await settleChanges(this.database.manager, settled);
    const endings = new Map(
      settled.map(({ change, settling }): [string, Ending] => [
        change.id,
        moved.has(change.id) ? settling.to : 'lost',
      ]),
    );
    return doubts.map(({ change }) => endings.get(change.id) ?? 'unknown');
  }

  private unseen(
    change: AdChange,
    failure: PlatformError | undefined,
  ): Settling | { waitMillis: number } {
    const cause = failure ?? new PlatformError('transient', 'no answer');
    const next = this.failures.consequence(change, cause, false);
    if (next.to === 'failed') {
      const words = `the write was not answered, and the object cannot be read: ${cause.message}`;
      return { from: 'unknown', to: 'failed', outcome: 'unknown', detail: words, error: words };
    }
    return { waitMillis: 'waitMillis' in next ? next.waitMillis : this.config.retryMaxMs };
  }
}

function doubtSettled(
  change: AdChange,
  seen: ObjectImage,
  ageMillis: number,
): Settling | { waitMillis: number } {
  const { changeType, beforeImage, attempts } = change;
  const next = afterDoubt({
    requested: requestedValue(change),
    before: beforeImage ? valueOf(beforeImage, changeType) : null,
    seen: valueOf(seen, changeType),
    ageMillis,
    attempts,
  });
  if (next.to === 'unknown') return next;
  return {
    from: 'unknown',
    ...next,
    blockedBy: next.to === 'blocked' ? 'execution.drift' : null,
    detail: `settled by looking: the object ${DOUBT_WORDS[next.outcome]}`,
    after: next.to === 'completed' ? seen : null,
    isRetry: next.to === 'pending',
  };
}
