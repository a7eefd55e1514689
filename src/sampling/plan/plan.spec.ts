import { describe, expect, it } from '@jest/globals';
import type { Reports } from '../../metrics/index.js';
import { anAd } from '../../../test/fixtures/allocation.js';
import { spentWithin } from './month-spend.js';
import { spendWithinTarget } from './objective.js';
import {
  dayOfWindow,
  localTime,
  monthStart,
  pacedDay,
  remainingDays,
  underCeiling,
} from './scope-day.js';

describe("a scope's day", () => {
  it('is the local one of the account', () => {
    const instant = new Date('2026-11-22T23:30:00Z');
    expect(localTime(instant, 'Europe/Berlin')).toEqual({ day: '2026-11-23', minutes: 30 });
    expect(localTime(instant, 'America/New_York')).toEqual({ day: '2026-11-22', minutes: 1110 });
  });

  it('has a window with both ends', () => {
    const at = (minutes: number) => ({ day: '2026-11-22', minutes });
    expect(dayOfWindow('03:00-06:00', at(179))).toBeNull();
    expect(dayOfWindow('03:00-06:00', at(180))).toBe('2026-11-22');
    expect(dayOfWindow('03:00-06:00', at(360))).toBe('2026-11-22');
    expect(dayOfWindow('03:00-06:00', at(361))).toBeNull();
    expect(dayOfWindow('00:00-24:00', at(1439))).toBe('2026-11-22');
  });

  it('is that on which a window over midnight begins', () => {
    const at = (day: string, minutes: number) => dayOfWindow('22:00-02:00', { day, minutes });
    expect(at('2026-02-28', 1319)).toBeNull();
    expect(at('2026-02-28', 1320)).toBe('2026-02-28');
    expect(at('2026-03-01', 0)).toBe('2026-02-28');
    expect(at('2026-03-01', 120)).toBe('2026-02-28');
    expect(at('2026-03-01', 121)).toBeNull();
    expect(dayOfWindow('22:00-24:00', { day: '2026-03-01', minutes: 0 })).toBeNull();
  });

  it('has a run of the job in every window, however narrow', () => {
    const at = (window: string, minutes: number) =>
      dayOfWindow(window, { day: '2026-11-22', minutes });
    expect([at('03:05-03:10', 184), at('03:05-03:10', 195), at('03:05-03:10', 196)]).toEqual([
      null,
      '2026-11-22',
      null,
    ]);
    expect([at('03:00-03:05', 180), at('03:00-03:05', 186)]).toEqual(['2026-11-22', null]);
    expect(at('23:50-23:55', 0)).toBe('2026-11-21');
  });

  it('gets the unspent rest of the month over the days that are left', () => {
    expect(remainingDays('2026-11-22')).toBe(9);
    expect(remainingDays('2028-02-29')).toBe(1);
    expect(pacedDay(300_000, 210_000, '2026-11-22')).toBe(10_000);
    expect(pacedDay(300_000, 0, '2026-11-01')).toBe(10_000);
    expect(pacedDay(300_000, 310_000, '2026-11-22')).toBe(0);
  });

  it('gives up the same part under a ceiling, never more in sum', () => {
    expect(underCeiling([600, 300], null)).toEqual([600, 300]);
    expect(underCeiling([600, 300], 900)).toEqual([600, 300]);
    expect(underCeiling([600, 300], 600)).toEqual([400, 200]);
  });
});

describe('what a month has spent', () => {
  const span = { from: '2026-11-01', until: '2026-11-03', timezone: 'UTC', startedAt: null };
  const snapshot = (at: string, spendMinor: number) =>
    ({ observedAt: new Date(at), spendMinor }) as Reports['snapshots'][number];
  const day = (date: string, spendMinor: number) =>
    ({ day: date, spendMinor }) as Reports['days'][number];

  it('counts days of the month before today', () => {
    const days = ['2026-10-31', '2026-11-01', '2026-11-02', '2026-11-03'].map((date, index) =>
      day(date, 10 ** index),
    );
    expect(spentWithin({ snapshots: [], days }, span)).toBe(110);
  });

  it('takes the difference of lifetime totals, evenly between two snapshots', () => {
    const snapshots = [
      snapshot('2026-10-31T12:00:00Z', 1000),
      snapshot('2026-11-01T12:00:00Z', 1100),
      snapshot('2026-11-02T12:00:00Z', 1300),
    ];
    expect(spentWithin({ snapshots, days: [] }, span)).toBe(250);
  });

  it('counts first totals as earlier, unless the start is known', () => {
    const snapshots = [snapshot('2026-11-02T00:00:00Z', 500)];
    expect(spentWithin({ snapshots, days: [] }, span)).toBe(0);
    const startedAt = new Date('2026-11-01T00:00:00Z');
    expect(spentWithin({ snapshots, days: [] }, { ...span, startedAt })).toBe(500);
  });

  it('knows where a month begins', () => expect(monthStart('2026-11-22')).toBe('2026-11-01'));
});

describe('an objective', () => {
  const arms = [anAd('a').posterior, anAd('b').posterior];

  it('spends all while the target holds, nothing when the first unit misses it', () => {
    expect(spendWithinTarget(arms, 10_000, { returnMin: 1e-9, counts: 'value' })).toBe(10_000);
    expect(spendWithinTarget(arms, 10_000, { returnMin: 1e9, counts: 'value' })).toBe(0);
    expect(spendWithinTarget(arms, 0, { returnMin: 1, counts: 'value' })).toBe(0);
  });

  it('spends less the more is asked for', () => {
    const all = spendWithinTarget(arms, 1e9, { returnMin: 1e-9, counts: 'value' });
    expect(all).toBe(1e9);
    let before = all;
    for (const returnMin of [0.5, 1, 2, 4]) {
      const total = spendWithinTarget(arms, 1e9, { returnMin, counts: 'value' });
      expect(total).toBeLessThanOrEqual(before);
      before = total;
    }
  });
});
