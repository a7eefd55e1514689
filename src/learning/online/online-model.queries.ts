// The online model at rest: one row per touched slot, one per account for its figures, one per
// click and conversion for what it taught.
import type { EntityManager } from 'typeorm';
import type { LearnedEvent, StoredLesson } from './learn-events.js';
import type { Lesson, Slot } from './online-model.js';
import type { Tally } from './tally.js';

export const LESSONS_TABLE = 'learned_events';

export interface StoredModel {
  eventsSeen: number;
  tally: Tally;
}

export async function readModel(
  manager: EntityManager,
  accountId: string,
): Promise<StoredModel | null> {
  const rows: { events_seen: number; tally: Tally }[] = await manager.query(
    'select events_seen::float8, tally from online_models where account_id = $1',
    [accountId],
  );
  return rows[0] ? { eventsSeen: rows[0].events_seen, tally: rows[0].tally } : null;
}

export async function readSlots(
  manager: EntityManager,
  accountId: string,
  slots: number[],
): Promise<Map<number, Slot>> {
  if (slots.length === 0) return new Map();
  const rows: ({ slot: number } & Slot)[] = await manager.query(
    `select slot, feature as name, z, n from online_weights
      where account_id = $1 and slot = any ($2::int[])`,
    [accountId, slots],
  );
  return new Map(rows.map(({ slot, ...at }) => [slot, at]));
}

export async function readAllSlots(
  manager: EntityManager,
  accountId: string,
): Promise<({ slot: number; updatedAt: Date } & Slot)[]> {
  return manager.query(
    `select slot, feature as name, z, n, updated_at as "updatedAt"
       from online_weights where account_id = $1 order by slot`,
    [accountId],
  );
}

export async function writeSlots(
  manager: EntityManager,
  accountId: string,
  slots: Map<number, Slot>,
  now: Date,
): Promise<void> {
  if (slots.size === 0) return;
  const entries = [...slots].sort(([left], [right]) => left - right);
  await manager.query(
    `insert into online_weights (account_id, slot, feature, z, n, updated_at)
     select $1, w.*, $2 from unnest($3::int[], $4::text[], $5::float8[], $6::float8[]) w
     on conflict (account_id, slot) do update
        set z = excluded.z, n = excluded.n, updated_at = excluded.updated_at`,
    [
      accountId,
      now,
      entries.map(([slot]) => slot),
      entries.map(([, { name }]) => name),
      entries.map(([, { z }]) => z),
      entries.map(([, { n }]) => n),
    ],
  );
}

/** Adds to the number of events; null leaves the figures as they are. */
export async function writeModel(
  manager: EntityManager,
  accountId: string,
  events: number,
  tally: Tally,
  now: Date,
): Promise<void> {
  await manager.query(
    `insert into online_models as m (account_id, events_seen, tally, updated_at)
     values ($1, $2, $3, $4)
     on conflict (account_id) do update
        set events_seen = m.events_seen + excluded.events_seen, tally = excluded.tally,
            updated_at = excluded.updated_at`,
    [accountId, events, JSON.stringify(tally), now],
  );
}

export async function writeLessons(
  manager: EntityManager,
  accountId: string,
  learned: LearnedEvent[],
  now: Date,
): Promise<void> {
  if (learned.length === 0) return;
  await manager.query(
    `insert into learned_events (account_id, learned_at, occurred_at, event_digest, prediction,
                                 loss, units, positives, weights)
     select $1, $2, l.* from unnest($3::timestamptz[], $4::uuid[], $5::float8[], $6::float8[],
                                    $7::int[], $8::int[], $9::jsonb[]) l`,
    [
      accountId,
      now,
      learned.map(({ event }) => event.occurredAt),
      learned.map(({ event }) => event.eventDigest),
      learned.map(({ lesson }) => lesson.prediction),
      learned.map(({ lesson }) => lesson.loss),
      learned.map(({ lesson }) => lesson.units),
      learned.map(({ lesson }) => lesson.positives),
      learned.map(({ lesson }) => JSON.stringify(lesson.weights)),
    ],
  );
}

interface LessonRow extends Lesson {
  event_digest: string;
  occurred_at: Date;
  learned_at: Date;
}

/** The lessons of the events that have one. */
export async function readLessons(
  manager: EntityManager,
  accountId: string,
  events: { eventDigest: string; occurredAt: Date }[],
): Promise<Map<string, StoredLesson & { learnedAt: Date }>> {
  if (events.length === 0) return new Map();
  const rows: LessonRow[] = await manager.query(
    `select replace(l.event_digest::text, '-', '') as event_digest, l.occurred_at, l.prediction,
            l.loss, l.units, l.positives, l.weights, l.learned_at
       from unnest($2::timestamptz[], $3::uuid[]) w (occurred_at, event_digest)
       join learned_events l using (occurred_at, event_digest)
      where l.account_id = $1`,
    [
      accountId,
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ eventDigest }) => eventDigest),
    ],
  );
  return new Map(
    rows.map((row) => {
      const { event_digest: eventDigest, occurred_at: occurredAt, learned_at: learnedAt } = row;
      const { prediction, loss, units, positives, weights } = row;
      const lesson = { prediction, loss, units, positives, weights };
      return [eventDigest, { eventDigest, occurredAt, learnedAt, lesson }];
    }),
  );
}

/** Clicks that converted: how many of them, so that none is turned around twice. */
export async function markConverted(
  manager: EntityManager,
  accountId: string,
  clicks: StoredLesson[],
): Promise<void> {
  if (clicks.length === 0) return;
  await manager.query(
    `update learned_events l set positives = c.positives
       from unnest($2::timestamptz[], $3::uuid[], $4::int[]) c (occurred_at, event_digest, positives)
      where l.account_id = $1 and l.occurred_at = c.occurred_at
        and l.event_digest = c.event_digest`,
    [
      accountId,
      clicks.map(({ occurredAt }) => occurredAt),
      clicks.map(({ eventDigest }) => eventDigest),
      clicks.map(({ lesson }) => lesson.positives),
    ],
  );
}
