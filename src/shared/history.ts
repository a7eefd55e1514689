// Spans of the past that several rooms must agree on: how far back is read, how finely it is kept,
// how much a caller's clock may be off, and how long rows stay.
import { MILLIS_PER_HOUR } from './time.js';

/** How far back beliefs and reports look; older figures say little about what an ad does today. */
export const HISTORY_DAYS = 180;

/**
 * Evidence and readings are kept per bucket of this length, on the epoch's grid: finer ones cost
 * memory and say nothing more, coarser ones hide the hours in which conversions arrive.
 */
export const BUCKET_MILLIS = 6 * MILLIS_PER_HOUR;
export const BUCKET_SECONDS = BUCKET_MILLIS / 1000;

/** A caller's clock may be ahead of ours by this much before an instant counts as in the future. */
export const CLOCK_TOLERANCE_MILLIS = 10 * 60 * 1000;

/** Advertising interfaces of this kind opened in 2009; earlier times are mistakes of a clock. */
export const EARLIEST_MILLIS = Date.UTC(2009, 0, 1);

/** Meta tells figures of the last 37 months, so reports reach back as far and no further. */
const REPORT_MONTHS = 37;

/** The first instant of which reports are taken; a whole day, so that no zone loses one. */
export function oldestReport(now: Date): Date {
  const month = now.getUTCMonth() - REPORT_MONTHS;
  return new Date(Date.UTC(now.getUTCFullYear(), month, now.getUTCDate() - 1));
}

/** How many days rows of each kind are kept where an account sets nothing else. */
export const RETENTION_DAYS = {
  events: 400,
  conversions: 400,
  clicks: 400,
  snapshots: 400,
  decisions: 400,
  runs: 90,
} as const;

export type RetentionDays = Record<keyof typeof RETENTION_DAYS, number>;
