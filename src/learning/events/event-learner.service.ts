// The one place where events change what is believed. Everything here runs inside the transaction
// that stores the events, under the account's lock: an event and its lesson are durable together or
// not at all, and the model sees events in the order in which they commit. Called by `event-
// writer`; counts by `event-cells`, scans by `drift-watch`.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ClickTimes } from '../../attribution/index.js';
import { findClickEvents, isCorrection, type AdEventRow } from '../../metrics/index.js';
import { Clock, writeTogether, type Write } from '../../shared/index.js';
import { DriftWatch } from '../drift/drift-watch.service.js';
import { readings } from '../online/learn-events.js';
import { OnlineModel, type Slot } from '../online/online-model.js';
import {
  convertedMarks,
  lessonRows,
  modelRow,
  slotRows,
  type StoredModel,
} from '../online/online-model.queries.js';
import { ClickLedger, clickIds, earliestClicks } from './click-ledger.js';
import { cellChanges } from './event-cells.js';
import { clickConversionRows, journalRow } from './evidence.queries.js';
import { lookUp } from './look-ups.queries.js';
import { learnRequests, type Lessons, type Readings } from './learn-requests.js';

export interface Learned {
  /** Ads whose evidence changed. */
  ads: number;
  /** Ads at which a drift was found. */
  drift: string[];
}

@Injectable()
export class EventLearner {
  constructor(
    private readonly clock: Clock,
    private readonly drifts: DriftWatch,
    private readonly landed: ClickTimes,
  ) {}

  /**
   * Learns requests one after the other, in one go. Their events are new and stored in this
   * transaction; `stored` is what `lockLearning` answered.
   */
  async learn(
    manager: EntityManager,
    accountId: string,
    stored: StoredModel,
    requests: AdEventRow[][],
  ): Promise<Learned[]> {
    // Nothing happened in a correction that a model could learn from.
    const happened = requests.map((events) => events.filter((event) => !isCorrection(event)));
    if (requests.every((events) => events.length === 0)) return requests.map(() => NOT_LEARNED);
    const { position } = stored;
    const { drift, writes } = await this.drifts.watch(manager, accountId, position, happened);
    const read = happened.map(readings);
    const found = await this.lookUp(manager, accountId, requests.flat(), read);
    const model = new OnlineModel(found.slots, stored.tally);
    const lessons = learnRequests(requests, read, new ClickLedger(found), model);
    const next = {
      eventsSeen: stored.eventsSeen + happened.reduce((sum, events) => sum + events.length, 0),
      ...{ position: position + 1, tally: model.tally },
    };
    await this.store(manager, accountId, lessons, model.slots, next, writes);
    return requests.map((events, place) => ({
      ads: new Set(events.map(({ adId }) => adId)).size,
      drift: drift[place] ?? [],
    }));
  }

  /**
   * Conversions that wait for clicks which another room was told of move to their cohorts. Such
   * clicks are not counted and the online model has not seen them, so there is nothing else to
   * learn.
   */
  async place(
    manager: EntityManager,
    accountId: string,
    stored: StoredModel,
    ids: string[],
  ): Promise<void> {
    const wanted = { clicks: [], clickIds: ids, slots: [] };
    const { conversions } = await lookUp(manager, accountId, wanted);
    if (conversions.length === 0) return;
    const clicks = await findClickEvents(manager, accountId, ids);
    const landed = await this.landed.of(manager, accountId, ids);
    const changes = cellChanges([], earliestClicks([], [...clicks, ...landed]), conversions);
    const next = { ...stored, position: stored.position + 1 };
    const nothing: Lessons = { ...changes, learned: [], converted: [] };
    await this.store(manager, accountId, nothing, new Map(), next, []);
  }

  private async lookUp(
    manager: EntityManager,
    accountId: string,
    events: AdEventRow[],
    read: readonly Readings[],
  ) {
    const ids = clickIds(events, 'conversion');
    const named = await findClickEvents(manager, accountId, ids);
    const landed = await this.landed.of(manager, accountId, ids);
    // Clicks and conversions of these very requests come in as their turn comes.
    const own = new Set(events.map(({ eventDigest }) => eventDigest));
    const clicks = named.filter(({ eventDigest }) => !own.has(eventDigest));
    const wanted = { clicks, clickIds: clickIds(events, 'click'), slots: slotsOf(read) };
    return { clicks, landed, ...(await lookUp(manager, accountId, wanted)) };
  }

  private async store(
    manager: EntityManager,
    accountId: string,
    { cells, clickConversions, learned, converted }: Lessons,
    slots: ReadonlyMap<number, Slot>,
    next: Pick<StoredModel, 'eventsSeen' | 'position' | 'tally'>,
    others: readonly (Write | null)[],
  ): Promise<void> {
    const now = this.clock.now();
    await writeTogether(manager, [
      journalRow(accountId, next.position, cells),
      clickConversionRows(accountId, clickConversions),
      slotRows(accountId, learned.length === 0 ? new Map() : slots, now),
      lessonRows(accountId, learned, now),
      convertedMarks(accountId, converted),
      modelRow(accountId, next, now),
      ...others,
    ]);
  }
}

export const NOT_LEARNED: Learned = { ads: 0, drift: [] };

function slotsOf(read: readonly Readings[]): number[] {
  const slots = new Set<number>();
  for (const ofRequest of read) {
    for (const { features } of ofRequest.values()) for (const { slot } of features) slots.add(slot);
  }
  return [...slots];
}
