// The door of events: each is checked by itself, then all are stored and learned before the answer.
// Called by `events.controller`; hands on to `event-writer`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AdsService,
  oldestKept,
  type Account,
  type ConversionSource,
} from '../../accounts/index.js';
import { EVENTS_TABLE, type AdEventValues } from '../../metrics/index.js';
import {
  Clock,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  Turns,
  idsIn,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { LESSONS_TABLE } from '../online/online-model.queries.js';
import { eventFaults, eventValues, isEventFault } from './event-input.js';
import { NOT_LEARNED, type Learned } from './event-learner.service.js';
import { EventWriter, NO_EVENTS, type Written } from './event-writer.service.js';
import { NewEvent } from './events.dto.js';

const checkEvent = compileCheck(NewEvent);

export interface EventsAnswer extends IntakeAnswer {
  learned: Learned;
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
}

@Injectable()
export class EventsIntake {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
    private readonly clock: Clock,
    private readonly writer: EventWriter,
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

  private async store(
    { accountId, conversionSource }: Account,
    events: AdEventValues[],
  ): Promise<Written> {
    if (events.length === 0) return { own: NO_EVENTS, learned: NOT_LEARNED };
    const times = events.map(({ occurredAt }) => occurredAt);
    await ensureMonths(this.database, EVENTS_TABLE, times);
    await ensureMonths(this.database, LESSONS_TABLE, times);
    return this.writer.store(accountId, events, conversionSource);
  }

  private async read(
    account: Account,
    items: unknown[],
    asOf: Date,
  ): Promise<{ good: Indexed<AdEventValues>[]; rejected: Rejection[] }> {
    const known = await this.ads.known(account, idsIn(items, 'ad_id'));
    const context = {
      currency: account.currency,
      asOf,
      // A simulated account's own days go by its clock, real ones by the server's.
      oldest: oldestKept(account, 'events', later(asOf, this.clock.now())),
      knowsAd: (adId: string) => known.has(adId),
    };
    const { good, rejected } = await sortOut<NewEvent>(
      ...([items, checkEvent, 'events.invalid', 'events'] as const),
      (item) =>
        eventFaults(item, context).map(({ field, detail }) => ({ pointer: `/${field}`, detail })),
    );
    const values: Indexed<AdEventValues>[] = [];
    const turns = new Turns();
    for (const { index, item } of good) {
      await turns.pass();
      const value = readEvent(item, context);
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

/** Whatever an event throws is a fault of this event, and the others are taken. */
function readEvent(...given: Parameters<typeof eventValues>): ReturnType<typeof eventValues> {
  try {
    return eventValues(...given);
  } catch {
    return { code: 'events.invalid', detail: 'the event cannot be read', field: 'event_id' };
  }
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function conflict(index: number): Rejection {
  return {
    index,
    code: 'events.conflict',
    detail: 'this id already belongs to an event with other content',
    pointer: `/events/${index}/event_id`,
  };
}
