// Meta's ad account read: its objects, its bounds, its insights. What is decided about text and
// numbers is in meta-readings.ts.
import { Injectable } from '@nestjs/common';
import { Config, type PlatformError } from '../../shared/index.js';
import type {
  AccountLimits,
  AdObject,
  EntityType,
  GuardedState,
  MetricReading,
  PlatformAccount,
} from '../ads/ad-account.js';
import { AdAccountReader } from '../ads/ad-account-reader.js';
import { asPlatformError } from '../ads/outcome.js';
import { adAccountOf, assertKnownCurrency, credentialsOf } from './meta-account.js';
import { GraphClient } from './graph-client.js';
import { toAccountLimits, toReading } from './meta-readings.js';
import { ObjectReader } from './object-reader.js';

/** Ids in one filter: a hundred of eighteen digits keep the URL under 4 KB. */
const IDS_PER_REQUEST = 100;
const ROWS_PER_PAGE = 200;

@Injectable()
export class MetaAccountReader extends AdAccountReader {
  private readonly client: GraphClient;
  private readonly objects: ObjectReader;

  constructor(config: Config) {
    super();
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
    });
    this.objects = new ObjectReader(this.client);
  }

  async readObjects(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]> {
    try {
      return await this.objects.readAll(credentialsOf(account), adIds);
    } catch (failure) {
      return adIds.map(() => asPlatformError(failure));
    }
  }

  async readLimits(account: PlatformAccount): Promise<AccountLimits | null> {
    const credentials = credentialsOf(account);
    if (credentials.adAccountId === null) return null;
    const fields = 'account_status,min_daily_budget,spend_cap,amount_spent';
    const answer = await this.client.get(credentials, adAccountOf(credentials), { fields });
    return toAccountLimits(answer.body);
  }

  async readRecentSpend(
    account: PlatformAccount,
    objects: readonly AdObject[],
  ): Promise<Map<string, number>> {
    const readings = await this.readInsights(account, objects, 'last_3d');
    return new Map(readings.map(({ adId, spendMinor }) => [adId, spendMinor]));
  }

  /** Objects that never delivered have no row at Meta and none here. Conversions are null. */
  readMetrics(account: PlatformAccount, objects: readonly AdObject[]): Promise<MetricReading[]> {
    return this.readInsights(account, objects, 'maximum');
  }

  /** Each object at its own level: a request finds rows of one level only. */
  private async readInsights(
    account: PlatformAccount,
    objects: readonly AdObject[],
    datePreset: 'maximum' | 'last_3d',
  ): Promise<MetricReading[]> {
    const credentials = credentialsOf(account);
    assertKnownCurrency(account);
    const path = `${adAccountOf(credentials)}/insights`;
    const readings = new Map<string, MetricReading>();
    for (const [level, wanted] of byLevel(objects)) {
      for (let start = 0; start < wanted.length; start += IDS_PER_REQUEST) {
        const ids = wanted.slice(start, start + IDS_PER_REQUEST);
        const query = insightsQuery(level, ids, datePreset);
        for await (const page of this.client.pages(credentials, path, query)) {
          for (const row of page.rows) {
            const reading = toReading(row, level, account.currency, page.answeredAt);
            readings.set(reading.adId, reading);
          }
        }
      }
    }
    return [...new Set(objects.map(({ adId }) => adId))].flatMap(
      (adId) => readings.get(adId) ?? [],
    );
  }
}

function byLevel(objects: readonly AdObject[]): Map<EntityType, string[]> {
  const levels = new Map<EntityType, Set<string>>();
  for (const { adId, entityType } of objects) {
    const ids = levels.get(entityType) ?? new Set<string>();
    levels.set(entityType, ids.add(adId));
  }
  return new Map([...levels].map(([level, ids]) => [level, [...ids]]));
}

function insightsQuery(
  level: EntityType,
  adIds: string[],
  datePreset: string,
): Record<string, string | number> {
  return {
    level,
    fields: `${level}_id,impressions,clicks,spend`,
    date_preset: datePreset,
    filtering: JSON.stringify([{ field: `${level}.id`, operator: 'IN', value: adIds }]),
    limit: ROWS_PER_PAGE,
  };
}
