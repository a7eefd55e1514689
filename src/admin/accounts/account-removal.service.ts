// An account and all that was ever stored of it goes. First nobody finds it any more, then what was
// under way for it ends, then its rows are deleted in bounded statements and its name last. Whoever
// is interrupted is simply asked again.
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService } from '../../accounts/index.js';
import { closeChanges, forgetPause } from '../../execution/index.js';
import { Log, eraseRowsOfAccount, waitForOlderTransactions } from '../../shared/index.js';

/** Statements end within a minute; who waits longer holds up the caller for nothing. */
const OLDER_WAIT_MILLIS = 30_000;
/** A job that read the account before may still store what it was told; then that goes too. */
const SWEEPS_MILLIS = [60_000, 15 * 60_000];

@Injectable()
export class AccountRemoval implements OnApplicationShutdown {
  private readonly sweeps = new Set<NodeJS.Timeout>();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly log: Log,
  ) {}

  /**
   * @throws DomainError 404 for an unknown account, 400 when `confirm` is not its name, 409 while a
   * change of it is being written or its outcome is not known.
   */
  async remove(accountId: string, confirm: string): Promise<void> {
    const { manager } = this.database;
    const closedAt = await this.database.transaction(async (transaction) => {
      const at = await this.accounts.close(transaction, accountId, confirm);
      await closeChanges(transaction, accountId);
      return at;
    });
    this.accounts.forgetKeys();
    await eraseRowsOfAccount(manager, accountId);
    await waitForOlderTransactions(manager, closedAt, OLDER_WAIT_MILLIS);
    await eraseRowsOfAccount(manager, accountId);
    await this.database.transaction(async (transaction) => {
      await forgetPause(transaction, accountId);
      await eraseRowsOfAccount(transaction, accountId);
      await this.accounts.forget(transaction, accountId);
    });
    for (const millis of SWEEPS_MILLIS) this.sweepIn(millis, accountId);
  }

  onApplicationShutdown(): void {
    for (const timer of this.sweeps) clearTimeout(timer);
  }

  private sweepIn(millis: number, accountId: string): void {
    const timer = setTimeout(() => {
      this.sweeps.delete(timer);
      void this.sweep(accountId);
    }, millis).unref();
    this.sweeps.add(timer);
  }

  private async sweep(accountId: string): Promise<void> {
    try {
      const { manager } = this.database;
      if (await this.accounts.exists(accountId)) return;
      await eraseRowsOfAccount(manager, accountId);
    } catch (error) {
      this.log.root.warn({ err: error, account_id: accountId }, 'removed account not swept');
    }
  }
}
