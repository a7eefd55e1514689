// From the API's numbers to rows, and the rules that one report must obey by itself.
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import { toMinor } from '../../shared/money.js';
import { localDay, parseInstant } from '../../shared/time.js';
import type { NewDay, NewSnapshot } from './metrics.dto.js';

export type MetricOrigin = 'api' | 'import' | 'platform';

interface Amounts {
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  leads: number | null;
  revenueMinor: number | null;
}

/** Lifetime totals of one object at one instant; money in minor units, null = not known. */
export interface SnapshotValues extends Amounts {
  adId: string;
  observedAt: Date;
  pipelineValueMinor: number | null;
}

/** One account day of one object under one attribution setting. */
export interface DayValues extends Amounts {
  adId: string;
  /** YYYY-MM-DD in the account's timezone. */
  day: string;
  /** Empty = the account's default. */
  attributionSetting: string;
  viewConversions: number | null;
}

/** What several days of one object brought together. */
export interface DaySums extends Amounts {
  /** The newest of them, YYYY-MM-DD. */
  lastDay: string;
}

export interface MetricFault {
  code: string;
  detail: string;
  field: string;
}

export interface ReportContext {
  currency: string;
  timezone: string;
  asOf: Date;
  /** What lies before is a mistake of a clock, and would cost partitions. */
  oldest: Date;
}

export function snapshotValues(
  input: NewSnapshot,
  { currency, asOf, oldest }: ReportContext,
): SnapshotValues | MetricFault {
  const observedAt = parseInstant(input.observed_at);
  if (!observedAt) {
    return { code: 'metrics.invalid', detail: 'observed_at is not a time', field: 'observed_at' };
  }
  if (observedAt.getTime() > asOf.getTime() + CLOCK_TOLERANCE_MILLIS) {
    const detail = 'observed_at lies more than 10 minutes in the future';
    return { code: 'metrics.in_future', detail, field: 'observed_at' };
  }
  if (observedAt < oldest) return tooOld('observed_at', oldest);
  return {
    adId: input.ad_id,
    observedAt,
    ...amounts(input, currency),
    pipelineValueMinor: minor(input.pipeline_value, currency),
  };
}

export function dayValues(
  input: NewDay,
  { currency, timezone, asOf, oldest }: ReportContext,
): DayValues | MetricFault {
  if (input.date > localDay(asOf, timezone)) {
    const detail = 'date is a day that has not begun in the timezone of the account';
    return { code: 'metrics.in_future', detail, field: 'date' };
  }
  if (Date.parse(input.date) < oldest.getTime()) return tooOld('date', oldest);
  return {
    adId: input.ad_id,
    day: input.date,
    attributionSetting: input.attribution_setting ?? '',
    ...amounts(input, currency),
    viewConversions: input.view_conversions ?? null,
  };
}

function tooOld(field: string, oldest: Date): MetricFault {
  const day = oldest.toISOString().slice(0, 10);
  const detail = `${field} lies before ${day}: reports are taken 37 months back`;
  return { code: 'metrics.too_old', detail, field };
}

export function isMetricFault(value: object): value is MetricFault {
  return 'code' in value;
}

/** Whether reports bring conversions: the first such report fixes the account's source. */
export function bringsConversions(values: { conversions: number | null }[]): boolean {
  return values.some(({ conversions }) => conversions !== null && conversions > 0);
}

function amounts(input: NewSnapshot | NewDay, currency: string): Amounts {
  return {
    impressions: input.impressions,
    clicks: input.clicks,
    spendMinor: toMinor(input.spend, currency),
    conversions: input.conversions ?? null,
    leads: input.leads ?? null,
    revenueMinor: minor(input.revenue, currency),
  };
}

function minor(amount: number | null | undefined, currency: string): number | null {
  return amount === null || amount === undefined ? null : toMinor(amount, currency);
}
