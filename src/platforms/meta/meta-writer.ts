// Meta's ad account written to: absolute values, one as a form, several as one batch.
import { Injectable } from '@nestjs/common';
import { Config, PlatformError } from '../../shared/index.js';
import type { PlatformAccount } from '../ads/ad-account.js';
import { AdWriter, type AdWrite, type WriteOptions, type WriteReceipt } from '../ads/ad-writer.js';
import { asPlatformError, outcomeOf } from '../ads/outcome.js';
import type { MetaCredentials } from '../http/credentials.js';
import { BATCH_ITEMS_MAX, formEncode } from './graph-batch.js';
import { GraphClient } from './graph-client.js';
import { headerOf, isRecord, type GraphHeaders } from './graph-usage.js';
import { assertKnownCurrency, credentialsOf } from './meta-account.js';
import { writeFields } from './meta-readings.js';
import { writablePath } from './object-reader.js';

/**
 * Points of the account score in five minutes, by access tier (Meta, marketing API rate limits).
 */
const TIER_POINTS = { development_access: 60, standard_access: 9000 } as const;
/**
 * A look before (1), the question whether it would be taken (3), the write (3), a look after (1).
 */
const POINTS_PER_CHANGE = 8;

/** One object, what is to be written to it, and where. */
interface Prepared {
  path: string;
  fields: Record<string, string>;
}

@Injectable()
export class MetaWriter extends AdWriter {
  readonly canValidate = true;
  readonly writesPerCall: number;
  private readonly client: GraphClient;

  constructor(config: Config) {
    super();
    const affordable = Math.floor(TIER_POINTS[config.metaAccessTier] / POINTS_PER_CHANGE);
    this.writesPerCall = Math.min(BATCH_ITEMS_MAX, affordable);
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
    });
  }

  async writeObjects(
    account: PlatformAccount,
    writes: readonly AdWrite[],
    options?: WriteOptions,
  ): Promise<(WriteReceipt | PlatformError)[]> {
    try {
      const credentials = credentialsOf(account);
      assertKnownCurrency(account);
      const items = writes.map((write) => outcomeOf(() => prepared(write, options)));
      const good = items.flatMap((item) => (item instanceof PlatformError ? [] : [item]));
      const replies = await this.send(credentials, good);
      return items.map((item) => {
        const reply = item instanceof PlatformError ? item : replies.shift();
        if (reply === undefined) return this.client.unsettled('write', 'fewer answers than items');
        if (reply instanceof PlatformError) return reply;
        return outcomeOf(() => this.receiptOf(reply.body, reply.headers));
      });
    } catch (failure) {
      return writes.map(() => asPlatformError(failure));
    }
  }

  private async send(
    credentials: MetaCredentials,
    items: Prepared[],
  ): Promise<({ body: unknown; headers: GraphHeaders } | PlatformError)[]> {
    const [only] = items;
    if (!only) return [];
    if (items.length === 1) {
      return [await this.client.post(credentials, only.path, only.fields).catch(asPlatformError)];
    }
    return this.client.batch(
      credentials,
      'write',
      items.map(({ path, fields }) => ({
        method: 'POST',
        relativeUrl: path,
        body: formEncode(fields),
      })),
    );
  }

  private receiptOf(body: unknown, headers: GraphHeaders): WriteReceipt {
    if (isRecord(body) && body['success'] === true) {
      return { traceId: headerOf(headers, 'x-fb-trace-id') };
    }
    throw this.client.unsettled('write', 'an answer without success');
  }
}

function prepared(write: AdWrite, options?: WriteOptions): Prepared {
  const fields = writeFields(write);
  if (options?.validateOnly) fields['execution_options'] = '["validate_only"]';
  return { path: writablePath(write.adId), fields };
}
