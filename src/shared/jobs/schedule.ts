// When a job is due, as a function of its schedule, the last tick that was claimed, and now. Which
// instant a tick belongs to is decided here, so that servers that wake a moment apart claim the
// same.
import { CronTime } from 'cron';
import type { JobSchedule } from './job.js';

const MILLIS_PER_MINUTE = 60_000;
/** A cron that has not fired for this long is treated as never: it bounds the search backwards. */
const LOOK_BACK_MAX_MILLIS = 400 * 24 * 60 * MILLIS_PER_MINUTE;

/**
 * The newest instant at or before `now` for which no tick has run yet, or null. Ticks missed before
 * it are not made up for: a job looks at the present, so once is enough.
 * `lastDueAt` null means never seen; an interval is then not due, because it has no anchor.
 */
export function latestDueAt(schedule: JobSchedule, lastDueAt: Date | null, now: Date): Date | null {
  if ('everyMinutes' in schedule) {
    if (lastDueAt === null) return null;
    const beats = wholeBeats(schedule.everyMinutes, lastDueAt, now);
    return beats < 1 ? null : later(lastDueAt, beats * schedule.everyMinutes);
  }
  const time = new CronTime(schedule.cron, 'UTC');
  if (lastDueAt !== null && nextOf(time, lastDueAt) > now) return null;
  return newestUntil(time, now);
}

/** The next instant after `now`; null for an interval that has no anchor yet. */
export function nextRunAt(schedule: JobSchedule, lastDueAt: Date | null, now: Date): Date | null {
  if ('cron' in schedule) return nextOf(new CronTime(schedule.cron, 'UTC'), now);
  if (lastDueAt === null) return null;
  const beats = Math.max(0, wholeBeats(schedule.everyMinutes, lastDueAt, now));
  return later(lastDueAt, (beats + 1) * schedule.everyMinutes);
}

/** Why a schedule cannot be kept, or null. Found at start rather than at the first tick. */
export function scheduleFault(schedule: JobSchedule): string | null {
  if ('everyMinutes' in schedule) {
    return schedule.everyMinutes > 0 ? null : 'everyMinutes must be above 0';
  }
  const { valid, error } = CronTime.validateCronExpression(schedule.cron);
  return valid ? null : (error?.message ?? 'the cron expression is not valid');
}

/**
 * There is no way to ask a cron for the instant before: step back by doubling, then walk forward.
 */
function newestUntil(time: CronTime, now: Date): Date | null {
  for (let back = MILLIS_PER_MINUTE; back <= LOOK_BACK_MAX_MILLIS; back *= 2) {
    let newest = nextOf(time, new Date(now.getTime() - back));
    if (newest > now) continue;
    for (let next = nextOf(time, newest); next <= now; next = nextOf(time, newest)) newest = next;
    return newest;
  }
  return null;
}

function nextOf(time: CronTime, after: Date): Date {
  return new Date(time.getNextDateFrom(after, 'UTC').toMillis());
}

function wholeBeats(everyMinutes: number, since: Date, now: Date): number {
  return Math.floor((now.getTime() - since.getTime()) / (everyMinutes * MILLIS_PER_MINUTE));
}

function later(start: Date, minutes: number): Date {
  return new Date(start.getTime() + minutes * MILLIS_PER_MINUTE);
}
