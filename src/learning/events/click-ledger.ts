// Clicks and the conversions that name them, as the database would show them to each request of a
// group in turn: what was stored before the group, and what the requests before brought.
import type { ClickTime } from '../../attribution/index.js';
import type { AdEventRow } from '../../metrics/index.js';
import type { KnownClicks, StoredLesson } from '../online/learn-events.js';
import type { ClickConversion } from '../belief/evidence-cell.js';

export interface ClickEvent {
  clickId: string;
  occurredAt: Date;
  eventDigest: string;
}

export class ClickLedger {
  private readonly clicks = new Map<string, ClickEvent[]>();
  private readonly conversions = new Map<string, Map<string, ClickConversion>>();
  /** Of stored clicks, by event digest. */
  readonly lessons: Map<string, StoredLesson>;
  /** Clicks told for matching alone: they are not counted and the model has not seen them. */
  private readonly landed: readonly ClickTime[];

  constructor(known: {
    clicks: readonly ClickEvent[];
    landed: readonly ClickTime[];
    lessons: Map<string, StoredLesson>;
    conversions: readonly ClickConversion[];
  }) {
    this.lessons = known.lessons;
    this.landed = known.landed;
    for (const click of known.clicks) this.addClick(click);
    for (const conversion of known.conversions) this.keep(conversion);
  }

  /** When the clicks that matter to a request happened, by id. */
  times(events: readonly AdEventRow[], clicks: readonly ClickEvent[]): Map<string, number> {
    return earliestClicks(events, [...clicks, ...this.landed]);
  }

  /** Every click under the ids that conversions among the events name, the oldest first. */
  clicksFor(events: readonly AdEventRow[]): ClickEvent[] {
    const found = clickIds(events, 'conversion').flatMap((id) => this.clicks.get(id) ?? []);
    return found.sort(
      (left, right) =>
        left.occurredAt.getTime() - right.occurredAt.getTime() ||
        (left.eventDigest < right.eventDigest ? -1 : 1),
    );
  }

  /** Conversions told before that name a click among the events, in the order of their digests. */
  conversionsFor(events: readonly AdEventRow[]): ClickConversion[] {
    return clickIds(events, 'click').flatMap((id) =>
      [...(this.conversions.get(id)?.values() ?? [])].sort((left, right) =>
        left.eventDigest < right.eventDigest ? -1 : 1,
      ),
    );
  }

  /** What the online model must know of the clicks that the events name. */
  known(clicks: readonly ClickEvent[], waiting: readonly ClickConversion[]): KnownClicks {
    const known: KnownClicks = { learned: new Map(), convertedBefore: new Map() };
    for (const { clickId, eventDigest } of clicks) {
      const lesson = this.lessons.get(eventDigest);
      if (lesson && !known.learned.has(clickId)) known.learned.set(clickId, lesson);
    }
    for (const { clickId, conversions } of waiting) {
      const before = known.convertedBefore.get(clickId) ?? 0;
      known.convertedBefore.set(clickId, before + Math.max(0, conversions));
    }
    return known;
  }

  addClick(click: ClickEvent): void {
    const known = this.clicks.get(click.clickId);
    if (known) known.push(click);
    else this.clicks.set(click.clickId, [click]);
  }

  /** New or moved. */
  keep(conversion: ClickConversion): void {
    const named = this.conversions.get(conversion.clickId) ?? new Map<string, ClickConversion>();
    this.conversions.set(conversion.clickId, named.set(conversion.eventDigest, conversion));
  }
}

/** The click ids that events of the type name. */
export function clickIds(events: readonly AdEventRow[], type: 'click' | 'conversion'): string[] {
  const ids = new Set<string>();
  for (const event of events) {
    if (event.type === type && event.clickId !== null) ids.add(event.clickId);
  }
  return [...ids];
}

/** An id that several clicks carry stands for the first of them, whichever came in first. */
export function earliestClicks(
  events: readonly AdEventRow[],
  clicks: readonly ClickTime[],
): Map<string, number> {
  const times = new Map<string, number>();
  const see = (clickId: string, occurredAt: Date) => {
    const at = occurredAt.getTime();
    times.set(clickId, Math.min(at, times.get(clickId) ?? at));
  };
  for (const { clickId, occurredAt } of clicks) see(clickId, occurredAt);
  for (const { type, clickId, occurredAt } of events) {
    if (type === 'click' && clickId !== null) see(clickId, occurredAt);
  }
  return times;
}
