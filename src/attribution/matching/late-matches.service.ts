// Conversions that named an ad before it was registered find it, and so do those whose click or ad
// came in at the very moment at which they did.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountsService,
  accountsWithArrivals,
  takeAdArrivals,
  type Account,
} from '../../accounts/index.js';
import { Lifecycle } from '../../shared/index.js';
import { MatchingService } from './matching.service.js';

/** Ads of one look; the account's ledger is held for no longer than that. */
const ADS_MAX = 1000;

@Injectable()
export class LateMatches {
  private looking = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly matching: MatchingService,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** The poll's look; one that comes while another is under way is left out. */
  async poll(): Promise<void> {
    if (this.looking || this.lifecycle.isDraining()) return;
    this.looking = true;
    try {
      await this.ofNewAds();
    } finally {
      this.looking = false;
    }
  }

  /** Returns how many conversions found their ad. */
  async ofNewAds(): Promise<number> {
    const waiting = new Set(await accountsWithArrivals(this.database.manager));
    if (waiting.size === 0) return 0;
    let matched = 0;
    for (const account of await this.accounts.all()) {
      if (waiting.has(account.accountId)) matched += await this.ofAccount(account);
    }
    return matched;
  }

  /**
   * An intake matches before its rows are visible to the look that a click or an ad sets off, so
   * both may miss each other. Looking at the last minutes again closes the gap.
   */
  async ofLastMinutes(): Promise<number> {
    let matched = 0;
    for (const account of await this.accounts.all()) {
      matched += await this.database.transaction((manager) =>
        this.matching.rematch(manager, account, { by: 'arrival' }),
      );
    }
    return matched;
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
