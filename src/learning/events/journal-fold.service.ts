// The journal goes into the rows of the ads now and then, so that many events of an ad cost one
// change of its row. It happens beside the learning: learners only append behind what is being
// folded, and readers see the sum, which is the same before and after.
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Lifecycle, Log } from '../../shared/index.js';
import { AdTrails } from '../drift/trails.service.js';
import { foldMinutes } from '../drift/trails.queries.js';
import { foldEvidence, holdFold, markFolded } from './evidence.queries.js';

/** As many events of each ad on average: its rows are written that much less often. */
const EVENTS_PER_AD = 16;
/** Less is read along in milliseconds. */
const EVENTS_MIN = 4096;
/** More would be felt by who reads the beliefs of a small account, and folded for seconds. */
const EVENTS_MAX = 131_072;
/** Rows of the journal, however little each of them holds: readers open every one. */
const POSITIONS_MAX = 16_384;

/** How far an account's journal has grown since it was folded last, whoever wrote it. */
export interface JournalGrowth {
  events: number;
  positions: number;
}

@Injectable()
export class JournalFold implements BeforeApplicationShutdown {
  private readonly folding = new Map<string, Promise<void>>();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
    private readonly trails: AdTrails,
  ) {}

  /** To be told of every transaction; folds in the background when the journal has grown long. */
  grown(accountId: string, { events, positions }: JournalGrowth): void {
    const due = EVENTS_PER_AD * this.trails.count(accountId);
    const isLong = events >= Math.min(EVENTS_MAX, Math.max(EVENTS_MIN, due));
    if (!isLong && positions < POSITIONS_MAX) return;
    if (this.folding.has(accountId) || this.lifecycle.isDraining()) return;
    // Nobody waits for it, and what is not folded counts all the same: the next time takes it
    // along.
    const fold = this.fold(accountId)
      .catch((error: unknown) => {
        const context = { err: error, account_id: accountId };
        this.log.root.error(context, 'journal of events not folded');
      })
      .finally(() => this.folding.delete(accountId));
    this.folding.set(accountId, fold);
  }

  async fold(accountId: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const upTo = await holdFold(manager, accountId);
      if (upTo === null) return;
      await foldMinutes(manager, accountId, upTo.position);
      await foldEvidence(manager, accountId, upTo.position);
      // Last, since learners wait for this row.
      await markFolded(manager, accountId, upTo);
    });
  }

  /** The database is closed after this. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.folding.values());
  }
}
