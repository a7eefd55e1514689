import { describe, expect, it } from '@jest/globals';
import type { AdEventRow } from '../../metrics/index.js';
import { cellChanges, cellOfEvent, type CellChanges } from './event-cells.js';
import { NO_LAG, cohortOf, type ClickConversion } from '../belief/evidence-cell.js';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 9, 1);

function row(event: Partial<AdEventRow> & { hours: number }): AdEventRow {
  const { hours, ...given } = event;
  return {
    ...{ eventId: 'e', eventDigest: 'd', adId: 'a', type: 'click', count: 1, valueMinor: null },
    ...{ stage: null, clickId: null, clickedAt: null, features: null },
    occurredAt: new Date(T0 + hours * HOUR),
    ...given,
  };
}
const NONE = { impressions: 0, clicks: 0, conversions: 0, valued: 0, valueMinor: 0 };
const told = ({ cells }: CellChanges) => cells.filter((cell) => cell.told > 0);
const taken = ({ cells }: CellChanges) => cells.filter((cell) => cell.told < 0);

describe('cellChanges', () => {
  it('adds up what falls into one minute of one cohort, whose ends belong to it', () => {
    const minutes = (start: number) => start / 60_000;
    const { cells } = cellChanges(
      [
        row({ hours: 5.995, count: 3 }),
        row({ hours: 6, count: 2 }),
        row({ hours: 6.001, type: 'impression', count: 70 }),
      ],
      new Map(),
      [],
    );
    expect(cells).toEqual([
      {
        ...{ ...NONE, adId: 'a', at: T0, lag: NO_LAG, clicks: 5, told: 5 },
        ...{ minute: minutes(T0 + 6 * HOUR) - 1, lastAt: T0 + 6 * HOUR },
      },
      {
        ...{ ...NONE, adId: 'a', at: T0 + 6 * HOUR, lag: NO_LAG, impressions: 70, told: 70 },
        ...{ minute: minutes(T0 + 6 * HOUR), lastAt: T0 + 6.001 * HOUR },
      },
    ]);
  });

  it('keeps minutes of one cohort apart', () => {
    const rows = [row({ hours: 0.5, count: 3 }), row({ hours: 6, count: 2 })];
    const { cells } = cellChanges(rows, new Map(), []);
    expect(cells.map(({ at, clicks }) => [at, clicks])).toEqual([
      [T0, 3],
      [T0, 2],
    ]);
  });

  it('puts a conversion at the click told, else at the click it names, else at its own time', () => {
    const sale = { type: 'conversion' as const, hours: 40, valueMinor: 500, count: 2 };
    const dated = row({ ...sale, clickId: 'k', clickedAt: new Date(T0 + 25 * HOUR) });
    const { cells, clickConversions } = cellChanges(
      [dated, row({ ...sale, clickId: 'k' }), row(sale)],
      new Map([['k', T0 + 1 * HOUR]]),
      [],
    );
    expect(cells.map(({ at, lag, conversions }) => [(at - T0) / HOUR, lag, conversions])).toEqual([
      [24, 2, 2],
      [0, 6, 2],
      [36, NO_LAG, 2],
    ]);
    expect(clickConversions.map(({ isFixed }) => isFixed)).toEqual([true, false]);
  });

  it('moves conversions that waited for the click, and those of a later click of the same id', () => {
    const waits = (placedAt: number | null, isFixed = false): ClickConversion => ({
      ...{ clickId: 'k', eventDigest: 'v', adId: 'a', occurredAt: T0 + 40 * HOUR },
      ...{ conversions: 1, valueMinor: 500, placedAt, isFixed },
    });
    const moved = (one: ClickConversion) => {
      const click = row({ hours: 2, clickId: 'k' });
      const changes = cellChanges([click], new Map([['k', T0 + 2 * HOUR]]), [one]);
      return [
        taken(changes).map(({ at }) => (at - T0) / HOUR),
        told(changes).map(({ lag }) => lag),
      ];
    };
    expect(moved(waits(null))).toEqual([[36], [NO_LAG, 6]]);
    expect(moved(waits(T0 + 8 * HOUR))).toEqual([[6], [NO_LAG, 6]]);
    expect(moved(waits(T0 + 1 * HOUR))).toEqual([[], [NO_LAG]]);
    expect(moved(waits(T0 + 8 * HOUR, true))).toEqual([[], [NO_LAG]]);
  });

  it('corrects in the cell of the click, and moves with what is corrected', () => {
    const named = { hours: 40, type: 'conversion' as const, clickId: 'k', valueMinor: 500 };
    const sale = row({ ...named, eventDigest: 'v' });
    const refund = row({ ...named, eventDigest: 'r', count: 0, valueMinor: -200 });
    const first = cellChanges([sale, refund], new Map(), []);
    const place = { at: cohortOf(T0 + 40 * HOUR), lag: NO_LAG };
    expect(first.cells).toMatchObject([
      { ...place, conversions: 1, valued: 1, valueMinor: 300, told: 1 },
    ]);
    const click = row({ hours: 2, clickId: 'k' });
    const known = new Map([['k', T0 + 2 * HOUR]]);
    const moved = cellChanges([click], known, first.clickConversions);
    expect(taken(moved)).toMatchObject([
      { ...place, conversions: -1, valued: -1, valueMinor: -300, told: -1 },
    ]);
    expect(told(moved)[1]).toMatchObject({ lag: 6, conversions: 1, valued: 1, valueMinor: 300 });
  });

  it('finds the cell that an event counts in', () => {
    const sale = row({ hours: 40, type: 'conversion', clickId: 'k' });
    expect(cellOfEvent(sale, null)).toMatchObject({ at: cohortOf(T0 + 40 * HOUR), lag: NO_LAG });
    expect(cellOfEvent(sale, T0 + 33 * HOUR)).toMatchObject({ at: T0 + 30 * HOUR, lag: 1 });
  });
});
