// The one place where events change what is believed. Everything here runs inside the transaction
// that stores the events, under the account's lock: an event and its lesson are durable together or
// not at all, and the model sees events in the order in which they commit.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ClickTimes, type ClickTime } from '../../attribution/index.js';
import { findClickEvents, isCorrection, type AdEventRow } from '../../metrics/index.js';
import { Clock } from '../../shared/index.js';
import { DriftWatch } from '../drift/drift-watch.service.js';
import { learnEvents, readings, type KnownClicks } from '../online/learn-events.js';
import { OnlineModel } from '../online/online-model.js';
import {
  markConverted,
  readLessons,
  readModel,
  readSlots,
  writeLessons,
  writeModel,
  writeSlots,
} from '../online/online-model.queries.js';
import { emptyTally } from '../online/tally.js';
import { cellChanges, type CellChanges } from './event-cells.js';
import type { ClickConversion } from './evidence-cell.js';
import {
  addCells,
  correctCells,
  findClickConversions,
  keepClickConversions,
  takeCells,
} from './evidence.queries.js';

export interface Learned {
  /** Ads whose evidence changed. */
  ads: number;
  /** Ads at which a drift was found. */
  drift: string[];
}

type ClickEvent = Awaited<ReturnType<typeof findClickEvents>>[number];

@Injectable()
export class EventLearner {
  constructor(
    private readonly clock: Clock,
    private readonly drifts: DriftWatch,
    private readonly landed: ClickTimes,
  ) {}

  /** `events` are new and stored in this transaction; the caller holds `lockLearning`. */
  async learn(manager: EntityManager, accountId: string, events: AdEventRow[]): Promise<Learned> {
    if (events.length === 0) return { ads: 0, drift: [] };
    const named = clickIds(events, 'conversion');
    const clicks = await findClickEvents(manager, accountId, named);
    const landed = await this.landed.of(manager, accountId, named);
    const waiting = await findClickConversions(manager, accountId, clickIds(events, 'click'));
    const times = earliestClicks(events, [...clicks, ...landed]);
    await this.count(manager, accountId, cellChanges(events, times, waiting));
    const happened = events.filter((event) => !isCorrection(event));
    if (happened.length > 0) await this.teach(manager, accountId, happened, clicks, waiting);
    const drift = await this.drifts.watch(manager, accountId, happened);
    return { ads: new Set(events.map(({ adId }) => adId)).size, drift };
  }

  /**
   * Conversions that wait for clicks which another room was told of move to their cohorts. Such clicks
   * are not counted and the online model has not seen them, so there is nothing else to learn.
   */
  async place(manager: EntityManager, accountId: string, ids: string[]): Promise<void> {
    const waiting = await findClickConversions(manager, accountId, ids);
    if (waiting.length === 0) return;
    const clicks = await findClickEvents(manager, accountId, ids);
    const landed = await this.landed.of(manager, accountId, ids);
    const times = earliestClicks([], [...clicks, ...landed]);
    await this.count(manager, accountId, cellChanges([], times, waiting));
  }

  /** Integers into their cells. */
  private async count(
    manager: EntityManager,
    accountId: string,
    changes: CellChanges,
  ): Promise<void> {
    await addCells(manager, accountId, changes.added);
    await takeCells(manager, accountId, changes.taken);
    await correctCells(manager, accountId, changes.corrected);
    await keepClickConversions(manager, accountId, changes.clickConversions);
  }

  /** Each click and conversion once through the online model. */
  private async teach(
    manager: EntityManager,
    accountId: string,
    events: AdEventRow[],
    clicks: ClickEvent[],
    waiting: ClickConversion[],
  ): Promise<void> {
    const now = this.clock.now();
    const read = readings(events);
    const stored = await readModel(manager, accountId);
    if (read.size === 0) {
      const tally = stored?.tally ?? emptyTally();
      return writeModel(manager, accountId, events.length, tally, now);
    }
    const known = await this.knownClicks(manager, accountId, clicks, waiting);
    const touched = new Set<number>();
    for (const { features } of read.values()) for (const { slot } of features) touched.add(slot);
    for (const { lesson } of known.learned.values()) {
      for (const [slot] of lesson.weights) touched.add(slot);
    }
    const slots = await readSlots(manager, accountId, [...touched]);
    const model = new OnlineModel(slots, stored?.tally ?? null);
    const { lessons, converted } = learnEvents(model, read, known);
    await writeSlots(manager, accountId, model.slots, now);
    await writeLessons(manager, accountId, lessons, now);
    await markConverted(manager, accountId, [...converted]);
    await writeModel(manager, accountId, events.length, model.tally, now);
  }

  private async knownClicks(
    manager: EntityManager,
    accountId: string,
    clicks: ClickEvent[],
    waiting: ClickConversion[],
  ): Promise<KnownClicks> {
    const lessons = await readLessons(manager, accountId, clicks);
    const known: KnownClicks = { learned: new Map(), convertedBefore: new Map() };
    for (const { clickId, eventDigest } of clicks) {
      const lesson = lessons.get(eventDigest);
      if (lesson && !known.learned.has(clickId)) known.learned.set(clickId, lesson);
    }
    for (const { clickId, conversions } of waiting) {
      const before = known.convertedBefore.get(clickId) ?? 0;
      known.convertedBefore.set(clickId, before + Math.max(0, conversions));
    }
    return known;
  }
}

function clickIds(events: AdEventRow[], type: 'click' | 'conversion'): string[] {
  const ids = events.flatMap((event) =>
    event.type === type && event.clickId !== null ? [event.clickId] : [],
  );
  return [...new Set(ids)];
}

/** An id that several clicks carry stands for the first of them, whichever came in first. */
function earliestClicks(events: AdEventRow[], clicks: ClickTime[]): Map<string, number> {
  const times = new Map<string, number>();
  const told = events.filter(({ type }) => type === 'click');
  for (const { clickId, occurredAt } of [...clicks, ...told]) {
    if (clickId === null) continue;
    const at = occurredAt.getTime();
    times.set(clickId, Math.min(at, times.get(clickId) ?? at));
  }
  return times;
}
