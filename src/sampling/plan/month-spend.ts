// What an object has spent since a day began, from whatever reports stand for it: lifetime totals,
// days, or both.
import type { Reports } from '../../metrics/index.js';
import { dayBounds } from '../../shared/time.js';

export interface Span {
  /** Days of the account, YYYY-MM-DD; `until` is not part of it. */
  from: string;
  until: string;
  timezone: string;
  /** null = not known: then the first totals count as earlier. */
  startedAt: Date | null;
}

/** Minor units, whole. Between two snapshots the money is taken to flow evenly. */
export function spentWithin({ snapshots, days }: Reports, span: Span): number {
  const { from, until, timezone, startedAt } = span;
  const byDay = days
    .filter(({ day }) => day >= from && day < until)
    .reduce((sum, { spendMinor }) => sum + spendMinor, 0);
  const points = snapshots.map(({ observedAt, spendMinor }) => ({
    at: observedAt.getTime(),
    spendMinor,
  }));
  const first = points[0];
  if (!first) return byDay;
  if (startedAt !== null && startedAt.getTime() < first.at) {
    points.unshift({ at: startedAt.getTime(), spendMinor: 0 });
  }
  const totalAt = (day: string) => interpolated(points, dayBounds(day, timezone).start.getTime());
  return byDay + Math.max(0, Math.round(totalAt(until) - totalAt(from)));
}

function interpolated(points: readonly { at: number; spendMinor: number }[], at: number): number {
  const after = points.findIndex((point) => point.at >= at);
  const next = points[after];
  // Past the last report nothing more is known than what it says.
  if (!next) return points.at(-1)?.spendMinor ?? 0;
  const before = points[after - 1];
  if (!before) return next.spendMinor;
  const share = (at - before.at) / (next.at - before.at);
  return before.spendMinor + share * (next.spendMinor - before.spendMinor);
}
