// From measured reports to the evidence of a belief: every arm's reporting objects become cohorts,
// conversions arrive at their clicks, and sources that the account does not count are left out.
import type { Reports } from '../../metrics/index.js';
import { cohortsFromSnapshots } from './cohorts.js';
import { creditConversions } from './conversion-credit.js';
import { cohortsFromDays, type DayBounds } from './daily-cohorts.js';
import type { DelayCurve } from './delay.js';
import type { EvidenceCell } from './evidence-cell.js';
import { withEventCohorts } from './event-cohorts.js';
import type { AdEvidence, Cohort } from './posterior.js';

/** Anything of which a rate is believed, with what was measured of it. */
export interface BeliefSource {
  id: string;
  /** What shares a coupling of its own: the campaign of an ad. */
  group: string;
  /** Each object whose numbers are its own; null = nobody knows when it began. */
  reporters: { startedAt: Date | null; reports: Reports }[];
}

export interface EvidenceContext {
  /** Unix milliseconds. */
  asOf: number;
  delay: DelayCurve;
  dayBounds: (date: string) => DayBounds;
  /** Whether conversions inside reports are the ones the account counts. */
  platformConversions: boolean;
  /** The first cohort of the account's own events, when they are what it counts; else null. */
  conversionsSince: number | null;
}

/** `cells`: what events tell of the source beyond its reports. */
export function evidenceOf(
  source: BeliefSource,
  cells: readonly EvidenceCell[],
  context: EvidenceContext,
): AdEvidence {
  const reported = source.reporters
    .flatMap(({ startedAt, reports }) => reporterCohorts(startedAt, reports, context))
    .sort((left, right) => left.at - right.at);
  const cohorts = withEventCohorts(
    context.platformConversions ? reported : reported.map(withoutConversions),
    cells,
    context,
  );
  return {
    adId: source.id,
    campaignId: source.group,
    cohorts,
    undated: cohorts.length > 0 && cohorts.every((cohort) => cohort.undated === true),
  };
}

function reporterCohorts(
  startedAt: Date | null,
  reports: Reports,
  { asOf, delay, dayBounds }: EvidenceContext,
): Cohort[] {
  const snapshots = reports.snapshots.map((snapshot) => ({
    ...snapshot,
    observedAt: snapshot.observedAt.getTime(),
  }));
  // Totals tell when a conversion arrived, days tell whose click it was.
  const fromTotals = creditConversions(
    cohortsFromSnapshots(snapshots, startedAt?.getTime() ?? null),
    delay,
  );
  return [...fromTotals, ...cohortsFromDays(reports.days, dayBounds, asOf)];
}

function withoutConversions(cohort: Cohort): Cohort {
  return { ...cohort, conversions: null, revenueMinor: null };
}
