// Has an ad's conversion rate changed? Asked of its click cohorts once most of their conversions
// have come in, each cohort's clicks counted as far as they have matured: so a rate that is still
// filling up does not look like one that fell. A function of the evidence as of an instant, in any
// order it came.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { cdfAt, type DelayCurve } from '../belief/delay.js';
import { countedShare } from '../belief/exposure.js';
import type { AdEvidence } from '../belief/posterior.js';
import { keepAfter } from './observe-epoch.js';
import { isCertain, likeliestChange } from './rate-change.js';
import { withObservation, type RateSegment } from './rate-segments.js';

export interface ConversionChange {
  /** Beginning of the new regime, Unix milliseconds. */
  since: number;
  /** Conversions per matured click of the old and the new regime. */
  before: number;
  after: number;
  /** What share of the evidence from before `since` still counts. */
  keep: number;
}

/**
 * Share of a cohort's conversions that must have come in. From there on a curve whose median is
 * wrong by a factor of 2.5 leaves an error of 15 %, far less than what counts as a change; from 0.8
 * on, 28 %.
 */
const ARRIVED_MIN = 0.9;
/** Sales breathe with the day of the week more than clicks do with the hour. */
const FACTOR_MIN = 1.5;

/** `from`: cohorts of before it were judged already, Unix milliseconds. null = no proven change. */
export function conversionChange(
  ad: AdEvidence,
  delay: DelayCurve,
  asOf: number,
  from = -Infinity,
): ConversionChange | null {
  const change = likeliestChange(maturedSegments(ad, delay, asOf, from));
  if (!change || !isCertain(change)) return null;
  const { since, before, after, clicksBefore } = change;
  if (Math.max(before, after) < FACTOR_MIN * Math.min(before, after)) return null;
  return { since, before, after, keep: keepAfter(before, after, clicksBefore) };
}

/**
 * What a belief as of an instant forgets by: every change that the evidence proves, each asked of
 * what lies after the one before it. A function of the evidence alone, so nobody's earlier look
 * matters.
 */
export function conversionChanges(
  ad: AdEvidence,
  delay: DelayCurve,
  asOf: number,
): ConversionChange[] {
  const found: ConversionChange[] = [];
  for (;;) {
    const change = conversionChange(ad, delay, asOf, found.at(-1)?.since);
    if (!change) return found;
    found.push(change);
  }
}

/** Conversions as the segments' clicks, matured clicks as their impressions. */
function maturedSegments(
  { cohorts, undated }: AdEvidence,
  delay: DelayCurve,
  asOf: number,
  from: number,
): RateSegment[] {
  if (undated) return [];
  const sums = new Map<number, RateSegment>();
  for (const cohort of cohorts) {
    const { at, clicks, conversions } = cohort;
    if (cohort.undated === true || conversions === null || at + COHORT_MS <= from) continue;
    const arrived = cdfAt(delay, (asOf - at - COHORT_MS / 2) / MILLIS_PER_HOUR);
    if (arrived < ARRIVED_MIN) continue;
    const sum = sums.get(at) ?? { since: at, clicks: 0, impressions: 0 };
    sum.clicks += conversions;
    sum.impressions += clicks * countedShare(cohort, arrived);
    sums.set(at, sum);
  }
  return [...sums.values()]
    .sort((left, right) => left.since - right.since)
    .reduce<RateSegment[]>(withObservation, []);
}
