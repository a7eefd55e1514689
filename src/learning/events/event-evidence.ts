// From stored cells to what an arm's belief and totals add: clicks and impressions after its
// reports, and, where the account counts by its own events, all of its conversions at the cohorts
// of their clicks. Computed on reading, so that a later report or a better delay curve changes
// nothing stored.
import type { EventCredit } from '../../metrics/index.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { NO_LAG, type EvidenceCell } from '../belief/evidence-cell.js';

export interface EventEvidence {
  /** Per arm: impressions and clicks after its reports, and all conversions. */
  byArm: Map<string, EvidenceCell[]>;
  /** Per object: the same after its own reports. */
  byAd: Map<string, EvidenceCell[]>;
}

/** Events of one cohort that a report covers up to the middle of it. */
export interface CoveredPart {
  adId: string;
  impressions: number;
  clicks: number;
}

/** The cells in whose middle the reports of their arm (or object) end, to be counted exactly. */
export function cutCells(
  cells: readonly EvidenceCell[],
  coverage: (adId: string) => Date | null,
): { adId: string; from: Date; until: Date }[] {
  return cells.flatMap((cell) => {
    const until = coverage(cell.adId)?.getTime() ?? null;
    if (cell.impressions + cell.clicks === 0 || coveredPart(cell, until) !== 'some') return [];
    return [{ adId: cell.adId, from: new Date(cell.at), until: new Date(until ?? cell.at) }];
  });
}

/** The cells without the impressions and clicks that reports tell already; conversions stay. */
export function afterReports(
  cells: readonly EvidenceCell[],
  coverage: (adId: string) => Date | null,
  parts: readonly CoveredPart[],
): EvidenceCell[] {
  const cut = new Map(parts.map((part) => [part.adId, part]));
  return cells.map((cell) => {
    const covered = coveredPart(cell, coverage(cell.adId)?.getTime() ?? null);
    if (covered === 'none') return cell;
    if (covered === 'all') return { ...cell, impressions: 0, clicks: 0 };
    const part = cut.get(cell.adId);
    return {
      ...cell,
      impressions: Math.max(0, cell.impressions - (part?.impressions ?? 0)),
      clicks: Math.max(0, cell.clicks - (part?.clicks ?? 0)),
    };
  });
}

/** What of a cell's impressions and clicks happened up to `until`. */
function coveredPart({ at, lag, lastAt }: EvidenceCell, until: number | null) {
  if (until === null || until <= at || lag !== NO_LAG) return 'none';
  // Mostly reports go on for as long as events come: then nothing has to be counted.
  return until >= Math.min(lastAt, at + COHORT_MS) ? 'all' : 'some';
}

/** The cells of each arm, in a fixed order. */
export function cellsByArm(
  cells: readonly EvidenceCell[],
  credit: ReadonlyMap<string, EventCredit>,
): Map<string, EvidenceCell[]> {
  const arms = new Map<string, EvidenceCell[]>();
  for (const cell of cells) {
    const armId = credit.get(cell.adId)?.armId;
    if (armId == null) continue;
    const known = arms.get(armId);
    if (known) known.push(cell);
    else arms.set(armId, [cell]);
  }
  return arms;
}
