// Click rates of objects that report by snapshots or days: the differences of their reports are
// scanned like minutes of events. What is proven is asked of the reports each time, so a correction
// of them withdraws it.
import type { Reports } from '../../metrics/index.js';
import { MILLIS_PER_DAY, dayBounds, localDay } from '../../shared/time.js';
import { minuteOf } from '../belief/evidence-cell.js';
import type { Minute } from './minutes.js';
import { CERTAIN_ENOUGH, likeliestChange } from './rate-change.js';
import { scanMinutes } from './scan.js';
import { newScan, type FoundDrift } from './scan-state.js';

/** What lies before says nothing of today, with a half-life of days. */
const WATCHED_DAYS = 60;
/** No rate has changed by so few clicks: most objects of a large account are done with at once. */
const CLICKS_MIN = 20;

/** The drifts of one object that its reports of up to `asOf` prove. */
export function reportDrifts(reports: Reports, timezone: string, asOf: Date): FoundDrift[] {
  const from = asOf.getTime() - WATCHED_DAYS * MILLIS_PER_DAY;
  const minutes = [
    ...snapshotSteps(reports.snapshots),
    ...daySteps(watchedDays(reports.days, localDay(new Date(from), timezone)), timezone, asOf),
  ].filter(({ lastAt }) => lastAt > from && lastAt <= asOf.getTime());
  return mayHaveChanged(minutes) ? scanMinutes(newScan(), minutes).found : [];
}

/** What a snapshot adds to the one before; the first one's time is not known. */
function snapshotSteps(snapshots: Reports['snapshots']): Minute[] {
  return snapshots.slice(1).flatMap((snapshot, index): Minute[] => {
    const before = snapshots[index] as (typeof snapshots)[number];
    const impressions = snapshot.impressions - before.impressions;
    const clicks = snapshot.clicks - before.clicks;
    // A total that falls is a correction, of nobody knows when.
    if (impressions < 0 || clicks < 0 || impressions + clicks === 0) return [];
    return [step(before.observedAt.getTime(), snapshot.observedAt.getTime(), impressions, clicks)];
  });
}

function watchedDays(days: Reports['days'], first: string): Reports['days'] {
  return days.filter(({ day }) => day >= first);
}

/** Days that are over. */
function daySteps(days: Reports['days'], timezone: string, asOf: Date): Minute[] {
  return days.flatMap(({ day, impressions, clicks }): Minute[] => {
    if (impressions + clicks === 0) return [];
    const { start, end } = dayBounds(day, timezone);
    return end > asOf ? [] : [step(start.getTime(), end.getTime(), impressions, clicks)];
  });
}

function step(since: number, until: number, impressions: number, clicks: number): Minute {
  return { minute: minuteOf(since) + 1, lastAt: until, impressions, clicks };
}

/** Without enough evidence for one change in all of it there is none to be found on the way. */
function mayHaveChanged(minutes: readonly Minute[]): boolean {
  let clicks = 0;
  for (const one of minutes) clicks += one.clicks;
  if (clicks < CLICKS_MIN) return false;
  const change = likeliestChange(
    minutes.map((one) => ({ since: one.minute, clicks: one.clicks, impressions: one.impressions })),
  );
  return change !== null && change.evidence >= CERTAIN_ENOUGH;
}
