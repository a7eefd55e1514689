// What the rest of the house asks of this room: the standing reports and totals of every arm.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AdsService, type Account, type Ad } from '../../accounts/index.js';
import { Breather, MILLIS_PER_DAY, localDay, HISTORY_DAYS } from '../../shared/index.js';
import { AdTree, nodeOf } from './credit.js';
import { standingReports } from './day-series.queries.js';
import { creditEvents, type EventCredit } from './event-credit.js';
import { readingSeries } from './readings.queries.js';
import { standingTotals } from './totals.queries.js';
import { NO_TOTALS, addTotals, coverageIn, sumOf, type Reports, type Totals } from './totals.js';

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

  /** What every arm brought up to each of these instants, without loading its history. */
  async totalsOfArms(account: Account, instants: readonly Date[]): Promise<Map<string, Totals>[]> {
    const tree = new AdTree(await this.ads.places(account.accountId));
    const arms = tree.arms();
    const totals: Map<string, Totals>[] = [];
    for (const asOf of instants) {
      const own = await standingTotals(this.database.manager, account, asOf);
      const sums = arms.map((armId): [string, Totals] => [
        armId,
        tree
          .reporters(armId, (adId) => own.has(adId))
          .reduce((sum, adId) => addTotals(sum, own.get(adId) ?? NO_TOTALS), NO_TOTALS),
      ]);
      totals.push(new Map(sums));
    }
    return totals;
  }

  /** Everything measured of an account up to `asOf`. */
  async ofAccount(account: Account, asOf: Date): Promise<AccountReports> {
    return this.standing(account, asOf, await this.ads.all(account.accountId), null);
  }

  /** The same of these objects alone: give whole families, for numbers are credited within one. */
  async ofFamilies(account: Account, asOf: Date, family: readonly Ad[]): Promise<AccountReports> {
    return this.standing(
      ...([account, asOf, family] as const),
      family.map(({ adId }) => adId),
    );
  }

  /** What has to be read to know these objects: their ancestors, and all below their arms. */
  async familyOf(account: Account, asked: readonly Ad[]): Promise<Ad[]> {
    const { accountId } = account;
    const known = new Map(asked.map((ad) => [ad.adId, ad]));
    let above = asked;
    while (above.length > 0) {
      const missing = above.flatMap(({ adId, parentId, campaignId }) => {
        const parent = parentId ?? campaignId;
        return parent === adId || known.has(parent) ? [] : [parent];
      });
      above = await this.ads.byIds(accountId, [...new Set(missing)]);
      for (const ad of above) known.set(ad.adId, ad);
    }
    const tree = new AdTree([...known.values()].map(nodeOf));
    let below = [...new Set(asked.map(({ adId }) => tree.budgetOwner(adId) ?? adId))];
    while (below.length > 0) {
      const found = await this.ads.below(accountId, below);
      below = found.flatMap(({ adId }) => (known.has(adId) ? [] : [adId]));
      for (const ad of found) known.set(ad.adId, ad);
    }
    return [...known.values()].sort((left, right) => (left.adId < right.adId ? -1 : 1));
  }

  /**
   * All objects of an account in parts of whole families, and in which order the arms stand.
   */
  async parts(account: Account): Promise<{ order: string[]; parts: string[][] }> {
    const places = await this.ads.places(account.accountId);
    const breather = new Breather();
    const tree = new AdTree(places);
    const families = new Map<string, string[]>();
    for (const { adId } of places) {
      const root = tree.path(adId).at(-1) ?? adId;
      const family = families.get(root);
      if (family) family.push(adId);
      else families.set(root, [adId]);
      if (breather.isDue) await breather.rest();
    }
    return { order: places.map(({ adId }) => adId), parts: partsOf([...families.values()]) };
  }

  private async standing(
    account: Account,
    asOf: Date,
    all: readonly Ad[],
    only: string[] | null,
  ): Promise<AccountReports> {
    const { manager } = this.database;
    const { accountId, timezone } = account;
    const since = new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
    const snapshots = await readingSeries(manager, accountId, only, since, asOf);
    const adIds = all.map(({ adId }) => adId);
    const days = { since: localDay(since, timezone), until: localDay(asOf, timezone) };
    const reports = await standingReports(manager, account, snapshots, adIds, days);
    return accountReports(all, reports, timezone);
  }
}

/** Objects read together: enough that a query pays, few enough that nobody waits for it. */
const PART_ADS = 250;

function partsOf(families: readonly string[][]): string[][] {
  const parts: string[][] = [];
  for (const family of families) {
    const last = parts.at(-1);
    if (last && last.length + family.length <= PART_ADS) last.push(...family);
    else parts.push([...family]);
  }
  return parts;
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
