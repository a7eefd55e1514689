// Brings the ledger and, through the sink, the beliefs to what the conversions are worth now.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AdEventSink } from '../ad-event-sink.js';
import { creditEntries } from './credit-entries.js';
import { insertCredits, readCredited, readStages } from './credits.queries.js';

@Injectable()
export class CreditsService {
  constructor(private readonly sink: AdEventSink) {}

  /** Call it in the transaction that changed the conversions or their adjustments. */
  async settle(manager: EntityManager, accountId: string, ids: string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const conversions = await readCredited(manager, accountId, ids);
    if (conversions.length === 0) return 0;
    const entries = creditEntries(conversions, await readStages(manager, accountId));
    if (entries.length === 0) return 0;
    await insertCredits(manager, accountId, entries);
    await this.sink.insert(
      manager,
      accountId,
      entries.map((entry) => ({
        eventId: entry.eventId,
        adId: entry.adId,
        type: entry.kind,
        count: entry.count,
        valueMinor: entry.valueMinor,
        pipelineValueMinor: entry.pipelineValueMinor,
        occurredAt: entry.occurredAt,
        clickedAt: entry.clickedAt,
      })),
    );
    return entries.length;
  }
}
