// What a failure of the platform means for a change and for its account, in one place for the look
// before a write, the write, and the look after it.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, Log, PlatformError, SeededRandom, freshSeed } from '../shared/index.js';
import type { AccountPass } from './account-pass.js';
import type { AdChange } from './change.entity.js';
import { putAccountToSleep } from './execution.queries.js';
import { afterFailure, type AfterFailure } from './settlement.js';

@Injectable()
export class Failures {
  private readonly chance = new SeededRandom(freshSeed());

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  consequence(change: AdChange, failure: PlatformError, sent: boolean): AfterFailure {
    const { kind, retryAfterMs: retryAfterMillis } = failure;
    const { attempts, retries } = change;
    const { retryBaseMs: baseMillis, retryMaxMs: maxMillis } = this.config;
    return afterFailure(
      { kind, retryAfterMillis, sent, attempts, retries },
      { baseMillis, maxMillis },
      this.chance.uniform(),
    );
  }

  /** When the failure is the account's, none of its changes is tried before the wait is over. */
  async sleepAccount(pass: AccountPass, next: AfterFailure): Promise<void> {
    if (next.to !== 'pending' || !next.wholeAccount) return;
    const { waitMillis, blockedBy } = next;
    const { accountId } = pass.account;
    pass.asleep = { waitMillis, blockedBy };
    await putAccountToSleep(this.database.manager, accountId, waitMillis, blockedBy);
    this.log.root.warn({ account_id: accountId, code: blockedBy }, 'account waits');
  }
}
