// From stored cells to what an arm's belief and totals add: clicks and impressions after its
// reports, and, where the account counts by its own events, all of its conversions at the cohorts
// of their clicks. Computed on reading, so that a later report or a better delay curve changes
// nothing stored.
import type { EventCredit } from '../../metrics/index.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { countedSince, creditConversions } from '../belief/conversion-credit.js';
import type { DelayCurve } from '../belief/delay.js';
import type { Cohort } from '../belief/posterior.js';
import { NO_LAG, type EvidenceCell } from '../belief/evidence-cell.js';

/** Events of one cohort that a report covers up to the middle of it. */
export interface CoveredPart {
  adId: string;
  impressions: number;
  clicks: number;
}

/** The cells in whose middle the reports of their arm (or object) end, to be counted exactly. */
export function cutCells(
  cells: readonly EvidenceCell[],
  coverage: (adId: string) => Date | null,
): { adId: string; from: Date; until: Date }[] {
  return cells.flatMap((cell) => {
    const until = coverage(cell.adId)?.getTime() ?? null;
    if (cell.impressions + cell.clicks === 0 || coveredPart(cell, until) !== 'some') return [];
    return [{ adId: cell.adId, from: new Date(cell.at), until: new Date(until ?? cell.at) }];
  });
}

/** The cells without the impressions and clicks that reports tell already; conversions stay. */
export function afterReports(
  cells: readonly EvidenceCell[],
  coverage: (adId: string) => Date | null,
  parts: readonly CoveredPart[],
): EvidenceCell[] {
  const cut = new Map(parts.map((part) => [part.adId, part]));
  return cells.map((cell) => {
    const covered = coveredPart(cell, coverage(cell.adId)?.getTime() ?? null);
    if (covered === 'none') return cell;
    if (covered === 'all') return { ...cell, impressions: 0, clicks: 0 };
    const part = cut.get(cell.adId);
    return {
      ...cell,
      impressions: Math.max(0, cell.impressions - (part?.impressions ?? 0)),
      clicks: Math.max(0, cell.clicks - (part?.clicks ?? 0)),
    };
  });
}

/** What of a cell's impressions and clicks happened up to `until`. */
function coveredPart({ at, lag, lastAt }: EvidenceCell, until: number | null) {
  if (until === null || until <= at || lag !== NO_LAG) return 'none';
  // Mostly reports go on for as long as events come: then nothing has to be counted.
  return until >= Math.min(lastAt, at + COHORT_MS) ? 'all' : 'some';
}

/** The cells of each arm, in a fixed order. */
export function cellsByArm(
  cells: readonly EvidenceCell[],
  credit: ReadonlyMap<string, EventCredit>,
): Map<string, EvidenceCell[]> {
  const arms = new Map<string, EvidenceCell[]>();
  for (const cell of cells) {
    const armId = credit.get(cell.adId)?.armId;
    if (armId == null) continue;
    const known = arms.get(armId);
    if (known) known.push(cell);
    else arms.set(armId, [cell]);
  }
  return arms;
}

export interface EventContext {
  delay: DelayCurve;
  /** Whether events are the conversions the account counts, and since which cohort they came. */
  conversionsSince: number | null;
}

/** An arm's cohorts from its reports with those of its events. */
export function withEventCohorts(
  reported: readonly Cohort[],
  cells: readonly EvidenceCell[],
  { delay, conversionsSince }: EventContext,
): Cohort[] {
  const clicked = cells
    .filter(({ lag, impressions, clicks }) => lag === NO_LAG && impressions + clicks > 0)
    .map(({ at, impressions, clicks }) => ({ ...cohort(at, null, null), impressions, clicks }));
  if (conversionsSince === null) return ascending([...reported, ...clicked]);
  const counted = ascending([...reported, ...clicked]).map((one) =>
    countedSince(one, conversionsSince, delay),
  );
  const placed = cells
    .filter(({ lag, conversions }) => lag !== NO_LAG && conversions > 0)
    .flatMap(conversionCohorts);
  const arrivals = cells.filter(({ lag, conversions }) => lag === NO_LAG && conversions > 0);
  return ascending([...spread(counted, arrivals, delay), ...placed]);
}

/** Conversions of unknown clicks, shared out over the clicks they may have come from. */
function spread(
  counted: readonly Cohort[],
  arrivals: readonly EvidenceCell[],
  delay: DelayCurve,
): Cohort[] {
  const split = arrivals.flatMap(conversionCohorts);
  const valued = split.filter(({ revenueMinor }) => revenueMinor !== null);
  const unvalued = split
    .filter(({ revenueMinor }) => revenueMinor === null)
    .map((one) => ({ ...one, revenueMinor: 0 }));
  const result =
    valued.length === 0 ? counted : creditConversions(ascending([...counted, ...valued]), delay);
  if (unvalued.length === 0) return [...result];
  const shared = creditConversions(ascending([...counted, ...unvalued]), delay)
    .filter(({ conversions }) => conversions !== null && conversions > 0)
    .map(({ at, conversions }) => cohort(at, conversions, null));
  return [...result, ...shared];
}

/** Conversions whose value is known apart from those whose value is not: null is never 0. */
function conversionCohorts({ at, conversions, valued, valueMinor }: EvidenceCell): Cohort[] {
  const cohorts: Cohort[] = [];
  if (valued > 0) cohorts.push(cohort(at, valued, valueMinor));
  if (conversions > valued) cohorts.push(cohort(at, conversions - valued, null));
  return cohorts;
}

function cohort(at: number, conversions: number | null, revenueMinor: number | null): Cohort {
  return { at, impressions: 0, clicks: 0, spendMinor: 0, conversions, revenueMinor };
}

/** Stable, so that equal instants keep their order. */
function ascending(cohorts: readonly Cohort[]): Cohort[] {
  return [...cohorts].sort((left, right) => left.at - right.at);
}

/** The first cohort of which anything was told by events: conversions are counted from there on. */
export function firstCohort(cells: readonly EvidenceCell[]): number | null {
  return cells.reduce<number | null>(
    (first, { at }) => (first === null || at < first ? at : first),
    null,
  );
}
