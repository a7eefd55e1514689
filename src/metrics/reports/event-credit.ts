// Events come beside reports: impressions and clicks are the latest report plus the events after
// it. Here is decided, for every object, which arm its events count for and which report covers
// them.
import type { AdTree } from './credit.js';

export interface EventCredit {
  /** null = no arm stands above the object; its events are its own only. */
  armId: string | null;
  /** Events up to this instant are in the arm's reports already; null = in none. */
  coveredUntil: Date | null;
  /** The same for the object's own reports. */
  ownCoveredUntil: Date | null;
}

const NO_REPORTERS: ReadonlyMap<string, Date | null> = new Map();

/** `arms`: per arm, until when each of its reporting objects has told. */
export function creditEvents(
  tree: AdTree,
  adIds: readonly string[],
  arms: ReadonlyMap<string, ReadonlyMap<string, Date | null>>,
  ownCoverage: (adId: string) => Date | null,
): Map<string, EventCredit> {
  return new Map(
    adIds.map((adId) => {
      const path = tree.path(adId);
      const armId = path.find((id) => arms.has(id)) ?? null;
      const reporters = (armId === null ? undefined : arms.get(armId)) ?? NO_REPORTERS;
      return [
        adId,
        {
          armId,
          coveredUntil: coverage(tree, adId, path, reporters),
          ownCoveredUntil: ownCoverage(adId),
        },
      ];
    }),
  );
}

/** A report of the object or of one above includes its events; so do reports of all its parts. */
function coverage(
  tree: AdTree,
  adId: string,
  path: readonly string[],
  reporters: ReadonlyMap<string, Date | null>,
): Date | null {
  const above = path.find((id) => reporters.has(id));
  if (above !== undefined) return reporters.get(above) ?? null;
  let latest: Date | null = null;
  for (const [reporter, until] of reporters) {
    if (until === null || !tree.path(reporter).includes(adId)) continue;
    if (latest === null || until > latest) latest = until;
  }
  return latest;
}
