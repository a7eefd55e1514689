// Conversions that named an ad before it was registered find it, and so do those whose click or ad
// came in at the very moment at which they did.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountsService,
  accountsWithArrivals,
  forEachAccount,
  takeAdArrivals,
  type Account,
  type AccountsDone,
} from '../../accounts/index.js';
import { Lifecycle, Log } from '../../shared/index.js';
import { MatchingService } from './matching.service.js';
import { accountsWithUnmatched } from './touches.queries.js';

/** Ads of one turn; the account's ledger is held for no longer than that. */
const ADS_MAX = 1000;

export interface LateMatchesFound {
  matched: number;
  accounts: AccountsDone;
}

@Injectable()
export class LateMatches {
  private isPolling = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly matching: MatchingService,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /** One that comes while another is under way is left out. */
  async poll(): Promise<void> {
    if (this.isPolling || this.lifecycle.isDraining()) return;
    this.isPolling = true;
    try {
      const { accounts } = await this.ofNewAds(new AbortController().signal);
      for (const { account_id, cause } of accounts.failed) {
        this.log.root.error({ err: cause, account_id }, 'conversions not matched to new ads');
      }
    } finally {
      this.isPolling = false;
    }
  }

  /** How many conversions found their ad. */
  async ofNewAds(signal: AbortSignal): Promise<LateMatchesFound> {
    const waiting = await accountsWithArrivals(this.database.manager);
    return this.inEach(waiting, signal, (account) => this.ofAccount(account));
  }

  /**
   * An intake matches before its rows are visible to the matching that a click or an ad sets off,
   * so both may miss each other. Matching the last minutes again closes the gap.
   */
  async ofLastMinutes(signal: AbortSignal): Promise<LateMatchesFound> {
    const waiting = await accountsWithUnmatched(this.database.manager);
    return this.inEach(waiting, signal, (account) =>
      this.database.transaction((manager) =>
        this.matching.rematch(manager, account, { by: 'arrival' }),
      ),
    );
  }

  private async inEach(
    accountIds: string[],
    signal: AbortSignal,
    work: (account: Account) => Promise<number>,
  ): Promise<LateMatchesFound> {
    let matched = 0;
    const waiting = accountIds.map((accountId) => ({ accountId }));
    const accounts = await forEachAccount(waiting, signal, async ({ accountId }) => {
      matched += await work(await this.accounts.byId(accountId));
    });
    return { matched, accounts };
  }

  private async ofAccount(account: Account): Promise<number> {
    let matched = 0;
    for (let taken = ADS_MAX; taken === ADS_MAX;) {
      taken = await this.database.transaction(async (manager) => {
        const adIds = await takeAdArrivals(manager, account.accountId, ADS_MAX);
        if (adIds.length > 0) {
          matched += await this.matching.rematch(manager, account, { by: 'ads', keys: adIds });
        }
        return adIds.length;
      });
    }
    return matched;
  }
}
