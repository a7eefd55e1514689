// What a proven change does to a belief: evidence from before it is discounted, on reading. The
// stored counts stay as they are, so a belief as of an earlier instant is what it was.
import { COHORT_MS } from './cohorts.js';
import type { AgeingAt } from './exposure.js';

/** A stored fact: the ad's rates are new ones since `at`. */
export interface DriftRecord {
  adId: string;
  /** Unix milliseconds. */
  at: number;
  /** Share of the evidence from before `at` that still counts, 0 to 1. */
  keep: number;
  /** The rate that changed: with its clicks an ad's audience changes, sales may change alone. */
  rate: 'ctr' | 'cvr';
  /** What the cohort of the change had seen before it, where that is known. */
  cohort?: { impressions: number; clicks: number } | null;
  /** Of a change that the object's reports prove, which is stored nowhere. */
  report?: ReportedDrift;
}

export interface ReportedDrift {
  /** Which of the arm's objects reported it. */
  adId: string;
  before: number;
  after: number;
  /** Unix milliseconds. */
  detectedAt: number;
}

/**
 * `ageing` with the ad's drifts up to `asOf`, in the order of their instants. Of the cohort in
 * which a change fell only what came before it is discounted: as it was counted, where that is
 * known, so that the cohort's rate becomes the new one; else clicks are taken to lie evenly.
 */
export function forgetting(
  ageing: AgeingAt,
  drifts: readonly DriftRecord[] | undefined,
  asOf: number,
): AgeingAt {
  const known = (drifts ?? [])
    .filter(({ at }) => at <= asOf)
    .sort((left, right) => left.at - right.at || left.keep - right.keep);
  if (known.length === 0) return ageing;
  return (cohortAt, counts) => {
    const aged = { ...ageing(cohortAt, counts) };
    for (const drift of known) {
      const { shown, clicks } = earlierParts(cohortAt, counts, drift);
      const lost = 1 - drift.keep;
      aged.cvrWeight *= 1 - clicks * lost;
      if (drift.rate === 'cvr') continue;
      aged.ctrWeight *= 1 - clicks * lost;
      aged.shownWeight *= 1 - shown * lost;
    }
    return aged;
  };
}

/** The drifts of each ad. */
export function driftsByAd(drifts: readonly DriftRecord[]): Map<string, DriftRecord[]> {
  const byAd = new Map<string, DriftRecord[]>();
  for (const drift of drifts) {
    const known = byAd.get(drift.adId);
    if (known) known.push(drift);
    else byAd.set(drift.adId, [drift]);
  }
  return byAd;
}

/** Which parts of a cohort's impressions and clicks came before the change. */
function earlierParts(
  cohortAt: number,
  counts: Parameters<AgeingAt>[1],
  { at, cohort }: DriftRecord,
): { shown: number; clicks: number } {
  const earlier = Math.min(1, Math.max(0, (at - cohortAt) / COHORT_MS));
  if (earlier === 0 || earlier === 1 || !cohort || !counts) {
    return { shown: earlier, clicks: earlier };
  }
  return {
    shown: partOf(cohort.impressions, counts.impressions),
    clicks: partOf(cohort.clicks, counts.clicks),
  };
}

function partOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 1;
}
