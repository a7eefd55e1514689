// The Conversions API: one request of up to 1,000 events of one pixel, taken whole or refused
// whole.
import { Injectable } from '@nestjs/common';
import { Config } from '../../shared/index.js';
import type { MetaCredentials } from '../http/credentials.js';
import { GraphClient } from './graph-client.js';
import { headerOf, isRecord } from './graph-usage.js';

/** Meta advises 1.5 s for a few events; a thousand take longer, and a lease must outlast this. */
const SEND_TIMEOUT_MS = 10_000;

export interface CapiReceipt {
  eventsReceived: number;
  traceId: string | null;
}

@Injectable()
export class CapiClient {
  private readonly client: GraphClient;

  constructor(config: Config) {
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
      writeTimeoutMs: SEND_TIMEOUT_MS,
    });
  }

  /** @throws PlatformError; `ambiguous` means: send the same ids again, Meta counts them once. */
  async send(
    credentials: MetaCredentials,
    pixelId: string,
    events: unknown[],
    testEventCode: string | null,
  ): Promise<CapiReceipt> {
    const { body, headers } = await this.client.post(credentials, `${pixelId}/events`, {
      data: JSON.stringify(events),
      ...(testEventCode === null ? {} : { test_event_code: testEventCode }),
    });
    if (!isRecord(body) || typeof body['events_received'] !== 'number') {
      throw this.client.unsettled('write', 'an answer without events_received');
    }
    const named = body['fbtrace_id'];
    return {
      eventsReceived: body['events_received'],
      traceId: typeof named === 'string' ? named : headerOf(headers, 'x-fb-trace-id'),
    };
  }
}
