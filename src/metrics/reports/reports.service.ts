// What the rest of the house asks of this room: the standing reports and totals of every arm.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AdsService, type Account, type Ad } from '../../accounts/index.js';
import { MILLIS_PER_DAY, localDay, HISTORY_DAYS } from '../../shared/index.js';
import { AdTree, nodeOf } from './credit.js';
import { daySeries } from './days.queries.js';
import { creditEvents, type EventCredit } from '../events/event-credit.js';
import { readingSeries } from './readings.queries.js';
import { standingTotals } from './totals.queries.js';
import {
  NO_TOTALS,
  addTotals,
  coverageIn,
  standingReports,
  sumOf,
  type Reports,
  type Totals,
} from './totals.js';

/** One thing a budget can be moved to, with everything that was measured of it. */
export interface ArmReports {
  ad: Ad;
  totals: Totals;
  /** The standing reports of each object whose numbers are credited to this arm. */
  reporters: { ad: Ad; reports: Reports }[];
}

export interface AccountReports {
  arms: ArmReports[];
  /** Own totals of every object, arm or not. */
  totals: Map<string, Totals>;
  /** The budget owner of every object; null = none above it. */
  owners: Map<string, string | null>;
  ads: Map<string, Ad>;
  /** Which arm an object's events count for, and from when on. */
  events: Map<string, EventCredit>;
}

@Injectable()
export class ReportsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
  ) {}

  /** What an account's arms brought in all up to `asOf`, without loading their history. */
  async sums(account: Account, asOf: Date): Promise<{ ads: Ad[]; totals: Totals }> {
    const [ads, own] = await Promise.all([
      this.ads.all(account.accountId),
      standingTotals(this.database.manager, account, asOf),
    ]);
    const tree = new AdTree(ads.map(nodeOf));
    const totals = tree
      .arms()
      .flatMap((armId) => tree.reporters(armId, (adId) => own.has(adId)))
      .reduce((sum, adId) => addTotals(sum, own.get(adId) ?? NO_TOTALS), NO_TOTALS);
    return { ads, totals };
  }

  /** Everything measured of an account up to `asOf`. */
  async ofAccount(account: Account, asOf: Date): Promise<AccountReports> {
    const { accountId, timezone } = account;
    const { manager } = this.database;
    const since = new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
    const [all, snapshots, days] = await Promise.all([
      this.ads.all(accountId),
      readingSeries(manager, accountId, null, since, asOf),
      daySeries(manager, accountId, null, localDay(asOf, timezone)),
    ]);
    const reports = new Map(
      all.map(({ adId }): [string, Reports] => [
        adId,
        standingReports(
          { snapshots: snapshots.get(adId) ?? [], days: days.get(adId) ?? [] },
          timezone,
        ),
      ]),
    );
    return accountReports(all, reports, timezone);
  }
}

/** `standing`: of every object. */
function accountReports(
  all: readonly Ad[],
  standing: ReadonlyMap<string, Reports>,
  timezone: string,
): AccountReports {
  const ads = new Map(all.map((ad) => [ad.adId, ad]));
  const totals = new Map([...standing].map(([adId, reports]) => [adId, sumOf(reports, timezone)]));
  const coverage = coverageIn(timezone);
  const covered = new Map([...standing].map(([adId, reports]) => [adId, coverage(reports)]));
  const tree = new AdTree(all.map(nodeOf));
  const reportsAny = (adId: string) => totals.get(adId)?.observedAt != null;
  const arms = tree.arms().flatMap((armId): ArmReports[] => {
    const ad = ads.get(armId);
    if (!ad) return [];
    const reporters = tree.reporters(armId, reportsAny).flatMap((adId) => {
      const reporter = ads.get(adId);
      const reports = standing.get(adId);
      return reporter && reports ? [{ ad: reporter, reports }] : [];
    });
    const own = reporters.map((reporter) => totals.get(reporter.ad.adId) ?? NO_TOTALS);
    return [{ ad, totals: own.reduce(addTotals, NO_TOTALS), reporters }];
  });
  const coverages = new Map(
    arms.map(({ ad, reporters }) => [
      ad.adId,
      new Map(
        reporters.map((reporter) => [reporter.ad.adId, covered.get(reporter.ad.adId) ?? null]),
      ),
    ]),
  );
  const adIds = all.map(({ adId }) => adId);
  return {
    arms,
    totals,
    owners: new Map(adIds.map((adId) => [adId, tree.budgetOwner(adId)])),
    ads,
    events: creditEvents(tree, adIds, coverages, (adId) => covered.get(adId) ?? null),
  };
}
