import { describe, expect, it } from '@jest/globals';
import { isTimezone, localDay, parseInstant, startOfLocalDay } from './time.js';

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
  ])('refuses %s', (text) => {
    expect(parseInstant(text)).toBeNull();
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
    expect(startOfLocalDay(day, timezone).toISOString()).toBe(iso);
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
