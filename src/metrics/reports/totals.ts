// Totals of one object from its snapshots and days. A lifetime snapshot covers everything before
// it; days after it are added; days alone give their sum.
import { dayBounds } from '../../shared/time.js';
import type { DaySums, DayValues, SnapshotValues } from './metric-values.js';

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

/**
 * What stands for an object: its lifetime snapshots with the days after the last of them, or its
 * days alone.
 */
export interface Reports {
  snapshots: SnapshotValues[];
  days: DayValues[];
  /** Days before those, further back than beliefs look. */
  earlier?: DaySums;
}

/**
 * Whether an object's days stand alone although there are snapshots: when the days up to the last
 * snapshot tell of more than it does (tracking that began late), so that no total falls because a
 * second source appears.
 */
export function daysStandAlone(
  last: Pick<SnapshotValues, 'impressions'>,
  covered: Pick<DaySums, 'impressions'> | undefined,
): boolean {
  return covered !== undefined && covered.impressions > last.impressions;
}

export function sumOf({ snapshots, days, earlier }: Reports, timezone: string): Totals {
  const sum = pickTotals(snapshots.at(-1) ?? NO_TOTALS);
  for (const day of earlier ? [earlier, ...days] : days) {
    sum.impressions += day.impressions;
    sum.clicks += day.clicks;
    sum.spendMinor += day.spendMinor;
    sum.conversions = addKnown(sum.conversions, day.conversions);
    sum.leads = addKnown(sum.leads, day.leads);
    sum.revenueMinor = addKnown(sum.revenueMinor, day.revenueMinor);
  }
  const lastDay = days.at(-1)?.day ?? earlier?.lastDay;
  if (lastDay) sum.observedAt = later(sum.observedAt, dayBounds(lastDay, timezone).end);
  return sum;
}

/** Until when standing reports speak for an object; events up to then are in their numbers. */
export function coverageIn(timezone: string): (standing: Reports) => Date | null {
  return ({ snapshots, days, earlier }) => {
    const shot = snapshots.at(-1)?.observedAt ?? null;
    const day = days.at(-1)?.day ?? earlier?.lastDay;
    return day === undefined ? shot : later(shot, dayBounds(day, timezone).end);
  };
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    impressions: a.impressions + b.impressions,
    clicks: a.clicks + b.clicks,
    spendMinor: a.spendMinor + b.spendMinor,
    conversions: addKnown(a.conversions, b.conversions),
    leads: addKnown(a.leads, b.leads),
    revenueMinor: addKnown(a.revenueMinor, b.revenueMinor),
    pipelineValueMinor: addKnown(a.pipelineValueMinor, b.pipelineValueMinor),
    observedAt: later(a.observedAt, b.observedAt),
  };
}

/** null + null = null (nobody knows); null + n = n (somebody does). */
function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : a + (b ?? 0);
}

export function later<A extends Date | null>(a: A, b: A): A {
  return a === null || (b !== null && b > a) ? b : a;
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
