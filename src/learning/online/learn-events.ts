// A batch of new events taken through the online model in the order in which they commit.
import type { AdEventRow } from '../../metrics/index.js';
import { readFeatures, type ReadFeatures } from './features.js';
import type { Lesson, OnlineModel } from './online-model.js';

export interface LearnedEvent {
  event: AdEventRow;
  lesson: Lesson;
}

/** What is known of clicks that the events name. */
export interface KnownClicks {
  /** Lessons of click events learned before, by click id. */
  learned: Map<string, StoredLesson>;
  /** Conversions learned before their click was told, by click id. */
  convertedBefore: Map<string, number>;
}

export interface StoredLesson {
  eventDigest: string;
  occurredAt: Date;
  lesson: Lesson;
}

/** Events that the model learns from, with their features: impressions do not convert. */
export function readings(events: readonly AdEventRow[]): Map<AdEventRow, ReadFeatures> {
  return new Map(
    events
      .filter(({ type }) => type !== 'impression')
      .map((event) => [event, readFeatures(event.adId, event.features)]),
  );
}

/**
 * Teaches the model in place; answers one lesson per click and conversion, and the clicks changed.
 */
export function learnEvents(
  model: OnlineModel,
  read: ReadonlyMap<AdEventRow, ReadFeatures>,
  clicks: KnownClicks,
): { lessons: LearnedEvent[]; converted: Set<StoredLesson> } {
  const lessons: LearnedEvent[] = [];
  const converted = new Set<StoredLesson>();
  for (const [event, { features, dropped, clipped }] of read) {
    model.tally.featuresDropped += dropped;
    model.tally.featuresClipped += clipped;
    const { clickId, count, type } = event;
    if (type === 'click') {
      const early = clickId === null ? 0 : (clicks.convertedBefore.get(clickId) ?? 0);
      const lesson = model.learnClick(features, count, clickId !== null, early);
      lessons.push({ event, lesson });
      if (clickId !== null && !clicks.learned.has(clickId)) {
        const { eventDigest, occurredAt } = event;
        clicks.learned.set(clickId, { eventDigest, occurredAt, lesson });
      }
      continue;
    }
    const click = clickId === null ? undefined : clicks.learned.get(clickId);
    if (!click) {
      const lesson = model.learnConversion(features, count);
      lessons.push({ event, lesson });
      if (clickId === null) continue;
      const before = clicks.convertedBefore.get(clickId) ?? 0;
      clicks.convertedBefore.set(clickId, before + lesson.units);
      continue;
    }
    lessons.push({ event, lesson: model.learnLateConversion(features, click.lesson, count) });
    converted.add(click);
  }
  return { lessons, converted };
}
