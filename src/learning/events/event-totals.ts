// Totals as people read them: the latest report and the events after it; conversions from the one
// source that the account counts.
import type { Totals } from '../../metrics/index.js';
import type { EvidenceCell } from '../belief/evidence-cell.js';

/**
 * `cells` as `afterReports` left them. With `ownConversions` the events' conversions stand instead
 * of the reports'; null as long as no event has told any for the account.
 */
export function withEventTotals(
  totals: Totals,
  cells: readonly EvidenceCell[],
  ownConversions: boolean,
): Totals {
  const result = { ...totals };
  let conversions = 0;
  let valued = 0;
  let valueMinor = 0;
  for (const cell of cells) {
    result.impressions += cell.impressions;
    result.clicks += cell.clicks;
    conversions += cell.conversions;
    valued += cell.valued;
    valueMinor += cell.valueMinor;
    if (result.observedAt === null || cell.lastAt > result.observedAt.getTime()) {
      result.observedAt = new Date(cell.lastAt);
    }
  }
  if (!ownConversions) return result;
  return { ...result, conversions, revenueMinor: valued > 0 ? valueMinor : null };
}
