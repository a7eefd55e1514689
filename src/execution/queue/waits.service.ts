// Ends waits that do not end by the server's clock alone: those on the clock of a simulated
// account, those for a person, and those for a token, which are over as soon as the account has
// another one.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountScope,
  AccountsService,
  forEachAccount,
  type Account,
  type AccountFailure,
} from '../../accounts/index.js';
import { Log } from '../../shared/index.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import { accountsWaiting, releaseWaiting } from '../guards/guard.queries.js';
import {
  accountsAwaitingToken,
  releaseAwaitingToken,
  cooldownOf,
} from '../objects/cooldown.queries.js';
import { accountsAwaitingApproval, expireApprovals } from './approvals.queries.js';

@Injectable()
export class Waits {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly scope: AccountScope,
    private readonly objects: AdObjects,
    private readonly log: Log,
  ) {}

  /** One account's fault is answered and logged; the waits of the others end all the same. */
  async release(): Promise<AccountFailure[]> {
    const { manager } = this.database;
    const failed = [
      await this.forEach(await accountsAwaitingApproval(manager), async (account) => {
        await expireApprovals(manager, account.accountId, await this.scope.now(account));
      }),
      await this.forEach(await accountsWaiting(manager), async (account) => {
        await releaseWaiting(manager, account.accountId, await this.scope.now(account));
      }),
      await this.forEach(await accountsAwaitingToken(manager), async (account) => {
        // A sleep belongs to a token by its digest: another token is awake.
        const keys = await this.objects.cooldownKeys(account);
        if (!(await cooldownOf(manager, keys)))
          await releaseAwaitingToken(manager, account.accountId);
      }),
    ].flat();
    for (const { account_id, cause } of failed) {
      this.log.root.error({ err: cause, account_id }, 'waits of an account not looked at');
    }
    return failed;
  }

  private async forEach(
    accountIds: string[],
    work: (account: Account) => Promise<void>,
  ): Promise<AccountFailure[]> {
    const refs = accountIds.map((accountId) => ({ accountId }));
    const { signal } = new AbortController();
    const { failed } = await forEachAccount(refs, signal, async ({ accountId }) =>
      work(await this.accounts.byId(accountId)),
    );
    return failed;
  }
}
