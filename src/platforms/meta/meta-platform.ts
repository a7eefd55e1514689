// Meta behind the interface of every advertising platform: reads an object, writes one absolute
// value, reads lifetime totals. What it decides about text and numbers is in meta-readings.ts.
import { Injectable } from '@nestjs/common';
import { Config, PlatformError, isKnownCurrency } from '../../shared/index.js';
import {
  AdPlatform,
  type AccountLimits,
  type AdObjectState,
  type AdWrite,
  type GuardedState,
  type MetaCredentials,
  type MetricReading,
  type PlatformAccount,
  type WriteOptions,
  type WriteReceipt,
} from '../ads/ad-platform.js';
import { formEncode, type GraphBatchItem } from './graph-batch.js';
import { GraphClient, unreadable } from './graph-client.js';
import { headerOf, isRecord, type GraphHeaders } from './graph-usage.js';
import {
  INSIGHT_LEVELS,
  toAccountLimits,
  toReading,
  writeFields,
  type InsightLevel,
} from './meta-readings.js';
import { ObjectReader, objectPath } from './object-reader.js';

/** Ids in one filter: a hundred of eighteen digits keep the URL under 4 KB. */
const IDS_PER_REQUEST = 100;
const ROWS_PER_PAGE = 200;
@Injectable()
export class MetaPlatform extends AdPlatform {
  readonly canValidate = true;
  private readonly client: GraphClient;
  private readonly reader: ObjectReader;

  constructor(config: Config) {
    super();
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
    });
    this.reader = new ObjectReader(this.client);
  }

  async readObject(account: PlatformAccount, adId: string): Promise<AdObjectState> {
    return this.reader.read(credentialsOf(account), adId);
  }

  async readObjects(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]> {
    try {
      return await this.reader.readAll(credentialsOf(account), adIds);
    } catch (failure) {
      return adIds.map(() => asPlatformError(failure));
    }
  }

  async readLimits(account: PlatformAccount): Promise<AccountLimits> {
    const credentials = credentialsOf(account);
    const fields = 'account_status,min_daily_budget,spend_cap,amount_spent';
    const answer = await this.client.get(credentials, adAccountOf(credentials), { fields });
    return toAccountLimits(answer.body);
  }

  async readRecentSpend(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<Map<string, number>> {
    const readings = await this.readInsights(account, [...adIds], 'last_3d');
    return new Map(readings.map(({ adId, spendMinor }) => [adId, spendMinor]));
  }

  async write(
    account: PlatformAccount,
    write: AdWrite,
    options?: WriteOptions,
  ): Promise<WriteReceipt> {
    const credentials = credentialsOf(account);
    assertKnownCurrency(account);
    const fields = fieldsOf(write, options);
    const { body, headers } = await this.client.post(credentials, objectPath(write.adId), fields);
    return receiptOf(body, headers);
  }

  async writeBatch(
    account: PlatformAccount,
    writes: readonly AdWrite[],
    options?: WriteOptions,
  ): Promise<(WriteReceipt | PlatformError)[]> {
    try {
      const credentials = credentialsOf(account);
      assertKnownCurrency(account);
      const items = writes.map((write) => attempt(() => itemOf(write, options)));
      const good = items.flatMap((item) => (item instanceof PlatformError ? [] : [item]));
      const replies = good.length > 0 ? await this.client.batch(credentials, 'write', good) : [];
      return items.map((item) => {
        const reply = item instanceof PlatformError ? item : replies.shift();
        if (reply === undefined) return unreadable('write', 'fewer answers than items');
        if (reply instanceof PlatformError) return reply;
        return attempt(() => receiptOf(reply.body, reply.headers));
      });
    } catch (failure) {
      return writes.map(() => asPlatformError(failure));
    }
  }

  /** Objects that never delivered have no row at Meta and none here. Conversions are null. */
  readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]> {
    return this.readInsights(account, adIds, 'maximum');
  }

  private async readInsights(
    account: PlatformAccount,
    adIds: string[],
    datePreset: 'maximum' | 'last_3d',
  ): Promise<MetricReading[]> {
    const credentials = credentialsOf(account);
    assertKnownCurrency(account);
    const path = `${adAccountOf(credentials)}/insights`;
    const readings = new Map<string, MetricReading>();
    for (const level of INSIGHT_LEVELS) {
      const wanted = [...new Set(adIds)].filter((adId) => !readings.has(adId));
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
    return [...new Set(adIds)].flatMap((adId) => readings.get(adId) ?? []);
  }
}

function fieldsOf(write: AdWrite, options?: WriteOptions): Record<string, string> {
  const fields = writeFields(write);
  return options?.validateOnly ? { ...fields, execution_options: '["validate_only"]' } : fields;
}

function itemOf(write: AdWrite, options?: WriteOptions): GraphBatchItem {
  const body = formEncode(fieldsOf(write, options));
  return { method: 'POST', relativeUrl: objectPath(write.adId), body };
}

function receiptOf(body: unknown, headers: GraphHeaders): WriteReceipt {
  if (isRecord(body) && body['success'] === true) {
    return { fbtraceId: headerOf(headers, 'x-fb-trace-id') };
  }
  throw unreadable('write', 'an answer without success');
}

function attempt<T>(act: () => T): T | PlatformError {
  try {
    return act();
  } catch (failure) {
    return asPlatformError(failure);
  }
}

function asPlatformError(failure: unknown): PlatformError {
  if (failure instanceof PlatformError) return failure;
  throw failure;
}

function credentialsOf(account: PlatformAccount): MetaCredentials {
  if (account.credentials) return account.credentials;
  throw new PlatformError(
    'auth',
    `Account ${account.accountId} has no access token for Meta: store one with PUT /v1/accounts/${account.accountId}/credentials or set META_ACCESS_TOKEN.`,
  );
}

function adAccountOf(credentials: MetaCredentials): string {
  const { adAccountId } = credentials;
  if (adAccountId) return objectPath(`act_${adAccountId.replace(/^act_/, '')}`);
  throw new PlatformError(
    'auth',
    'The credentials for Meta name no ad account: add ad_account_id to them or set META_AD_ACCOUNT_ID.',
  );
}

/** An amount in a currency outside Meta's table could be a hundred times what is meant. */
function assertKnownCurrency({ accountId, currency }: PlatformAccount): void {
  if (isKnownCurrency(currency)) return;
  throw new PlatformError(
    'invalid',
    `Account ${accountId} is in ${currency}, a currency that Meta's table does not list: its amounts cannot be read or written safely.`,
  );
}

function insightsQuery(
  level: InsightLevel,
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
