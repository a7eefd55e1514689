// The one place where events change what is believed. Everything here runs inside the transaction
// that stores the events, under the account's lock: an event and its lesson are durable together or
// not at all, and the model sees events in the order in which they commit.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { findClickEvents, isCorrection, type AdEventRow } from '../../metrics/index.js';
import { Clock, writeTogether } from '../../shared/index.js';
import { DriftWatch } from '../drift/drift-watch.service.js';
import { readings } from '../online/learn-events.js';
import { OnlineModel } from '../online/online-model.js';
import {
  convertedMarks,
  lessonRows,
  modelRow,
  slotRows,
  type StoredModel,
} from '../online/online-model.queries.js';
import { ClickLedger, clickIds } from './click-ledger.js';
import { addCells, clickConversionRows, correctCells, takeCells } from './evidence.queries.js';
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
    const drift = await this.drifts.watch(manager, accountId, happened);
    if (requests.some((events) => events.length > 0)) {
      const read = happened.map(readings);
      const found = await this.lookUp(manager, accountId, requests.flat(), read);
      const model = new OnlineModel(found.slots, stored.tally);
      const ledger = new ClickLedger(found.clicks, found.lessons, found.conversions);
      const lessons = learnRequests(requests, read, ledger, model);
      await this.store(manager, accountId, lessons, model, happened.flat().length);
    }
    return requests.map((events, place) => ({
      ads: new Set(events.map(({ adId }) => adId)).size,
      drift: drift[place] ?? [],
    }));
  }

  private async lookUp(
    manager: EntityManager,
    accountId: string,
    events: AdEventRow[],
    read: readonly Readings[],
  ) {
    const named = await findClickEvents(manager, accountId, clickIds(events, 'conversion'));
    // Clicks and conversions of these very requests come in as their turn comes.
    const own = new Set(events.map(({ eventDigest }) => eventDigest));
    const clicks = named.filter(({ eventDigest }) => !own.has(eventDigest));
    const wanted = { clicks, clickIds: clickIds(events, 'click'), slots: slotsOf(read) };
    return { clicks, ...(await lookUp(manager, accountId, wanted)) };
  }

  private async store(
    manager: EntityManager,
    accountId: string,
    { changes, clickConversions, learned, converted }: Lessons,
    model: OnlineModel,
    events: number,
  ): Promise<void> {
    const now = this.clock.now();
    for (const { added, taken, corrected } of changes) {
      await addCells(manager, accountId, added);
      await takeCells(manager, accountId, taken);
      await correctCells(manager, accountId, corrected);
    }
    await writeTogether(manager, [
      clickConversionRows(accountId, clickConversions),
      slotRows(accountId, learned.length === 0 ? new Map() : model.slots, now),
      lessonRows(accountId, learned, now),
      convertedMarks(accountId, converted),
      modelRow(accountId, events, model.tally, now),
    ]);
  }
}

function slotsOf(read: readonly Readings[]): number[] {
  const slots = new Set<number>();
  for (const ofRequest of read) {
    for (const { features } of ofRequest.values()) for (const { slot } of features) slots.add(slot);
  }
  return [...slots];
}
