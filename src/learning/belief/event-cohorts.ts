// What events tell of an arm beyond its reports, as cohorts beside those of the reports.
import { countedSince, creditConversions } from './conversion-credit.js';
import type { DelayCurve } from './delay.js';
import { NO_LAG, type EvidenceCell } from './evidence-cell.js';
import type { Cohort } from './posterior.js';

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
