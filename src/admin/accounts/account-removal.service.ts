// An account and all that was ever stored of it goes. First nobody finds it any more, then what was
// under way for it ends, then its rows are deleted in bounded statements and its name last. Whoever
// is interrupted is simply asked again.
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService, NO_SUCH_ACCOUNT } from '../../accounts/index.js';
import { closeChanges, forgetPause } from '../../execution/index.js';
import {
  Config,
  Lifecycle,
  Log,
  eraseRowsOfAccount,
  waitForOlderTransactions,
} from '../../shared/index.js';
import { dueSweeps, recordSweep, rememberRemoved } from './removed-accounts.queries.js';

/** Statements end within a minute; who waits longer holds up the caller for nothing. */
const OLDER_WAIT_MILLIS = 30_000;
/** The question costs one select from a table that is nearly always empty. */
const POLL_MILLIS = 60_000;

@Injectable()
export class AccountRemoval implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeping: Promise<number> | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly config: Config,
    private readonly lifecycle: Lifecycle,
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
      await rememberRemoved(transaction, accountId);
    });
  }

  /** What came due while no process ran. */
  onApplicationBootstrap(): void {
    if (!this.config.cronEnabled) return;
    this.sweep().catch((error: unknown) => {
      // The next minute tries again: its row says that the sweep is still due.
      this.log.root.warn({ err: error }, 'removed accounts not swept');
    });
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeping?.catch(() => undefined);
  }

  @Interval('sweepRemovedAccounts', POLL_MILLIS)
  async poll(): Promise<void> {
    await this.sweep();
  }

  /** Erases what was stored late for removed accounts; answers how many rows that were. */
  sweep(): Promise<number> {
    this.sweeping ??= this.sweepDue().finally(() => (this.sweeping = null));
    return this.sweeping;
  }

  private async sweepDue(): Promise<number> {
    const { manager } = this.database;
    let erased = 0;
    for (const due of await dueSweeps(manager)) {
      if (this.lifecycle.isDraining()) break;
      // Whoever takes the id again in this very moment keeps what is stored from then on.
      erased += await eraseRowsOfAccount(manager, due.accountId, NO_SUCH_ACCOUNT);
      await recordSweep(manager, due);
    }
    return erased;
  }
}
