// One ad's cohorts summed into what the conjugate updates need: raw evidence, the same corrected
// for delay, and the same forgotten. The sums are made once per ad; everything later is arithmetic.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { COHORT_MS } from './cohorts.js';
import { cdfAt, type DelayCurve } from './delay.js';
import type { AdEvidence, ArmPosterior, Cohort } from './posterior.js';
import type { SpendPoint } from './response.js';
import { addToDay, spendPoint, type DayTotal } from './spend-days.js';
import { withoutRoundingError } from './statistics.js';

export interface HalfLifeDays {
  ctr: number;
  cvr: number;
}

export interface Exposure {
  /** Raw and undiscounted; matured clicks = Σ clicks·F(age). */
  evidence: ArmPosterior['evidence'];
  /** Undiscounted, over cohorts with known conversions: clicks and impressions times F(age). */
  known: { clicks: number; impressions: number };
  /** Over cohorts where both conversions and revenue are known: what the mean value rests on. */
  valued: { conversions: number; revenueMinor: number };
  /** Discounted by age. Impressions are at least the clicks: a click implies that it was shown. */
  effective: { impressions: number; clicks: number; maturedClicks: number; conversions: number };
  /** Undiscounted impressions, at least the clicks. */
  shown: number;
  /** Spending by day where the days are known, for the cost curve. */
  days: SpendPoint[];
}

/** What age does to a cohort: share of its conversions arrived, and the forgetting weights. */
interface Ageing {
  arrived: number;
  /** Of its impressions and of its clicks for the click rate; they differ only by a drift. */
  shownWeight: number;
  ctrWeight: number;
  cvrWeight: number;
}

/** `counts` of the cohort that begins at `at`, where a drift may have split it. */
export type AgeingAt = (at: number, counts?: Pick<Cohort, 'impressions' | 'clicks'>) => Ageing;

const UNDATED: Ageing = { arrived: 1, shownWeight: 1, ctrWeight: 1, cvrWeight: 1 };
/** Before everything that has a date. */
const UNDATED_AT = -Infinity;

/** Ageing by start of cohort, remembered: the cohorts of all ads lie on the same few instants. */
export function ageingOf(asOf: number, delay: DelayCurve, halfLifeDays: HalfLifeDays): AgeingAt {
  const seen = new Map<number, Ageing>([[UNDATED_AT, UNDATED]]);
  return (at) => {
    const known = seen.get(at);
    if (known) return known;
    // Clicks lie evenly in their cohort; of a cohort still running only the part that has passed.
    const ageHours = (asOf - at - Math.min(COHORT_MS, asOf - at) / 2) / MILLIS_PER_HOUR;
    const ctrWeight = 2 ** (-ageHours / 24 / halfLifeDays.ctr);
    const ageing = {
      arrived: cdfAt(delay, ageHours),
      ...{ shownWeight: ctrWeight, ctrWeight },
      cvrWeight: 2 ** (-ageHours / 24 / halfLifeDays.cvr),
    };
    seen.set(at, ageing);
    return ageing;
  };
}

/**
 * Sums an ad's cohorts as of an instant. Cohorts that begin later do not exist yet (a replay must
 * not see the future). Undated clicks count as matured and are not discounted.
 */
export function exposureOf(ad: AdEvidence, asOf: number, ageing: AgeingAt): Exposure {
  const sums = emptyExposure();
  const days: DayTotal[] = [];
  for (const cohort of ad.cohorts) {
    const undated = ad.undated || cohort.undated === true;
    if (undated) addCohort(sums, cohort, ageing(UNDATED_AT));
    else if (cohort.at < asOf) {
      addCohort(sums, cohort, ageing(cohort.at, cohort));
      addToDay(days, cohort);
    }
  }
  sums.days = days.map((day) => spendPoint(day, asOf));
  // A conversion implies a click, as a click implies that it was shown: no rate is above 1.
  sums.effective.maturedClicks = Math.max(sums.effective.maturedClicks, sums.effective.conversions);
  sums.evidence.conversions &&= withoutRoundingError(sums.evidence.conversions);
  return sums;
}

function addCohort(sums: Exposure, cohort: Cohort, ageing: Ageing): void {
  const { evidence, effective, known, valued } = sums;
  const { impressions, clicks, conversions, revenueMinor } = cohort;
  const { arrived, shownWeight, ctrWeight, cvrWeight } = ageing;
  const shown = Math.max(impressions, clicks);
  evidence.impressions += impressions;
  evidence.clicks += clicks;
  evidence.spendMinor += cohort.spendMinor;
  evidence.maturedClicks += clicks * arrived;
  sums.shown += shown;
  effective.impressions += shownWeight * shown;
  effective.clicks += ctrWeight * clicks;
  if (revenueMinor !== null) evidence.revenueMinor = (evidence.revenueMinor ?? 0) + revenueMinor;
  if (conversions === null) return;
  evidence.conversions = (evidence.conversions ?? 0) + conversions;
  const counted = countedShare(cohort, arrived);
  known.clicks += clicks * counted;
  known.impressions += shown * counted;
  effective.maturedClicks += cvrWeight * clicks * counted;
  effective.conversions += cvrWeight * conversions;
  if (revenueMinor === null) return;
  valued.conversions += conversions;
  valued.revenueMinor += revenueMinor;
}

/** Share of a cohort's conversions that has arrived since they are counted. */
export function countedShare({ missed = 0 }: Cohort, arrived: number): number {
  return Math.max(0, arrived - missed);
}

function emptyExposure(): Exposure {
  return {
    evidence: {
      impressions: 0,
      clicks: 0,
      spendMinor: 0,
      conversions: null,
      revenueMinor: null,
      maturedClicks: 0,
    },
    known: { clicks: 0, impressions: 0 },
    valued: { conversions: 0, revenueMinor: 0 },
    effective: { impressions: 0, clicks: 0, maturedClicks: 0, conversions: 0 },
    shown: 0,
    days: [],
  };
}
