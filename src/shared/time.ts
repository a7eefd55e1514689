// Instants and account days. Answers are always UTC with Z; a day belongs to the account's
// timezone.

const ISO_WITH_ZONE =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

const CALENDAR_DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

export const MILLIS_PER_HOUR = 3_600_000;
export const MILLIS_PER_DAY = 86_400_000;

/** Years outside are slips of a keyboard or a clock, and PostgreSQL has no year 0 to store. */
const EARLIEST_MILLIS = Date.UTC(1970, 0, 1);
const AFTER_LATEST_MILLIS = Date.UTC(2101, 0, 1);

/**
 * An ISO 8601 instant with zone of the years 1970–2100, or null. A day that does not exist
 * (30 February) is null too.
 */
export function parseInstant(text: string): Date | null {
  const parts = ISO_WITH_ZONE.exec(text);
  if (!parts || !dayExists(parts)) return null;
  const instant = new Date(text);
  return isWithinBounds(instant.getTime()) ? instant : null;
}

/** Whether a text is a day of the calendar (YYYY-MM-DD) of the years 1970–2100. */
export function isCalendarDay(text: string): boolean {
  const parts = CALENDAR_DAY.exec(text);
  return parts !== null && dayExists(parts) && isWithinBounds(Date.parse(`${text}T00:00:00Z`));
}

function dayExists([, year, month, day]: RegExpExecArray): boolean {
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const [monthNumber, dayNumber] = [Number(month), Number(day)];
  return monthNumber >= 1 && monthNumber <= 12 && dayNumber >= 1 && dayNumber <= daysInMonth;
}

/** False for NaN too. */
function isWithinBounds(millis: number): boolean {
  return millis >= EARLIEST_MILLIS && millis < AFTER_LATEST_MILLIS;
}

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day (YYYY-MM-DD) of an instant in a timezone. */
export function localDay(instant: Date, timezone: string): string {
  let format = dayFormats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    dayFormats.set(timezone, format);
  }
  return format.format(instant);
}

/** The calendar day so many days later (or earlier). */
export function addDays(day: string, days: number): string {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return new Date(midnight + days * MILLIS_PER_DAY).toISOString().slice(0, 10);
}

/**
 * When a calendar day begins in a zone and when the next one does: 23 to 25 hours apart where the
 * clocks change, and nothing where a zone left the day out (Samoa's 30 December 2011).
 */
export function dayBounds(day: string, zone: string): { start: Date; end: Date } {
  return { start: startOfLocalDay(day, zone), end: startOfLocalDay(addDays(day, 1), zone) };
}

/** Days asked for again and again: an account of 1,000 ads asks for the same months 1,000 times. */
const starts = new Map<string, number>();
/** Some megabytes; beyond it the days are worked out anew. */
const STARTS_MAX = 20_000;

function startOfLocalDay(day: string, zone: string): Date {
  const key = `${day} ${zone}`;
  let start = starts.get(key);
  if (start === undefined) {
    start = firstInstant(day, zone);
    if (starts.size >= STARTS_MAX) starts.clear();
    starts.set(key, start);
  }
  return new Date(start);
}

/**
 * Clocks that change at midnight skip it, or strike it twice. So midnight by the clocks of the day
 * before and by those of the day after are both asked, and the first that lies in the day is it.
 */
function firstInstant(day: string, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const byOldClock = midnight - offsetMillis(midnight - MILLIS_PER_DAY, zone);
  const byNewClock = midnight - offsetMillis(midnight + MILLIS_PER_DAY, zone);
  if (byOldClock === byNewClock) return byOldClock;
  const [earlier, later] = [byOldClock, byNewClock].sort((one, other) => one - other) as [
    number,
    number,
  ];
  return localDay(new Date(earlier), zone) === day ? earlier : later;
}

const offsetFormats = new Map<string, Intl.DateTimeFormat>();

function offsetMillis(at: number, timezone: string): number {
  let format = offsetFormats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    offsetFormats.set(timezone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(new Date(at)).map((part) => [part.type, Number(part.value)]),
  );
  const local = Date.UTC(
    parts['year'] ?? 1970,
    (parts['month'] ?? 1) - 1,
    parts['day'] ?? 1,
    parts['hour'] ?? 0,
    parts['minute'] ?? 0,
    parts['second'] ?? 0,
  );
  return local - Math.floor(at / 1000) * 1000;
}
