// Meta behind the interface of every advertising platform: reads an object, writes one absolute
// value, reads lifetime totals. What it decides about text and numbers is in meta-readings.ts.
import { Injectable } from '@nestjs/common';
import { Config, PlatformError, isKnownCurrency } from '../../shared/index.js';
import {
  AdPlatform,
  type AdObjectState,
  type AdWrite,
  type MetaCredentials,
  type MetricReading,
  type PlatformAccount,
  type WriteReceipt,
} from '../ad-platform.js';
import { GraphClient, unreadable } from './graph-client.js';
import { GraphError } from './graph-errors.js';
import { headerOf, isRecord } from './graph-usage.js';
import {
  INSIGHT_LEVELS,
  toObjectState,
  toReading,
  writeFields,
  type InsightLevel,
} from './meta-readings.js';

/** Ids in one filter: a hundred of eighteen digits keep the URL under 4 KB. */
const IDS_PER_REQUEST = 100;
const ROWS_PER_PAGE = 200;
/** Objects whose kind is remembered; a lost one costs two further reads, an unbounded map the memory. */
const KINDS_MAX = 20_000;
/** What may stand in a path: an id with "/" or ".." would address another edge. */
const GRAPH_ID = /^[A-Za-z0-9_]{1,64}$/;

/**
 * A field that its kind of object lacks fails the whole read, and an id does not tell its kind: the
 * three lists are tried in this order.
 */
const FIELDS_BY_KIND = [
  'status,daily_budget,lifetime_budget,bid_amount', // ad set
  'status,daily_budget,lifetime_budget', // campaign
  'status,bid_amount', // ad
] as const;

@Injectable()
export class MetaPlatform extends AdPlatform {
  private readonly client: GraphClient;
  private readonly kinds = new Map<string, number>();

  constructor(config: Config) {
    super();
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
    });
  }

  async readObject(account: PlatformAccount, adId: string): Promise<AdObjectState> {
    const credentials = credentialsOf(account);
    const path = objectPath(adId);
    for (let kind = this.kinds.get(adId) ?? 0; ; kind += 1) {
      const fields = FIELDS_BY_KIND[kind] ?? '';
      try {
        const answer = await this.client.get(credentials, path, { fields });
        this.remember(adId, kind);
        return toObjectState(adId, answer.body);
      } catch (failure) {
        if (!isUnknownField(failure) || kind + 1 >= FIELDS_BY_KIND.length) throw failure;
      }
    }
  }

  async write(account: PlatformAccount, write: AdWrite): Promise<WriteReceipt> {
    const credentials = credentialsOf(account);
    assertKnownCurrency(account);
    const fields = writeFields(write);
    const { body, headers } = await this.client.post(credentials, objectPath(write.adId), fields);
    if (!isRecord(body) || body['success'] !== true) {
      throw unreadable('write', 'an answer without success');
    }
    return { fbtraceId: headerOf(headers, 'x-fb-trace-id') };
  }

  /** Objects that never delivered have no row at Meta and none here. Conversions are null. */
  async readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]> {
    const credentials = credentialsOf(account);
    assertKnownCurrency(account);
    const path = `${adAccountOf(credentials)}/insights`;
    const readings = new Map<string, MetricReading>();
    for (const level of INSIGHT_LEVELS) {
      const wanted = [...new Set(adIds)].filter((adId) => !readings.has(adId));
      for (let start = 0; start < wanted.length; start += IDS_PER_REQUEST) {
        const query = insightsQuery(level, wanted.slice(start, start + IDS_PER_REQUEST));
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

  private remember(adId: string, kind: number): void {
    if (this.kinds.size >= KINDS_MAX) this.kinds.clear();
    this.kinds.set(adId, kind);
  }
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

function objectPath(adId: string): string {
  if (GRAPH_ID.test(adId)) return adId;
  throw new PlatformError('invalid', `${JSON.stringify(adId)} is not a Graph id`);
}

/** Code 100 alone; with subcode 33 the object itself is missing or out of reach. */
function isUnknownField(failure: unknown): boolean {
  return (
    failure instanceof GraphError &&
    failure.verdict.code === 100 &&
    failure.verdict.subcode === null
  );
}

function insightsQuery(level: InsightLevel, adIds: string[]): Record<string, string | number> {
  return {
    level,
    fields: `${level}_id,impressions,clicks,spend`,
    date_preset: 'maximum',
    filtering: JSON.stringify([{ field: `${level}.id`, operator: 'IN', value: adIds }]),
    limit: ROWS_PER_PAGE,
  };
}
