// Several requests learned one after the other, in memory: each as if it had come alone and found
// what the ones before it left in the database.
import type { AdEventRow } from '../../metrics/index.js';
import { learnEvents, type LearnedEvent, type StoredLesson } from '../online/learn-events.js';
import type { ReadFeatures } from '../online/features.js';
import type { OnlineModel } from '../online/online-model.js';
import type { ClickLedger } from './click-ledger.js';
import { cellChanges, merged } from './event-cells.js';
import type { CellChange, ClickConversion } from '../belief/evidence-cell.js';

export type Readings = Map<AdEventRow, ReadFeatures>;

export interface Lessons {
  cells: CellChange[];
  /** As they stand after all. */
  clickConversions: ClickConversion[];
  learned: LearnedEvent[];
  /** Stored clicks that converted. */
  converted: StoredLesson[];
}

/** Teaches `model` and brings `ledger` up to date; `read` belongs to `requests`, place by place. */
export function learnRequests(
  requests: readonly AdEventRow[][],
  read: readonly Readings[],
  ledger: ClickLedger,
  model: OnlineModel,
): Lessons {
  const cells: CellChange[] = [];
  const learned: LearnedEvent[] = [];
  const kept = new Map<string, ClickConversion>();
  const converted = new Set<StoredLesson>();
  requests.forEach((events, place) => {
    const clicks = ledger.clicksFor(events);
    const waiting = ledger.conversionsFor(events);
    const change = cellChanges(events, ledger.times(events, clicks), waiting);
    const taught = learnEvents(model, read[place] ?? new Map(), ledger.known(clicks, waiting));
    cells.push(...change.cells);
    learned.push(...taught.lessons);
    for (const lesson of taught.converted) converted.add(lesson);
    for (const conversion of change.clickConversions) {
      kept.set(`${conversion.clickId}\u0000${conversion.eventDigest}`, conversion);
      ledger.keep(conversion);
    }
    remember(ledger, taught.lessons);
  });
  return {
    cells: requests.length > 1 ? merged(cells) : cells,
    clickConversions: [...kept.values()],
    learned,
    converted: [...converted],
  };
}

function remember(ledger: ClickLedger, lessons: readonly LearnedEvent[]): void {
  for (const { event, lesson } of lessons) {
    const { type, clickId, occurredAt, eventDigest } = event;
    if (type !== 'click' || clickId === null) continue;
    ledger.addClick({ clickId, occurredAt, eventDigest });
    ledger.lessons.set(eventDigest, { eventDigest, occurredAt, lesson });
  }
}
