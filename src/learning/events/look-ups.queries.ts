// What learning a group of requests has to know besides the events themselves, in one look.
import type { EntityManager } from 'typeorm';
import { instantArray, integerArray, textArray, uuidArray } from '../../shared/index.js';
import type { StoredLesson } from '../online/learn-events.js';
import type { Lesson, Slot } from '../online/online-model.js';
import type { ClickEvent } from './click-ledger.js';
import type { ClickConversion } from '../belief/evidence-cell.js';

export interface Wanted {
  /** Stored clicks that the requests' conversions name. */
  clicks: ClickEvent[];
  /** Ids of the requests' clicks. */
  clickIds: string[];
  /** Of the model, besides those of the clicks' own lessons. */
  slots: number[];
}

export interface Found {
  /** Of the clicks, by event digest. */
  lessons: Map<string, StoredLesson>;
  /** Stored conversions that name one of the ids. */
  conversions: ClickConversion[];
  slots: Map<number, Slot>;
}

/** Lists of values rather than rows: a third of the work on both sides. */
interface Row {
  lessons:
    [string, number, Lesson['prediction'], number, number, number, Lesson['weights']][] | null;
  conversions:
    [string, string, string, number, number, number | null, number | null, boolean][] | null;
  slots: [number, string, number, number][] | null;
}

export async function lookUp(
  manager: EntityManager,
  accountId: string,
  { clicks, clickIds, slots }: Wanted,
): Promise<Found> {
  const none: Found = { lessons: new Map(), conversions: [], slots: new Map() };
  if (clicks.length + clickIds.length + slots.length === 0) return none;
  const [row]: Row[] = await manager.query(LOOK_UP, [
    accountId,
    instantArray(clicks.map(({ occurredAt }) => occurredAt.getTime())),
    uuidArray(clicks.map(({ eventDigest }) => eventDigest)),
    textArray(clickIds),
    integerArray(slots),
  ]);
  return row ? toFound(row) : none;
}

const LOOK_UP = `
  with lessons as materialized (
    select l.event_digest, l.occurred_at, l.prediction, l.loss, l.units, l.positives, l.weights
      from unnest($2::timestamptz[], $3::uuid[]) w (occurred_at, event_digest)
      join learned_events l using (occurred_at, event_digest)
     where l.account_id = $1
  )
  select (select json_agg(json_build_array(
                   replace(event_digest::text, '-', ''), extract(epoch from occurred_at) * 1000,
                   prediction, loss, units, positives, weights))
            from lessons) as lessons,
         (select json_agg(json_build_array(
                   click_id, replace(event_digest::text, '-', ''), ad_id,
                   extract(epoch from occurred_at) * 1000, conversions, value_minor,
                   extract(epoch from placed_at) * 1000, is_fixed))
            from click_conversions
           where account_id = $1 and click_id = any ($4::text[])) as conversions,
         (select json_agg(json_build_array(slot, feature, z, n))
            from online_weights
           where account_id = $1
             and slot = any ($5::int[] || array(select (w ->> 0)::int
                                                  from lessons, jsonb_array_elements(weights) w)))
           as slots`;

function toFound(row: Row): Found {
  const lessons = (row.lessons ?? []).map(
    ([eventDigest, at, prediction, loss, units, positives, weights]) => {
      const lesson = { prediction, loss, units, positives, weights };
      return { eventDigest, occurredAt: new Date(at), lesson };
    },
  );
  const conversions = (row.conversions ?? []).map(
    ([clickId, eventDigest, adId, occurredAt, count, valueMinor, placedAt, isFixed]) => ({
      ...{ clickId, eventDigest, adId, occurredAt, conversions: count, valueMinor, placedAt },
      isFixed,
    }),
  );
  return {
    lessons: new Map(lessons.map((lesson) => [lesson.eventDigest, lesson])),
    conversions,
    slots: new Map((row.slots ?? []).map(([slot, name, z, n]) => [slot, { name, z, n }])),
  };
}
