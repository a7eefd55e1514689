// A drift belongs to an ad, a belief to an arm, which may be the set that several ads share.
import type { DriftRecord } from '../belief/forget.js';

export interface ArmShare {
  armId: string;
  /** The ad's part of the arm's clicks, 0 to 1. */
  share: number;
}

/** `drifts` as the arms' own: of the arm's old evidence only the ad's part is discounted. */
export function driftsOfArms(
  drifts: readonly DriftRecord[],
  shareOf: (adId: string) => ArmShare | null,
): DriftRecord[] {
  return drifts.flatMap((drift) => {
    // Sales are watched where the budget is.
    if (drift.rate === 'cvr') return [drift];
    const { adId, at, keep, rate, cohort, report } = drift;
    const arm = shareOf(adId);
    if (!arm) return [];
    const share = Math.min(1, Math.max(0, arm.share));
    // As much is lost of the cohort of the change as the ad itself had in it.
    const own = share > 0 && cohort ? { cohort: scaled(cohort, 1 / share) } : {};
    return [
      {
        adId: arm.armId,
        at,
        keep: share * keep + (1 - share),
        rate,
        ...own,
        ...(report && { report }),
      },
    ];
  });
}

function scaled({ impressions, clicks }: NonNullable<DriftRecord['cohort']>, by: number) {
  return { impressions: impressions * by, clicks: clicks * by };
}
