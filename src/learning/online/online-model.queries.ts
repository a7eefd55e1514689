// The online model at rest: one row per touched slot, one per account for its figures, one per
// click and conversion for what it taught.
import type { EntityManager } from 'typeorm';
import {
  floatArray,
  instantArray,
  integerArray,
  textArray,
  uuidArray,
  type Write,
} from '../../shared/index.js';
import type { LearnedEvent, StoredLesson } from './learn-events.js';
import type { Lesson, Slot } from './online-model.js';
import { emptyTally, type Tally } from './tally.js';

export const LESSONS_TABLE = 'learned_events';

export interface StoredModel {
  eventsSeen: number;
  /** The journal's last; every transaction that learns takes the next. */
  position: number;
  /** What the journal has grown by since it was folded last. */
  unfoldedEvents: number;
  unfoldedPositions: number;
  tally: Tally;
}

export async function readModel(
  manager: EntityManager,
  accountId: string,
): Promise<StoredModel | null> {
  return (await selectModel(manager, accountId, ''))[0] ?? null;
}

/**
 * One learner per account at a time, in every process: what commits first was learned first. The
 * lock is the row of the account's model, so one look locks and reads.
 */
export async function lockLearning(
  manager: EntityManager,
  accountId: string,
): Promise<StoredModel> {
  const found = (await selectModel(manager, accountId, 'for update'))[0];
  if (found) return found;
  // Positions begin at the clock: an account that is made again under the id of a removed one
  // never has a position that a process remembers of the first.
  await manager.query(
    `insert into online_models
       (account_id, events_seen, tally, updated_at, journal_position, folded_position)
     select $1, 0, $2, now(), milliseconds, milliseconds
       from (select (extract(epoch from clock_timestamp()) * 1000)::bigint as milliseconds) c
     on conflict do nothing`,
    [accountId, JSON.stringify(emptyTally())],
  );
  return lockLearning(manager, accountId);
}

async function selectModel(
  manager: EntityManager,
  accountId: string,
  lock: '' | 'for update',
): Promise<StoredModel[]> {
  return manager.query(
    `select events_seen::float8 as "eventsSeen", journal_position::float8 as position, tally,
            (events_seen - folded_events)::float8 as "unfoldedEvents",
            (journal_position - folded_position)::float8 as "unfoldedPositions"
       from online_models where account_id = $1 ${lock}`,
    [accountId],
  );
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

export function slotRows(
  accountId: string,
  slots: ReadonlyMap<number, Slot>,
  now: Date,
): Write | null {
  if (slots.size === 0) return null;
  const entries = [...slots].sort(([left], [right]) => left - right);
  return {
    sql: `insert into online_weights (account_id, slot, feature, z, n, updated_at)
          select $1::text, w.*, $2::timestamptz
            from unnest($3::int[], $4::text[], $5::float8[], $6::float8[]) w
          on conflict (account_id, slot) do update
             set z = excluded.z, n = excluded.n, updated_at = excluded.updated_at`,
    parameters: [
      accountId,
      now,
      integerArray(entries.map(([slot]) => slot)),
      textArray(entries.map(([, { name }]) => name)),
      floatArray(entries.map(([, { z }]) => z)),
      floatArray(entries.map(([, { n }]) => n)),
    ],
  };
}

/** Every transaction that learns ends with it. */
export function modelRow(
  accountId: string,
  { eventsSeen, position, tally }: Pick<StoredModel, 'eventsSeen' | 'position' | 'tally'>,
  now: Date,
): Write {
  return {
    sql: `update online_models
             set events_seen = $2::bigint, journal_position = $3::bigint, tally = $4::jsonb,
                 updated_at = $5::timestamptz
           where account_id = $1::text`,
    parameters: [accountId, eventsSeen, position, JSON.stringify(tally), now],
  };
}

export function lessonRows(accountId: string, learned: LearnedEvent[], now: Date): Write | null {
  if (learned.length === 0) return null;
  const figures = (name: 'prediction' | 'loss' | 'units' | 'positives') =>
    learned.map(({ lesson }) => lesson[name]);
  return {
    sql: `insert into learned_events (account_id, learned_at, occurred_at, event_digest,
                                      prediction, loss, units, positives, weights)
          select $1::text, $2::timestamptz, l.*
            from unnest($3::timestamptz[], $4::uuid[], $5::float8[], $6::float8[], $7::int[],
                        $8::int[], $9::jsonb[]) l`,
    parameters: [
      accountId,
      now,
      instantArray(learned.map(({ event }) => event.occurredAt.getTime())),
      uuidArray(learned.map(({ event }) => event.eventDigest)),
      floatArray(figures('prediction')),
      floatArray(figures('loss')),
      integerArray(figures('units')),
      integerArray(figures('positives')),
      textArray(learned.map(({ lesson }) => JSON.stringify(lesson.weights))),
    ],
  };
}

/** Clicks that converted: how many of them, so that none is turned around twice. */
export function convertedMarks(accountId: string, clicks: StoredLesson[]): Write | null {
  if (clicks.length === 0) return null;
  return {
    sql: `update learned_events l set positives = c.positives
            from unnest($2::timestamptz[], $3::uuid[], $4::int[])
                   c (occurred_at, event_digest, positives)
           where l.account_id = $1::text and l.occurred_at = c.occurred_at
             and l.event_digest = c.event_digest`,
    parameters: [
      accountId,
      instantArray(clicks.map(({ occurredAt }) => occurredAt.getTime())),
      uuidArray(clicks.map(({ eventDigest }) => eventDigest)),
      integerArray(clicks.map(({ lesson }) => lesson.positives)),
    ],
  };
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
