// Totals of one object from its snapshots and days. A lifetime snapshot covers everything before it;
// days after it are added; days alone give their sum.
import { MILLIS_PER_DAY, localDay, startOfLocalDay } from '../shared/time.js';
import type { DayValues, SnapshotValues } from './metric-values.js';

export interface Totals {
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  leads: number | null;
  revenueMinor: number | null;
  pipelineValueMinor: number | null;
  /** The newest instant (or the end of the newest day) behind these numbers; null = no report. */
  observedAt: Date | null;
}

export const NO_TOTALS: Totals = {
  impressions: 0,
  clicks: 0,
  spendMinor: 0,
  conversions: null,
  leads: null,
  revenueMinor: null,
  pipelineValueMinor: null,
  observedAt: null,
};

export interface Reports {
  snapshots: SnapshotValues[];
  days: DayValues[];
}

/**
 * Which reports stand for the object: its lifetime snapshots with the days after the last of them,
 * or its days alone when they tell of more than the snapshots do (tracking that began late), so that
 * no total falls because a second source appears.
 */
export function standingReports(reports: Reports, timezone: string): Reports {
  const last = reports.snapshots.at(-1);
  if (!last || reports.days.length === 0) return reports;
  const lastDay = localDay(last.observedAt, timezone);
  const covered = reports.days.filter(({ day }) => day <= lastDay);
  const coveredImpressions = covered.reduce((sum, { impressions }) => sum + impressions, 0);
  if (coveredImpressions > last.impressions) return { snapshots: [], days: reports.days };
  return { snapshots: reports.snapshots, days: reports.days.filter(({ day }) => day > lastDay) };
}

export function totalsOf(reports: Reports, timezone: string): Totals {
  const { snapshots, days } = standingReports(reports, timezone);
  const last = snapshots.at(-1);
  const base: Totals = last ? { ...last, observedAt: last.observedAt } : NO_TOTALS;
  return pickTotals(days.reduce((sum, day) => addTotals(sum, dayTotals(day)), base));
}

/** Until when standing reports speak for the object; events up to then are in their numbers. */
export function coveredUntil(standing: Reports, timezone: string): Date | null {
  const shot = standing.snapshots.at(-1)?.observedAt ?? null;
  const day = standing.days.at(-1)?.day;
  if (day === undefined) return shot;
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + MILLIS_PER_DAY);
  const end = startOfLocalDay(next.toISOString().slice(0, 10), timezone);
  return shot !== null && shot > end ? shot : end;
}

/** null + null = null (nobody knows); null + n = n (somebody does). */
export function addTotals(a: Totals, b: Totals): Totals {
  const sum = (x: number | null, y: number | null) => (x === null ? y : x + (y ?? 0));
  const later = (x: Date | null, y: Date | null) => (x === null || (y !== null && y > x) ? y : x);
  return {
    impressions: a.impressions + b.impressions,
    clicks: a.clicks + b.clicks,
    spendMinor: a.spendMinor + b.spendMinor,
    conversions: sum(a.conversions, b.conversions),
    leads: sum(a.leads, b.leads),
    revenueMinor: sum(a.revenueMinor, b.revenueMinor),
    pipelineValueMinor: sum(a.pipelineValueMinor, b.pipelineValueMinor),
    observedAt: later(a.observedAt, b.observedAt),
  };
}

function dayTotals(day: DayValues): Totals {
  return {
    impressions: day.impressions,
    clicks: day.clicks,
    spendMinor: day.spendMinor,
    conversions: day.conversions,
    leads: day.leads,
    revenueMinor: day.revenueMinor,
    pipelineValueMinor: null,
    observedAt: new Date(`${day.day}T23:59:59Z`),
  };
}

function pickTotals(from: Totals): Totals {
  const { impressions, clicks, spendMinor, conversions, leads, revenueMinor } = from;
  const { pipelineValueMinor, observedAt } = from;
  return {
    impressions,
    clicks,
    spendMinor,
    conversions,
    leads,
    revenueMinor,
    pipelineValueMinor,
    observedAt,
  };
}
