// Where an event counts. Evidence is integers per ad and six-hour cohort (impressions and clicks by
// the minute), added up; so any order and splitting of a stream ends in the same numbers.
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import type { AdEventRow } from '../../metrics/index.js';
import { COHORT_MS } from '../belief/cohorts.js';
import {
  COUNTS,
  NO_LAG,
  cohortOf,
  minuteOf,
  type CellChange,
  type ClickConversion,
} from '../belief/evidence-cell.js';

/** What a smallint key must hold: far beyond the 400 days that a click may lie back. */
const LAG_MAX = 10_000;

export interface CellChanges {
  /** One per key. */
  cells: CellChange[];
  /** New or moved. */
  clickConversions: ClickConversion[];
}

/**
 * `clickTimes`: earliest known click per click id, the clicks among `events` included.
 * `waiting`: stored conversions that name a click among `events`.
 */
export function cellChanges(
  events: readonly AdEventRow[],
  clickTimes: ReadonlyMap<string, number>,
  waiting: readonly ClickConversion[],
): CellChanges {
  const clickConversions: ClickConversion[] = [];
  const cells: CellChange[] = [];
  for (const event of events) {
    if (event.type !== 'conversion') {
      cells.push(shownOrClicked(event));
      continue;
    }
    const conversion = clickConversion(event, clickTimes);
    // A correction carries the click of what it corrects, so it finds the same cell.
    cells.push(cellOfConversion(conversion));
    if (event.clickId !== null) clickConversions.push(conversion);
  }
  for (const conversion of waiting) {
    const clickedAt = clickTimes.get(conversion.clickId);
    if (conversion.isFixed || clickedAt === undefined) continue;
    if (!mayHaveSent(clickedAt, conversion.occurredAt)) continue;
    if (conversion.placedAt !== null && conversion.placedAt <= clickedAt) continue;
    const moved = { ...conversion, placedAt: clickedAt };
    cells.push(taken(cellOfConversion(conversion)), cellOfConversion(moved));
    clickConversions.push(moved);
  }
  return { cells: merged(cells), clickConversions };
}

/** The one cell that an event counts in; `placedAt` is its click as it stands now. */
export function cellOfEvent(event: AdEventRow, placedAt: number | null): CellChange {
  if (event.type !== 'conversion') return shownOrClicked(event);
  const known = event.clickedAt?.getTime() ?? placedAt;
  return cellOfConversion({ ...clickConversion(event, new Map()), placedAt: known });
}

function shownOrClicked({ adId, occurredAt, type, count }: AdEventRow): CellChange {
  const lastAt = occurredAt.getTime();
  const impressions = type === 'impression' ? count : 0;
  const none = { conversions: 0, valued: 0, valueMinor: 0 };
  return {
    adId,
    at: cohortOf(lastAt),
    lag: NO_LAG,
    impressions,
    clicks: count - impressions,
    ...none,
    told: count,
    lastAt,
    minute: minuteOf(lastAt),
  };
}

function clickConversion(
  event: AdEventRow,
  clickTimes: ReadonlyMap<string, number>,
): ClickConversion {
  const occurredAt = event.occurredAt.getTime();
  const told = event.clickedAt?.getTime();
  const known = event.clickId === null ? undefined : clickTimes.get(event.clickId);
  return {
    clickId: event.clickId ?? '',
    eventDigest: event.eventDigest,
    adId: event.adId,
    occurredAt,
    conversions: event.count,
    valueMinor: event.valueMinor,
    placedAt: told ?? (known !== undefined && mayHaveSent(known, occurredAt) ? known : null),
    isFixed: told !== undefined,
  };
}

/** Clocks of two systems differ by minutes; a click later than that is another one of that id. */
function mayHaveSent(clickedAt: number, convertedAt: number): boolean {
  return clickedAt <= convertedAt + CLOCK_TOLERANCE_MILLIS;
}

function cellOfConversion(conversion: ClickConversion): CellChange {
  const { adId, occurredAt, placedAt, conversions, valueMinor } = conversion;
  const bins = placedAt === null ? NO_LAG : Math.ceil((occurredAt - placedAt) / COHORT_MS) - 1;
  const at = cohortOf(placedAt ?? occurredAt);
  const lag = placedAt === null ? NO_LAG : Math.min(LAG_MAX, Math.max(0, bins));
  return {
    adId,
    at,
    lag,
    impressions: 0,
    clicks: 0,
    conversions,
    valued: valueMinor === null ? 0 : conversions,
    valueMinor: valueMinor ?? 0,
    told: Math.max(0, conversions),
    // The same for all of a cell, so that one that moves away leaves no trace.
    lastAt: at + Math.max(0, lag) * COHORT_MS,
    minute: null,
  };
}

function taken(cell: CellChange): CellChange {
  const { conversions, valued, valueMinor, told } = cell;
  return {
    ...{ ...cell, conversions: -conversions, valued: -valued, valueMinor: -valueMinor },
    told: -told,
  };
}

/** One change per key; the cells given are used up. */
export function merged(cells: readonly CellChange[]): CellChange[] {
  const sums = new Map<string, CellChange>();
  for (const cell of cells) {
    const key = `${cell.adId}\u0000${cell.minute ?? `${cell.at}\u0000${cell.lag}`}`;
    const sum = sums.get(key);
    if (!sum) {
      sums.set(key, cell);
      continue;
    }
    for (const count of COUNTS) sum[count] += cell[count];
    sum.told += cell.told;
    sum.lastAt = Math.max(sum.lastAt, cell.lastAt);
  }
  return [...sums.values()];
}
