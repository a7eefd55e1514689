// What the velocity guard would let through now, for those who decide on an account's budgets.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, type Account, type Ad } from '../../accounts/index.js';
import { MILLIS_PER_HOUR } from '../../shared/index.js';
import { longestWindowHours } from './execution-mode.js';
import { budgetSightings } from './guard.queries.js';
import { AccountLimitsReader } from './account-limits.service.js';
import { reachOf, type Reach } from './reach.js';

@Injectable()
export class BudgetReach {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly guardLimits: AccountLimitsReader,
  ) {}

  /** Per ad that has a budget, judged by the registered budget as the live one. */
  async of(account: Account, ads: Ad[]): Promise<Map<string, Reach>> {
    const limits = await this.guardLimits.of(account);
    const now = await this.scope.now(account);
    const since = new Date(now.getTime() - longestWindowHours(limits) * MILLIS_PER_HOUR);
    const adIds = ads.map((ad) => ad.adId);
    const { manager } = this.database;
    const sightings = await budgetSightings(manager, account.accountId, adIds, since);
    return new Map(
      ads.flatMap(({ adId, dailyBudgetMinor }): [string, Reach][] => {
        if (dailyBudgetMinor === null) return [];
        if (limits.lockedIds.has(adId)) {
          return [[adId, { loMinor: dailyBudgetMinor, hiMinor: dailyBudgetMinor }]];
        }
        const seen = sightings.get(adId) ?? [];
        return [[adId, reachOf(dailyBudgetMinor, now.getTime(), seen, limits.windows)]];
      }),
    );
  }
}
