// How due changes are laid out in calls. Pure. Items of a batch run in no order, so nothing in one
// may depend on another; Meta further lists several ad sets of one campaign in a batch as a
// limitation without saying what happens, so siblings go into different batches.
import type { EntityType } from '../../platforms/index.js';

export interface BatchSettings {
  batchModeEnabled: boolean;
  batchMinChanges: number;
  batchSize: number;
  /** The platform's own bound: a larger batch would be throttled half-way. */
  writesPerCall: number;
}

export interface Placed {
  adId: string;
  campaignId: string;
  entityType: EntityType;
  /** A raise of a decision waits for the money that the decision's cuts set free. */
  waitsForFunding: boolean;
}

/** Groups of changes, each for one call, in the order in which the calls are made. */
export function layOut<T extends Placed>(due: readonly T[], settings: BatchSettings): T[][] {
  const first = due.filter(({ waitsForFunding }) => !waitsForFunding);
  const then = due.filter(({ waitsForFunding }) => waitsForFunding);
  if (!settings.batchModeEnabled || due.length < settings.batchMinChanges) {
    return [...first, ...then].map((change) => [change]);
  }
  const limit = Math.min(settings.batchSize, settings.writesPerCall);
  return [...packed(first, limit), ...packed(then, limit)];
}

/** The n-th change of each family goes into the n-th round, and rounds are cut at the limit. */
function packed<T extends Placed>(due: readonly T[], limit: number): T[][] {
  const seen = new Map<string, number>();
  const rounds: T[][] = [];
  for (const change of due) {
    const keys = familyOf(change);
    const round = Math.max(...keys.map((key) => seen.get(key) ?? 0));
    for (const key of keys) seen.set(key, round + 1);
    (rounds[round] ??= []).push(change);
  }
  return rounds.flatMap((round) =>
    Array.from({ length: Math.ceil(round.length / limit) }, (_, index) =>
      round.slice(index * limit, (index + 1) * limit),
    ),
  );
}

/** An object never shares a batch with itself, nor an ad set or campaign with its siblings. */
function familyOf({ adId, campaignId, entityType }: Placed): string[] {
  return entityType === 'ad' ? [`ad ${adId}`] : [`campaign ${campaignId}`];
}
