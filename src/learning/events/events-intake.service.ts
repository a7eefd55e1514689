// Events come in: checked one by one, then stored and learned in one transaction.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AdsService, type Account, type ConversionSource } from '../../accounts/index.js';
import { ClickTimes } from '../../attribution/index.js';
import {
  EVENTS_TABLE,
  insertAdEvents,
  queuedEvents,
  takeQueuedEvents,
  type AdEventValues,
  type InsertedEvents,
} from '../../metrics/index.js';
import {
  Lifecycle,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { LESSONS_TABLE } from '../online/online-model.queries.js';
import { AccountTurns } from './account-turns.js';
import { eventValues, isEventFault } from './event-input.js';
import { EventLearner, type Learned } from './event-learner.service.js';
import { NewEvent } from './events.dto.js';
import { lockLearning } from './evidence.queries.js';

const checkEvent = compileCheck(NewEvent);
/** Queued events learned in one transaction: the account's lock is not held for longer than a second. */
const QUEUE_BATCH = 1000;

export interface EventsAnswer extends IntakeAnswer {
  learned: Learned;
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
}

@Injectable()
export class EventsIntake {
  private readonly turns = new AccountTurns();
  private polling = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
    private readonly learner: EventLearner,
    private readonly lifecycle: Lifecycle,
    private readonly clicks: ClickTimes,
  ) {}

  async take(account: Account, items: unknown[], asOf: Date): Promise<EventsAnswer> {
    const { good, rejected } = await this.read(account, items, asOf);
    const { inserted, learned } = await this.store(
      account,
      good.map(({ item }) => item),
    );
    const conflicts = inserted.conflicts.map((position) => conflict(good[position]?.index ?? 0));
    const accepted = inserted.inserted.length;
    return {
      ...intakeAnswer(accepted, inserted.duplicates.length, [...rejected, ...conflicts]),
      learned,
      conversion_source: inserted.conversionSource ?? account.conversionSource,
    };
  }

  /**
   * Learns what other rooms inserted (for one account or for all), oldest first: events, and clicks
   * that conversions may wait for. Returns how many events that were.
   */
  async learnQueued(only: string | null = null): Promise<number> {
    let learned = 0;
    for (const { accountId, occurredAt } of await queuedEvents(this.database.manager, only)) {
      await ensureMonths(this.database, LESSONS_TABLE, occurredAt);
      for (let taken = QUEUE_BATCH; taken === QUEUE_BATCH; learned += taken) {
        taken = await this.learnBatch(accountId);
      }
    }
    for (const accountId of await this.clicks.withNews(only)) {
      for (let taken = QUEUE_BATCH; taken === QUEUE_BATCH;)
        taken = await this.placeBatch(accountId);
    }
    return learned;
  }

  private placeBatch(accountId: string): Promise<number> {
    return this.transaction(accountId, async (manager) => {
      const clickIds = await this.clicks.takeNews(manager, accountId, QUEUE_BATCH);
      await this.learner.place(manager, accountId, clickIds);
      return clickIds.length;
    });
  }

  private learnBatch(accountId: string): Promise<number> {
    return this.transaction(accountId, async (manager) => {
      const events = await takeQueuedEvents(manager, accountId, QUEUE_BATCH);
      await this.learner.learn(manager, accountId, events);
      return events.length;
    });
  }

  /** The poll's look; one that comes while another is under way is left out. */
  async pollQueue(): Promise<void> {
    if (this.polling || this.lifecycle.isDraining()) return;
    this.polling = true;
    try {
      await this.learnQueued();
    } finally {
      this.polling = false;
    }
  }

  private async store(
    { accountId, conversionSource }: Account,
    events: AdEventValues[],
  ): Promise<{ inserted: InsertedEvents; learned: Learned }> {
    if (events.length === 0) return NOTHING;
    const times = events.map(({ occurredAt }) => occurredAt);
    await ensureMonths(this.database, EVENTS_TABLE, times);
    await ensureMonths(this.database, LESSONS_TABLE, times);
    return this.transaction(accountId, async (manager) => {
      const options = { queued: false, conversionSource };
      const inserted = await insertAdEvents(manager, accountId, events, options);
      const learned = await this.learner.learn(manager, accountId, inserted.inserted);
      return { inserted, learned };
    });
  }

  /** One turn per account in this process, so that waiting requests hold no connection. */
  private transaction<T>(accountId: string, run: (manager: EntityManager) => Promise<T>) {
    return this.turns.take(accountId, () =>
      this.database.transaction(async (manager) => {
        await lockLearning(manager, accountId);
        return run(manager);
      }),
    );
  }

  private async read(
    account: Account,
    items: unknown[],
    asOf: Date,
  ): Promise<{ good: Indexed<AdEventValues>[]; rejected: Rejection[] }> {
    const { good, rejected } = sortOut<NewEvent>(items, checkEvent, 'events.invalid', 'events');
    const adIds = [...new Set(good.map(({ item }) => item.ad_id))];
    const known = await this.ads.known(account.accountId, adIds);
    const context = {
      currency: account.currency,
      asOf,
      knowsAd: (adId: string) => known.has(adId),
    };
    const values: Indexed<AdEventValues>[] = [];
    for (const { index, item } of good) {
      const value = eventValues(item, context);
      if (isEventFault(value)) {
        const { code, detail, field } = value;
        rejected.push({ index, code, detail, pointer: `/events/${index}/${field}` });
      } else {
        values.push({ index, item: value });
      }
    }
    return { good: values, rejected };
  }
}

const NOTHING = {
  inserted: { inserted: [], duplicates: [], conflicts: [], conversionSource: null },
  learned: { ads: 0, drift: [] },
};

function conflict(index: number): Rejection {
  return {
    index,
    code: 'events.conflict',
    detail: 'an event with this id stands already, with other content',
    pointer: `/events/${index}/event_id`,
  };
}
