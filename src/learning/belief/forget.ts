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
}

/**
 * `ageing` with the ad's drifts up to `asOf`, in the order of their instants. Clicks lie evenly in
 * their cohort, so of the one in which the change fell only the earlier part is discounted.
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
  return (cohortAt) => {
    const plain = ageing(cohortAt);
    let { ctrWeight, cvrWeight } = plain;
    for (const drift of known) {
      const kept = keptOf(cohortAt, drift);
      cvrWeight *= kept;
      if (drift.rate === 'ctr') ctrWeight *= kept;
    }
    return { ...plain, ctrWeight, cvrWeight };
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

function keptOf(cohortAt: number, { at, keep }: DriftRecord): number {
  const earlier = Math.min(1, Math.max(0, (at - cohortAt) / COHORT_MS));
  return 1 - earlier * (1 - keep);
}
