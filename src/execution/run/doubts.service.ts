// The look that settles writes which nobody answered: by what the object shows, never by repeating.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { Config, PlatformError } from '../../shared/index.js';
import type { AccountPass, Ending } from './account-pass.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { keepDoubtful, type StillInDoubt } from './doubt.queries.js';
import { settleChanges, type Settled, type Settling } from '../queue/claims.queries.js';
import { Failures } from './failures.service.js';
import { requestedValue, valueOf, type ObjectImage } from '../objects/object-image.js';
import { afterDoubt } from './settlement.js';
import { sleepOf } from '../objects/sleep.queries.js';

const DOUBT_WORDS: Readonly<Record<string, string>> = {
  completed: 'shows the requested value',
  not_applied: 'still shows the old value, so the write was not taken',
  drift: 'shows a third value, so someone else changed it',
};

/** Whom the looks are for, and whether the platform told them to wait. */
type Asking = Pick<AccountPass, 'account' | 'sleepKeys' | 'asleep'>;

@Injectable()
export class Doubts {
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
    doubts: readonly { change: AdChange; ageMillis: number }[],
  ): Promise<Ending[]> {
    const { manager } = this.database;
    const sleepKeys = await this.objects.sleepKeys(account);
    const pass: Asking = { account, sleepKeys, asleep: await sleepOf(manager, sleepKeys) };
    if (pass.asleep) {
      // Calling while blocked lengthens the block, and a look can wait.
      for (const { change } of doubts) await keepDoubtful(manager, change, pass.asleep);
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
          ? await this.unseen(change, pass, image)
          : doubtSettled(change, image, ageMillis);
      if ('from' in settling) settled.push({ change, settling });
      else await keepDoubtful(manager, change, settling);
    }
    const moved = await settleChanges(manager, settled);
    const endings = new Map(
      settled.map(({ change, settling }): [string, Ending] => [
        change.id,
        moved.has(change.id) ? settling.to : 'lost',
      ]),
    );
    return doubts.map(({ change }) => endings.get(change.id) ?? 'unknown');
  }

  private async unseen(
    change: AdChange,
    pass: Asking,
    failure: PlatformError | undefined,
  ): Promise<Settling | StillInDoubt> {
    const cause = failure ?? new PlatformError('transient', 'no answer');
    const next = this.failures.consequence(change, cause, false);
    if (!pass.asleep) await this.failures.sleep(pass, next, cause.message);
    if (next.to === 'failed') {
      const words = `the write was not answered, and the object cannot be read: ${cause.message}`;
      return { from: 'unknown', to: 'failed', outcome: 'unknown', detail: words, error: words };
    }
    return {
      waitMillis: 'waitMillis' in next ? next.waitMillis : this.config.retryMaxMs,
      blockedBy: 'blockedBy' in next ? next.blockedBy : null,
    };
  }
}

function doubtSettled(
  change: AdChange,
  seen: ObjectImage,
  ageMillis: number,
): Settling | StillInDoubt {
  const { changeType, beforeImage, retries } = change;
  const next = afterDoubt({
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
    detail: `settled by looking: the object ${DOUBT_WORDS[next.outcome]}`,
    after: next.to === 'completed' ? seen : null,
    isRetry: next.to === 'pending',
  };
}
