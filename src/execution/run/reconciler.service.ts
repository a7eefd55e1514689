// The look that settles writes which nobody answered: by what the object shows, never by repeating.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { Config, PlatformError } from '../../shared/index.js';
import type { Outcome } from './account-context.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { keepUnknown, type StillUnknown } from './reconcile.queries.js';
import { settleChanges, type Settled, type Settling } from '../queue/claims.queries.js';
import { Failures } from './failures.service.js';
import { requestedValue, valueOf, type ObjectImage } from '../objects/object-image.js';
import { afterLook, type AfterFailure } from './settlement.js';
import { cooldownOf } from '../objects/cooldown.queries.js';

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  completed: 'shows the requested value',
  not_applied: 'still shows the old value, so the write was not taken',
  drift: 'shows a third value, so someone else changed it',
};

@Injectable()
export class Reconciler {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly failures: Failures,
    private readonly config: Config,
  ) {}

  /**
   * Looks at the objects of writes that nobody answered. Reading is harmless, so always allowed.
   */
  async settle(
    account: Account,
    unknown: readonly { change: AdChange; ageMillis: number }[],
  ): Promise<Outcome[]> {
    const { manager } = this.database;
    const cooldownKeys = await this.objects.cooldownKeys(account);
    let cooldown = await cooldownOf(manager, cooldownKeys);
    if (cooldown) {
      // Calling while blocked lengthens the block, and a look can wait.
      for (const { change } of unknown) await keepUnknown(manager, change, cooldown);
      return unknown.map(() => 'unknown');
    }
    const ids = [...new Set(unknown.map(({ change }) => change.adId))];
    const seen = await this.objects.lookAllAndAdopt(account, ids);
    const images = new Map(ids.map((adId, index) => [adId, seen[index]]));
    const settled: Settled[] = [];
    for (const { change, ageMillis } of unknown) {
      const image = images.get(change.adId);
      let settling: Settling | StillUnknown;
      if (image === undefined || image instanceof PlatformError) {
        const cause = image ?? new PlatformError('transient', 'no answer');
        const next = this.failures.consequence(change, cause, false);
        const reach = { account, cooldownKeys, cooldown };
        cooldown = await this.failures.coolDown(reach, next, cause.message);
        settling = this.unseen(next, cause);
      } else settling = settledByLook(change, image, ageMillis);
      if ('from' in settling) settled.push({ change, settling });
      else await keepUnknown(manager, change, settling);
    }
    const moved = await settleChanges(manager, settled);
    const outcomes = new Map(
      settled.map(({ change, settling }): [string, Outcome] => [
        change.id,
        moved.has(change.id) ? settling.to : 'lost',
      ]),
    );
    return unknown.map(({ change }) => outcomes.get(change.id) ?? 'unknown');
  }

  private unseen(next: AfterFailure, { message }: PlatformError): Settling | StillUnknown {
    if (next.to === 'failed') {
      const words = `the write was not answered, and the object cannot be read: ${message}`;
      return { from: 'unknown', to: 'failed', outcome: 'unknown', detail: words, error: words };
    }
    return {
      waitMillis: 'waitMillis' in next ? next.waitMillis : this.config.retryMaxMs,
      blockedBy: 'blockedBy' in next ? next.blockedBy : null,
    };
  }
}

function settledByLook(
  change: AdChange,
  seen: ObjectImage,
  ageMillis: number,
): Settling | StillUnknown {
  const { changeType, beforeImage, retries } = change;
  const next = afterLook({
    requested: requestedValue(change),
    before: beforeImage ? valueOf(beforeImage, changeType) : null,
    seen: valueOf(seen, changeType),
    ageMillis,
    retries,
  });
  if (next.to === 'unknown') return { waitMillis: next.waitMillis, blockedBy: null };
  return {
    from: 'unknown',
    ...next,
    blockedBy: next.to === 'blocked' ? 'execution.drift' : null,
    detail: `settled by looking: the object ${OUTCOME_WORDS[next.outcome]}`,
    after: next.to === 'completed' ? seen : null,
    isRetry: next.to === 'pending',
  };
}
