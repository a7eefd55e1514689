// Lifetime totals, as platforms report them, become cohorts of increments: belief needs to know how
// old a click is, and a total does not say. Whatever the snapshots do, the cohorts of a metric sum
// exactly to its latest known total, so nothing is ever counted twice or lost.
import { BUCKET_MILLIS } from '../../shared/history.js';
import { MILLIS_PER_DAY } from '../../shared/time.js';
import { apportion } from './apportion.js';
import type { Cohort } from './posterior.js';

/** Six hours: fine enough for a half-life of three days, coarse enough that a month is 120 rows. */
export const COHORT_MS = BUCKET_MILLIS;
/** A start date that is wrong by decades would otherwise make tens of thousands of cohorts. */
const SPREAD_MS_MAX = 400 * MILLIS_PER_DAY;
/** Lifetime totals of one ad at an instant. null = not reported in this snapshot. */
export interface TotalsSnapshot {
  /** Unix milliseconds. */
  observedAt: number;
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  revenueMinor: number | null;
}

const COUNTS = ['impressions', 'clicks', 'spendMinor'] as const;
const OUTCOMES = ['conversions', 'revenueMinor'] as const;
const METRICS = [...COUNTS, ...OUTCOMES] as const;
type Metric = (typeof METRICS)[number];

/**
 * Six-hour cohorts (on the UTC grid) from the ascending snapshots of one ad. An increment is spread
 * evenly over the time it covers. A total that falls is a correction, never a negative increment:
 * the amount is taken out of the earlier cohorts, the latest first. The first totals reach back to
 * `startedAt`; without it they are one undated cohort, which comes first. Conversions are placed
 * where they *arrived*; `creditConversions` moves them to their clicks. Where conversions or
 * revenue were no longer (or never) reported the cohorts hold null. Cohorts of nothing are left
 * out.
 */
export function cohortsFromSnapshots(
  snapshots: readonly TotalsSnapshot[],
  startedAt: number | null,
): Cohort[] {
  const first = snapshots[0];
  if (first === undefined) return [];
  const cells = new Map<number, Cohort>();
  const before: Cohort | null =
    startedAt === null ? { ...emptyCohort(cellOf(first.observedAt)), undated: true } : null;
  const known = new Map<Metric, number | null>();
  const keep = new Set<number>();
  for (const metric of METRICS) {
    const knownUntil = placeMetric(metric, snapshots, startedAt, cells, before);
    known.set(metric, knownUntil);
    // A measured zero must survive: the cell of the last observation stays even when empty.
    if (knownUntil === null || (before && snapshots.length === 1)) continue;
    keep.add(cellIn(cells, cellOf(knownUntil)).at);
  }
  for (const metric of OUTCOMES) {
    const knownUntil = known.get(metric) ?? null;
    if (before && knownUntil === null) before[metric] = null;
    for (const cell of cells.values()) {
      if (knownUntil === null || cell.at >= knownUntil) cell[metric] = null;
    }
  }
  const dated = [...cells.values()]
    .filter((cell) => keep.has(cell.at) || METRICS.some((metric) => (cell[metric] ?? 0) > 0))
    .sort((left, right) => left.at - right.at);
  return before ? [before, ...dated] : dated;
}

/** Lays one metric's increments into the cells; answers when it was last known, null if never. */
function placeMetric(
  metric: Metric,
  snapshots: readonly TotalsSnapshot[],
  startedAt: number | null,
  cells: Map<number, Cohort>,
  before: Cohort | null,
): number | null {
  let total = 0;
  let from = startedAt;
  let knownUntil: number | null = null;
  for (const snapshot of snapshots) {
    const next = snapshot[metric];
    if (next === null) continue;
    if (next < total) takeBack(metric, total - next, cells, before);
    else if (from === null && before) before[metric] = (before[metric] ?? 0) + next - total;
    else spread(metric, next - total, from ?? snapshot.observedAt, snapshot.observedAt, cells);
    total = next;
    from = snapshot.observedAt;
    knownUntil = snapshot.observedAt;
  }
  return knownUntil;
}

function spread(
  metric: Metric,
  amount: number,
  from: number,
  to: number,
  cells: Map<number, Cohort>,
): void {
  if (amount === 0) return;
  const start = Math.min(to, Math.max(from, to - SPREAD_MS_MAX));
  const keys: number[] = [];
  const overlaps: number[] = [];
  for (let key = start < to ? floorCell(start) : cellOf(to); key < to; key += COHORT_MS) {
    keys.push(key);
    overlaps.push(Math.min(to, key + COHORT_MS) - Math.max(start, key) || 1);
  }
  apportion(amount, overlaps).forEach((share, index) => {
    if (share === 0) return;
    const cell = cellIn(cells, keys[index] as number);
    cell[metric] = (cell[metric] ?? 0) + share;
  });
}

function takeBack(
  metric: Metric,
  amount: number,
  cells: Map<number, Cohort>,
  before: Cohort | null,
): void {
  const latestFirst = [...cells.values()].sort((left, right) => right.at - left.at);
  let rest = amount;
  for (const cohort of before ? [...latestFirst, before] : latestFirst) {
    const taken = Math.min(rest, cohort[metric] ?? 0);
    if (taken > 0) cohort[metric] = (cohort[metric] ?? 0) - taken;
    rest -= taken;
    if (rest <= 0) return;
  }
}

export function emptyCohort(at: number): Cohort {
  return { at, impressions: 0, clicks: 0, spendMinor: 0, conversions: 0, revenueMinor: 0 };
}

function cellIn(cells: Map<number, Cohort>, key: number): Cohort {
  const known = cells.get(key);
  if (known) return known;
  const made = emptyCohort(key);
  cells.set(key, made);
  return made;
}

/** What is observed on a boundary happened before it, so it belongs to the cell that ends there. */
function cellOf(instant: number): number {
  return floorCell(instant - 1);
}

function floorCell(instant: number): number {
  return Math.floor(instant / COHORT_MS) * COHORT_MS;
}
