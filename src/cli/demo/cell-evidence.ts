// The evidence of several ads as that of one: their cohorts side by side in time.
import type { AdEvidence } from '../../learning/pure.js';

export function mergeEvidence(
  cellId: string,
  campaignId: string,
  members: readonly AdEvidence[],
): AdEvidence {
  const cohorts = members
    .flatMap((ad) =>
      ad.cohorts.map((cohort) => (ad.undated ? { ...cohort, undated: true } : cohort)),
    )
    .sort((left, right) => left.at - right.at);
  return {
    adId: cellId,
    campaignId,
    cohorts,
    undated: members.length > 0 && members.every(({ undated }) => undated),
  };
}
