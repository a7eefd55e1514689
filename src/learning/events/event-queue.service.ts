// What other rooms inserted is learned within about a second: events, and clicks that conversions
// may wait for.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { forEachAccount } from '../../accounts/index.js';
import { ClickTimes } from '../../attribution/index.js';
import { queuedEvents } from '../../metrics/index.js';
import { Lifecycle, Log, ensureMonths } from '../../shared/index.js';
import { LESSONS_TABLE, lockLearning } from '../online/online-model.queries.js';
import { EventLearner } from './event-learner.service.js';
import { EventWriter, QUEUE_BATCH } from './event-writer.service.js';

@Injectable()
export class EventQueue {
  private polling = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly writer: EventWriter,
    private readonly learner: EventLearner,
    private readonly clicks: ClickTimes,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /**
   * Learns what other rooms inserted, oldest first. Returns how many events that were. Of all
   * accounts together, one that fails is logged and keeps no other waiting; asked for alone, it
   * throws.
   */
  async learnQueued(only: string | null = null): Promise<number> {
    const { signal } = new AbortController();
    let learned = 0;
    const queued = await queuedEvents(this.database.manager, only);
    const events = await forEachAccount(queued, signal, async ({ accountId, occurredAt }) => {
      await ensureMonths(this.database, LESSONS_TABLE, occurredAt);
      for (let taken = QUEUE_BATCH; taken === QUEUE_BATCH; learned += taken) {
        const { own } = await this.writer.learnBatch(accountId);
        taken = own.inserted.length;
      }
    });
    const news = (await this.clicks.withNews(only)).map((accountId) => ({ accountId }));
    const clicks = await forEachAccount(news, signal, async ({ accountId }) => {
      while ((await this.placeBatch(accountId)) === QUEUE_BATCH);
    });
    for (const { account_id, cause } of [...events.failed, ...clicks.failed]) {
      if (only !== null) throw cause;
      this.log.root.error({ err: cause, account_id }, 'queued events not learned');
    }
    return learned;
  }

  /** The poll's look; one that comes while another is under way is left out. */
  async poll(): Promise<void> {
    if (this.polling || this.lifecycle.isDraining()) return;
    this.polling = true;
    try {
      await this.learnQueued();
    } finally {
      this.polling = false;
    }
  }

  private placeBatch(accountId: string): Promise<number> {
    return this.database.transaction(async (manager) => {
      const stored = await lockLearning(manager, accountId);
      const clickIds = await this.clicks.takeNews(manager, accountId, QUEUE_BATCH);
      await this.learner.place(manager, accountId, stored, clickIds);
      return clickIds.length;
    });
  }
}
