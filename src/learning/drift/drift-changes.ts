// From the drifts of an ad as they are stored to those that its events prove now.
import { MILLIS_PER_DAY } from '../../shared/time.js';
import { MINUTE_MS } from '../belief/evidence-cell.js';
import type { DriftFact } from './drift.queries.js';
import type { FoundDrift } from './scan-state.js';

export interface DriftChanges {
  proven: DriftFact[];
  disproved: DriftFact[];
}

/**
 * A scan may begin 180 days back; what was proven in its first month rested on events before it,
 * so that stays as it was.
 */
const JUDGED_DAYS = 150;

/** `newest`: Unix minutes of the ad's newest event. */
export function changesOf(
  adId: string,
  known: readonly FoundDrift[],
  found: readonly FoundDrift[],
  newest: number,
): DriftChanges {
  if (known === found || (known.length === 0 && found.length === 0)) {
    return { proven: [], disproved: [] };
  }
  const from = newest * MINUTE_MS - JUDGED_DAYS * MILLIS_PER_DAY;
  const missingIn = (others: readonly FoundDrift[]) => (one: FoundDrift) =>
    one.detectedAt >= from && !others.some((other) => isSame(one, other));
  const fact = (one: FoundDrift): DriftFact => ({ adId, rate: 'ctr', ...one });
  return {
    proven: found.filter(missingIn(known)).map(fact),
    disproved: known.filter(missingIn(found)).map(fact),
  };
}

/** Whether a drift was found that is not one of before, perhaps moved by what came late. */
export function isNews(before: readonly FoundDrift[], found: readonly FoundDrift[]): boolean {
  return (
    before !== found &&
    found.some(
      (one) => !before.some((old) => old.since < one.detectedAt && one.since < old.detectedAt),
    )
  );
}

function isSame(left: FoundDrift, right: FoundDrift): boolean {
  return (
    FIGURES.every((figure) => left[figure] === right[figure]) &&
    left.cohort.impressions === right.cohort.impressions &&
    left.cohort.clicks === right.cohort.clicks
  );
}

const FIGURES = ['since', 'detectedAt', 'before', 'after', 'keep'] as const;
