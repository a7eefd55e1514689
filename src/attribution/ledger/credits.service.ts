// Brings the ledger and, through metrics' events, the beliefs to what the conversions are worth
// now. Called after matching and adjustments.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { insertAdEvents, insertCorrections } from '../../metrics/index.js';
import { beliefEvents } from './belief-events.js';
import { creditEntries } from './credit-entries.js';
import { insertCredits, readCredited, readStages } from './credits.queries.js';

@Injectable()
export class CreditsService {
  /**
   * Call it in the transaction that changed the conversions or their adjustments. The months of the
   * conversions are there since their intake.
   */
  async settle(manager: EntityManager, accountId: string, ids: string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const conversions = await readCredited(manager, accountId, ids);
    if (conversions.length === 0) return 0;
    const entries = creditEntries(conversions, await readStages(manager, accountId));
    if (entries.length === 0) return 0;
    await insertCredits(manager, accountId, entries);
    const { events, corrections } = beliefEvents(entries, conversions);
    if (events.length > 0) await insertAdEvents(manager, accountId, events);
    await insertCorrections(manager, accountId, corrections);
    return entries.length;
  }
}
