// Events come in: checked one by one, then stored and learned in one transaction. Requests of one
// account that arrive during a write share the next one; each is answered as if it had come alone.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AdsService,
  oldestKept,
  type Account,
  type ConversionSource,
} from '../../accounts/index.js';
import { ClickTimes } from '../../attribution/index.js';
import {
  EVENTS_TABLE,
  insertAdEvents,
  queuedEvents,
  takeQueuedEvents,
  type AdEventValues,
} from '../../metrics/index.js';
import {
  Clock,
  GroupCommit,
  Lifecycle,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { AdWaits } from '../drift/ad-waits.service.js';
import { LESSONS_TABLE, lockLearning } from '../online/online-model.queries.js';
import { eventValues, isEventFault } from './event-input.js';
import { EventLearner, NOT_LEARNED, type Learned } from './event-learner.service.js';
import { NewEvent } from './events.dto.js';
import { JournalFold } from './journal-fold.service.js';
import { shareOut, type OwnEvents } from './share-out.js';

const checkEvent = compileCheck(NewEvent);
/**
 * Queued events learned in one transaction: the account's lock is not held for longer than a
 * second.
 */
const QUEUE_BATCH = 1000;
const LIMITS = {
  // Four full requests of small batches: a longer write would let the others wait for a second.
  rowsMax: 2000,
  // Some twenty megabytes per account while its database is slow; then clients are asked to wait.
  waitingRowsMax: 20_000,
};

/** Events of a request, or a look at what other rooms queued. */
type Work = { events: AdEventValues[]; source: ConversionSource | null } | 'queue';

interface Done {
  own: OwnEvents;
  learned: Learned;
}

export interface EventsAnswer extends IntakeAnswer {
  learned: Learned;
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
}

@Injectable()
export class EventsIntake {
  // Waiting requests hold no connection, and a queue waits in the same line as the requests.
  private readonly line = new GroupCommit<Work, Done>(LIMITS, (accountId, works) =>
    this.write(accountId, works),
  );
  private polling = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
    private readonly clock: Clock,
    private readonly learner: EventLearner,
    private readonly lifecycle: Lifecycle,
    private readonly clicks: ClickTimes,
    private readonly waits: AdWaits,
    private readonly journal: JournalFold,
  ) {}

  async take(account: Account, items: unknown[], asOf: Date): Promise<EventsAnswer> {
    const { good, rejected } = await this.read(account, items, asOf);
    const events = good.map(({ item }) => item);
    const { own, learned } = await this.store(account, events);
    const conflicts = own.conflicts.map((position) => conflict(good[position]?.index ?? 0));
    return {
      ...intakeAnswer(own.inserted.length, own.duplicates.length, [...rejected, ...conflicts]),
      learned,
      conversion_source: own.conversionSource ?? account.conversionSource,
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
        const { own } = await this.line.add(accountId, 'queue', 1);
        taken = own.inserted.length;
      }
    }
    for (const accountId of await this.clicks.withNews(only)) {
      while ((await this.placeBatch(accountId)) === QUEUE_BATCH);
    }
    return learned;
  }

  private placeBatch(accountId: string): Promise<number> {
    return this.database.transaction(async (manager) => {
      const stored = await lockLearning(manager, accountId);
      const clickIds = await this.clicks.takeNews(manager, accountId, QUEUE_BATCH);
      await this.learner.place(manager, accountId, stored, clickIds);
      return clickIds.length;
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
    { accountId, conversionSource: source }: Account,
    events: AdEventValues[],
  ): Promise<Done> {
    if (events.length === 0) return { own: NOTHING, learned: NOT_LEARNED };
    const times = events.map(({ occurredAt }) => occurredAt);
    await ensureMonths(this.database, EVENTS_TABLE, times);
    await ensureMonths(this.database, LESSONS_TABLE, times);
    return this.line.add(accountId, { events, source }, events.length);
  }

  /** In the order of asking; the insert goes first for all, since it depends on nothing learned. */
  private async write(accountId: string, works: Work[]): Promise<Done[]> {
    this.waits.begin(accountId);
    const done = await this.database.transaction(async (manager) => {
      const stored = await lockLearning(manager, accountId);
      const told = works.filter((work) => work !== 'queue');
      const source = told.find((work) => work.source !== null)?.source ?? null;
      const lists = told.map(({ events }) => events);
      const options = { queued: false, conversionSource: source };
      const inserted = await insertAdEvents(manager, accountId, lists.flat(), options);
      const shares = shareOut(lists, inserted, source);
      const own: OwnEvents[] = [];
      for (const work of works) {
        if (work !== 'queue') own.push(shares.shift() ?? NOTHING);
        else {
          const taken = await takeQueuedEvents(manager, accountId, QUEUE_BATCH);
          own.push({ ...NOTHING, inserted: taken });
        }
      }
      const requests = own.map((one) => one.inserted);
      const learned = await this.learner.learn(manager, accountId, stored, requests);
      return own.map((one, place) => ({ own: one, learned: learned[place] ?? NOT_LEARNED }));
    });
    this.waits.committed(accountId);
    const events = done.reduce((sum, { own }) => sum + own.inserted.length, 0);
    this.journal.wrote(accountId, events);
    return done;
  }

  private async read(
    account: Account,
    items: unknown[],
    asOf: Date,
  ): Promise<{ good: Indexed<AdEventValues>[]; rejected: Rejection[] }> {
    const { good, rejected } = sortOut<NewEvent>(items, checkEvent, 'events.invalid', 'events');
    const adIds = [...new Set(good.map(({ item }) => item.ad_id))];
    const known = await this.ads.known(account, adIds);
    const context = {
      currency: account.currency,
      asOf,
      // A simulated account's own days go by its clock, real ones by the server's.
      oldest: oldestKept(account, 'events', later(asOf, this.clock.now())),
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

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

const NOTHING: OwnEvents = {
  ...{ inserted: [], duplicates: [], conflicts: [] },
  conversionSource: null,
};

function conflict(index: number): Rejection {
  return {
    index,
    code: 'events.conflict',
    detail: 'an event with this id stands already, with other content',
    pointer: `/events/${index}/event_id`,
  };
}
