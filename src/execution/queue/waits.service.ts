// Ends waits that do not end by the server's clock alone: those on the clock of a simulated
// account, and those for a token, which are over as soon as the account has another one.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, type Account } from '../../accounts/index.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import { accountsWaiting, releaseWaiting } from '../guards/guard.queries.js';
import { accountsAwaitingToken, releaseAwaitingToken, sleepOf } from '../run/sleep.queries.js';

@Injectable()
export class Waits {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly objects: AdObjects,
  ) {}

  async release(): Promise<void> {
    const { manager } = this.database;
    for (const accountId of await accountsWaiting(manager)) {
      const now = await this.scope.now(await this.accountOf(accountId));
      await releaseWaiting(manager, accountId, now);
    }
    for (const accountId of await accountsAwaitingToken(manager)) {
      // A sleep belongs to a token by its digest: another token is awake.
      const keys = await this.objects.sleepKeys(await this.accountOf(accountId));
      if (!(await sleepOf(manager, keys))) await releaseAwaitingToken(manager, accountId);
    }
  }

  private accountOf(accountId: string): Promise<Account> {
    return this.scope.account({ kind: 'admin', name: 'admin' }, accountId);
  }
}
