// What a failure of the platform means for a change and for its account, in one place for the look
// before a write, the write, and the look after it.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, Log, PlatformError, SeededRandom, freshSeed } from '../../shared/index.js';
import type { AccountPass } from './account-pass.js';
import type { AdChange } from '../objects/change.entity.js';
import { afterFailure, type AfterFailure } from './settlement.js';
import { postponePending, putToSleep } from '../objects/sleep.queries.js';

@Injectable()
export class Failures {
  private readonly chance = new SeededRandom(freshSeed());

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  consequence(change: AdChange, failure: PlatformError, sent: boolean): AfterFailure {
    const { kind, scope, retryAfterMs: retryAfterMillis } = failure;
    const { retries } = change;
    const { retryBaseMs: baseMillis, retryMaxMs: maxMillis } = this.config;
    return afterFailure(
      { kind, scope, retryAfterMillis, sent, retries },
      { baseMillis, maxMillis },
      this.chance.uniform(),
    );
  }

  /** When the failure reaches further than one object, everything in its reach sleeps. */
  async sleep(
    pass: Pick<AccountPass, 'account' | 'sleepKeys' | 'asleep'>,
    next: AfterFailure,
    detail: string,
  ): Promise<void> {
    if (next.to !== 'pending' || next.scope === 'object') return;
    const { waitMillis, blockedBy, scope } = next;
    const { accountId } = pass.account;
    const key = pass.sleepKeys.find((one) => one.scope === scope) ?? pass.sleepKeys[0];
    pass.asleep = { scope, waitMillis, blockedBy, detail };
    if (key) await putToSleep(this.database.manager, key, pass.asleep);
    await postponePending(this.database.manager, accountId, pass.asleep);
    this.log.root.error({ account_id: accountId, scope, code: blockedBy }, 'execution sleeps');
  }
}
