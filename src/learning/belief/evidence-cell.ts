// What is stored of events: integers per ad, six-hour cohort and lag.
import { COHORT_MS } from './cohorts.js';

/** Lag of what happened in the cohort itself, conversions of unknown clicks included. */
export const NO_LAG = -1;

export interface EvidenceCell {
  adId: string;
  /** Start of the cohort, Unix milliseconds: of the click where it is known, else of the event. */
  at: number;
  /** Six-hour bins from click to conversion; NO_LAG where no click is known. */
  lag: number;
  impressions: number;
  clicks: number;
  conversions: number;
  /** Conversions whose value is known, and that value. */
  valued: number;
  valueMinor: number;
  /** The newest impression or click behind the cell, Unix milliseconds. */
  lastAt: number;
}

/** Signed, to be added to the cell of its key. */
export interface CellChange extends EvidenceCell {
  /**
   * What was told in the cell, corrections apart: it says whether there is a cell at all. One out
   * of which everything has moved is none; one whose conversions were taken back is a cell of
   * nothing.
   */
  told: number;
  /** Unix minutes of its impressions and clicks; null for conversions. */
  minute: number | null;
}

export const COUNTS = ['impressions', 'clicks', 'conversions', 'valued', 'valueMinor'] as const;

/** A conversion that names a click, and where it is counted. */
export interface ClickConversion {
  clickId: string;
  eventDigest: string;
  adId: string;
  occurredAt: number;
  /** Above 0; 0 or -1 in a correction, whose value is signed. */
  conversions: number;
  valueMinor: number | null;
  /** Time of the click it is counted for; null = none known, counted by its own time. */
  placedAt: number | null;
  /** The caller said when the click was; no click event moves it. */
  isFixed: boolean;
}

export const MINUTE_MS = 60_000;

/** Unix minutes; what happens on a boundary belongs to the minute that ends there. */
export function minuteOf(instant: number): number {
  return Math.floor((instant - 1) / MINUTE_MS);
}

/** What happens on a boundary belongs to the cohort that ends there, as with snapshots. */
export function cohortOf(instant: number): number {
  return Math.floor((instant - 1) / COHORT_MS) * COHORT_MS;
}
