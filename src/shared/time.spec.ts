import { describe, expect, it } from '@jest/globals';
import { addDays, dayBounds, isCalendarDay, isTimezone, localDay, parseInstant } from './time.js';

/** Days of 2016–2027 on which a zone's clocks change, found by halving between unequal weeks. */
function daysOfChanges(zone: string): string[] {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsetAt = (at: number) => format.format(at).split('GMT')[1] ?? '';
  const [hour, step] = [3_600_000, 14 * 24 * 3_600_000];
  const days: string[] = [];
  let before = offsetAt(Date.UTC(2016, 0, 1));
  for (let at = Date.UTC(2016, 0, 1) + step; at < Date.UTC(2027, 0, 1); at += step) {
    const after = offsetAt(at);
    if (after === before) continue;
    let [low, high] = [at - step, at];
    while (high - low > hour) {
      const middle = (low + high) / 2;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    days.push(localDay(new Date(low), zone));
    before = after;
  }
  return days;
}

describe('parseInstant', () => {
  it.each([
    ['2026-11-22T08:00:00Z', '2026-11-22T08:00:00.000Z'],
    ['2026-11-22T08:00:00.123456+01:00', '2026-11-22T07:00:00.123Z'],
    ['2026-11-22T08:00-0500', '2026-11-22T13:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(parseInstant(text)?.toISOString()).toBe(iso);
  });

  it.each([
    '2026-11-22T08:00:00',
    '2026-11-22',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0099-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00+01:00',
    '2100-12-31T23:59:59-01:00',
    '9999-12-31T00:00:00Z',
  ])('refuses %s', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('takes the first and the last instant of its years', () => {
    expect(parseInstant('1970-01-01T00:00:00Z')?.getTime()).toBe(0);
    expect(parseInstant('2100-12-31T23:59:59.999Z')).not.toBeNull();
  });
});

describe('account days', () => {
  it('belong to the timezone', () => {
    const instant = new Date('2026-11-22T03:30:00Z');
    expect(localDay(instant, 'America/New_York')).toBe('2026-11-21');
    expect(localDay(instant, 'Asia/Tokyo')).toBe('2026-11-22');
  });

  it.each([
    ['2026-11-22', 'UTC', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22', 'Asia/Kolkata', '2026-11-21T18:30:00.000Z'],
    // The day on which the clocks go back, and the one after.
    ['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z'],
    ['2026-11-02', 'America/New_York', '2026-11-02T05:00:00.000Z'],
    ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z'],
  ])('begin where the clocks say: %s in %s', (day, timezone, iso) => {
    expect(dayBounds(day, timezone).start.toISOString()).toBe(iso);
  });

  it.each([
    // Clocks that skip midnight, strike it twice, or go back over it.
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'],
    ['2026-04-04', 'America/Santiago', '2026-04-04T03:00:00.000Z', '2026-04-05T04:00:00.000Z'],
    ['2017-10-15', 'America/Sao_Paulo', '2017-10-15T03:00:00.000Z', '2017-10-16T02:00:00.000Z'],
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // The day that Samoa left out.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
  ])('keep their bounds where clocks change at midnight: %s in %s', (day, zone, start, end) => {
    const bounds = dayBounds(day, zone);
    expect([bounds.start.toISOString(), bounds.end.toISOString()]).toEqual([start, end]);
  });

  it('hold, around every change of clocks of every zone, what their zone calls the day', () => {
    const faults: string[] = [];
    let looked = 0;
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      for (const day of daysOfChanges(zone)) {
        for (const near of [addDays(day, -1), day, addDays(day, 1)]) {
          looked += 1;
          const { start, end } = dayBounds(near, zone);
          const holds =
            localDay(start, zone) === near &&
            localDay(new Date(start.getTime() - 1), zone) !== near &&
            localDay(new Date(end.getTime() - 1), zone) === near &&
            localDay(end, zone) === addDays(near, 1);
          if (!holds) faults.push(`${near} in ${zone}`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(looked).toBeGreaterThan(1000);
  });

  it('follow one another', () => {
    expect([addDays('2026-02-28', 1), addDays('2024-02-28', 1), addDays('2026-01-01', -1)]).toEqual(
      ['2026-03-01', '2024-02-29', '2025-12-31'],
    );
  });

  it('exist in the calendar, within the years that instants have', () => {
    const days = ['2026-02-28', '2026-02-29', '2026-13-01', '0099-01-01', '2101-01-01', '2026-2-8'];
    expect(days.map(isCalendarDay)).toEqual([true, false, false, false, false, false]);
  });
});

describe('isTimezone', () => {
  it('knows IANA names only', () => {
    expect(['Europe/Berlin', 'UTC', 'Mars/Olympus', '+02:00', ''].map(isTimezone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
