// "Why did 42 become 7?": received, valid, delivered, matched, with the reasons in between, and the
// two sources of conversions side by side.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { ReportsService, countSales } from '../../metrics/index.js';
import { HeavyWork, toMajor } from '../../shared/index.js';
import {
  countAtDoor,
  countByMethod,
  countByStatus,
  countReasons,
  worthByAd,
  type AdWorth,
} from './summary.queries.js';

/** Some 60 KB; a summary of every ad of a large account would be megabytes. */
const ADS_SHOWN_MAX = 300;

@Injectable()
export class SummaryService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly reports: ReportsService,
    private readonly heavy: HeavyWork,
  ) {}

  /** One of an account at a time: it reads all that came in between. */
  summary(account: Account, from: Date, to: Date, signal?: AbortSignal) {
    const work = () => this.summaryNow(account, from, to);
    return this.heavy.run(account.accountId, null, work, { size: 'millis', signal });
  }

  private async summaryNow(account: Account, from: Date, to: Date) {
    const { manager } = this.database;
    const range = { accountId: account.accountId, from, to };
    const door = toRecord(await countAtDoor(manager, range));
    const status = toRecord(await countByStatus(manager, range));
    const methods = toRecord(await countByMethod(manager, range));
    const ads = await worthByAd(manager, range);
    const sales = await countSales(manager, account.accountId, from, to);
    const platform = await this.platformConversions(account, from, to);
    const { currency } = account;
    const every = byAd(ads, sales, platform);
    const shown = worthiest(every);
    const rejected = Object.entries(door).filter(([name]) => name.startsWith('rejected:'));
    const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
    const valid = sum(Object.values(status));
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      received: valid + sum(Object.values(door)),
      duplicates: door['duplicate'] ?? 0,
      rejected: Object.fromEntries(
        rejected.map(([name, count]) => [name.slice('rejected:'.length), count]),
      ),
      valid,
      queued: status['queued'] ?? 0,
      retrying: status['retrying'] ?? 0,
      delivered: status['delivered'] ?? 0,
      dead: status['dead'] ?? 0,
      expired: status['expired'] ?? 0,
      suppressed: status['suppressed'] ?? 0,
      reasons: (await countReasons(manager, range)).map(({ name, count }) => ({
        reason: name,
        count,
      })),
      attributed: methods,
      conversion_source: account.conversionSource,
      conversions: sum(ads.map(({ conversions }) => conversions)),
      leads: sum(ads.map(({ leads }) => leads)),
      value: toMajor(sum(ads.map((ad) => ad.value_minor)), currency),
      pipeline_value: toMajor(sum(ads.map((ad) => ad.pipeline_value_minor)), currency),
      by_ad: shown.map(({ value_minor, pipeline_value_minor, ...ad }) => ({
        ...ad,
        value: toMajor(value_minor, currency),
        pipeline_value: toMajor(pipeline_value_minor, currency),
      })),
      by_ad_total: every.length,
      by_ad_truncated: shown.length < every.length,
    };
  }

  /** What the platform reported of each arm in between; null = it has not said. */
  private async platformConversions(
    account: Account,
    from: Date,
    to: Date,
  ): Promise<Map<string, number | null>> {
    const [before, after] = await this.reports.totalsOfArms(account, [from, to]);
    return new Map(
      [...(after ?? [])].map(([adId, { conversions }]) => [
        adId,
        conversions === null
          ? null
          : Math.max(0, conversions - (before?.get(adId)?.conversions ?? 0)),
      ]),
    );
  }
}

/**
 * Every ad that either source tells of: what came here as conversions, all that came here, and
 * theirs.
 */
function byAd(
  worth: readonly AdWorth[],
  sales: ReadonlyMap<string, number>,
  platform: ReadonlyMap<string, number | null>,
) {
  const known = new Map(worth.map((ad) => [ad.ad_id, ad]));
  const reported = [...platform].flatMap(([adId, count]) => (count ? [adId] : []));
  const adIds = new Set([...known.keys(), ...sales.keys(), ...reported]);
  return [...adIds].sort().map((adId) => {
    const theirs = platform.get(adId) ?? null;
    const ours = sales.get(adId) ?? 0;
    return {
      ...(known.get(adId) ?? { ad_id: adId, ...NO_WORTH }),
      first_party_conversions: ours,
      platform_conversions: theirs,
      ratio: theirs === null || theirs === 0 ? null : ours / theirs,
    };
  });
}

type AdSummary = ReturnType<typeof byAd>[number];

/** Those of most value, then of most conversions, in the order they had. */
function worthiest(ads: readonly AdSummary[]): readonly AdSummary[] {
  if (ads.length <= ADS_SHOWN_MAX) return ads;
  const counted = (ad: AdSummary) => ad.first_party_conversions + (ad.platform_conversions ?? 0);
  const ranked = [...ads].sort(
    (one, other) => other.value_minor - one.value_minor || counted(other) - counted(one),
  );
  const chosen = new Set(ranked.slice(0, ADS_SHOWN_MAX));
  return ads.filter((ad) => chosen.has(ad));
}

const NO_WORTH = { conversions: 0, leads: 0, value_minor: 0, pipeline_value_minor: 0 };

function toRecord(rows: { name: string; count: number }[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
