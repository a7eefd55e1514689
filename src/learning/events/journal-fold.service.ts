// The journal goes into the rows of the ads now and then, so that many events of an ad cost one
// change of its row. It happens beside the learning: learners only append behind what is being
// folded, and readers see the sum, which is the same before and after.
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Lifecycle } from '../../shared/index.js';
import { AdWaits } from '../drift/ad-waits.service.js';
import { foldWaits } from '../drift/waits.queries.js';
import { foldEvidence, holdFold } from './evidence.queries.js';

/** As many events of each ad on average: its rows are written that much less often. */
const EVENTS_PER_AD = 16;
/** Less is read along in milliseconds. */
const EVENTS_MIN = 4096;
/** More would be felt by who reads the beliefs of a small account, and folded for seconds. */
const EVENTS_MAX = 131_072;

@Injectable()
export class JournalFold {
  private readonly logger = new Logger(JournalFold.name);
  /** Events written by this process since it folded last, by account. */
  private readonly written = new Map<string, number>();
  private readonly folding = new Set<string>();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly waits: AdWaits,
  ) {}

  /** To be told of every transaction; folds in the background when the journal has grown long. */
  wrote(accountId: string, events: number): void {
    const written = (this.written.get(accountId) ?? 0) + events;
    this.written.set(accountId, written);
    const due = EVENTS_PER_AD * this.waits.count(accountId);
    if (written < Math.min(EVENTS_MAX, Math.max(EVENTS_MIN, due))) return;
    if (this.folding.has(accountId) || this.lifecycle.isDraining()) return;
    this.written.delete(accountId);
    this.folding.add(accountId);
    // Nobody waits for it, and what is not folded counts all the same: the next time takes it
    // along.
    void this.fold(accountId)
      .catch((error: unknown) => this.logger.error(`Folding ${accountId}: ${String(error)}`))
      .finally(() => this.folding.delete(accountId));
  }

  async fold(accountId: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const upTo = await holdFold(manager, accountId);
      if (upTo === null) return;
      await foldEvidence(manager, accountId, upTo);
      await foldWaits(manager, accountId, upTo);
    });
  }
}
