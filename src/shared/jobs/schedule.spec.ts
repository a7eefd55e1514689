import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { latestDueAt, nextRunAt, scheduleFault } from './schedule.js';

const at = (text: string) => new Date(text);
const EVERY_20 = { cron: '*/20 * * * *' };
const EVERY_6_HOURS = { cron: '0 */6 * * *' };
const MONDAYS = { cron: '30 3 * * 1' };
const EVERY_90 = { everyMinutes: 90 };

describe('the tick of a cron', () => {
  it('belongs to the instant at or before now, however late the timer woke', () => {
    const last = at('2026-11-22T12:00:00Z');
    const due = at('2026-11-22T12:20:00Z');
    for (const now of ['2026-11-22T12:20:00.000Z', '2026-11-22T12:20:00.004Z']) {
      expect(latestDueAt(EVERY_20, last, at(now))).toEqual(due);
    }
    expect(latestDueAt(EVERY_20, last, at('2026-11-22T12:39:59.999Z'))).toEqual(due);
  });

  it('is not due before its instant, nor twice', () => {
    const last = at('2026-11-22T12:20:00Z');
    expect(latestDueAt(EVERY_20, last, at('2026-11-22T12:20:00Z'))).toBeNull();
    expect(latestDueAt(EVERY_20, last, at('2026-11-22T12:39:59.999Z'))).toBeNull();
  });

  it('is made up for once after a pause, as the newest one', () => {
    const last = at('2026-11-19T12:00:00Z');
    const now = at('2026-11-22T13:10:00Z');
    expect(latestDueAt(EVERY_6_HOURS, last, now)).toEqual(at('2026-11-22T12:00:00Z'));
  });

  it('is found however long ago it was', () => {
    const now = at('2026-11-29T10:00:00Z');
    expect(latestDueAt(MONDAYS, null, now)).toEqual(at('2026-11-23T03:30:00Z'));
  });

  it('goes by UTC, so that no hour is missing or doubled when clocks change', () => {
    // Central European clocks go from 02:00 to 03:00 on 29 March 2026 (01:00 UTC).
    const daily = { cron: '30 1 * * *' };
    const last = at('2026-03-28T01:30:00Z');
    expect(nextRunAt(daily, last, last)).toEqual(at('2026-03-29T01:30:00Z'));
  });

  it('is the newest instant of the schedule up to now (property)', () => {
    const minute = fc.integer({ min: 0, max: 2_000_000 });
    fc.assert(
      fc.property(minute, fc.integer({ min: 0, max: 59_999 }), (minutes, millis) => {
        const now = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000 + millis);
        const period = 20 * 60_000;
        const expected = new Date(Math.floor(now.getTime() / period) * period);
        expect(latestDueAt(EVERY_20, null, now)).toEqual(expected);
        expect(latestDueAt(EVERY_20, expected, now)).toBeNull();
        expect(nextRunAt(EVERY_20, null, now)).toEqual(new Date(expected.getTime() + period));
      }),
      { numRuns: 50, seed: 7 },
    );
  });
});

describe('the beat of an interval', () => {
  const anchor = at('2026-11-22T10:07:00Z');

  it('counts from its anchor', () => {
    expect(latestDueAt(EVERY_90, anchor, at('2026-11-22T11:36:59Z'))).toBeNull();
    expect(latestDueAt(EVERY_90, anchor, at('2026-11-22T11:37:20Z'))).toEqual(
      at('2026-11-22T11:37:00Z'),
    );
    expect(nextRunAt(EVERY_90, anchor, at('2026-11-22T11:36:59Z'))).toEqual(
      at('2026-11-22T11:37:00Z'),
    );
  });

  it('keeps its beat over a pause and runs once', () => {
    const now = at('2026-11-23T00:00:00Z');
    const newest = at('2026-11-22T23:37:00Z');
    expect(latestDueAt(EVERY_90, anchor, now)).toEqual(newest);
    expect(latestDueAt(EVERY_90, newest, now)).toBeNull();
    expect(nextRunAt(EVERY_90, anchor, now)).toEqual(at('2026-11-23T01:07:00Z'));
  });

  it('has no due time without an anchor', () => {
    expect(latestDueAt(EVERY_90, null, anchor)).toBeNull();
    expect(nextRunAt(EVERY_90, null, anchor)).toBeNull();
  });

  it('stays after now when the clock of the database was set back', () => {
    const before = at('2026-11-22T10:00:00Z');
    expect(latestDueAt(EVERY_90, anchor, before)).toBeNull();
    expect(nextRunAt(EVERY_90, anchor, before)).toEqual(at('2026-11-22T11:37:00Z'));
  });
});

describe('a schedule that cannot be kept', () => {
  it('is told from one that can', () => {
    expect(scheduleFault(EVERY_20)).toBeNull();
    expect(scheduleFault(EVERY_90)).toBeNull();
    expect(scheduleFault({ everyMinutes: 0 })).toBe('everyMinutes must be above 0');
    expect(scheduleFault({ cron: 'every day' })).not.toBeNull();
  });
});
