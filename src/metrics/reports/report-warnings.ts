// What a report says that can hardly be: it is kept as it came, for nobody here knows better, and
// the answer names it, for the sender may.
import type { Indexed } from '../../shared/index.js';
import type { DayValues, SnapshotValues } from './metric-values.js';

export interface MetricWarning {
  index: number;
  code: string;
  detail: string;
  pointer: string;
}

type Figures = Pick<DayValues, 'impressions' | 'clicks' | 'conversions'>;
type Totals = Pick<
  SnapshotValues,
  'impressions' | 'clicks' | 'spendMinor' | 'conversions' | 'leads' | 'revenueMinor'
>;

const TOTALS: readonly [keyof Totals, string][] = [
  ['impressions', 'impressions'],
  ['clicks', 'clicks'],
  ['spendMinor', 'spend'],
  ['conversions', 'conversions'],
  ['leads', 'leads'],
  ['revenueMinor', 'revenue'],
];

/** Of one report by itself. */
export function figureWarnings(
  list: 'snapshots' | 'days',
  { index, item }: Indexed<Figures>,
): MetricWarning[] {
  const { impressions, clicks, conversions } = item;
  const warnings: MetricWarning[] = [];
  if (clicks > impressions) {
    const detail = `${clicks} clicks on ${impressions} impressions: no rate above 1 is believed`;
    const pointer = `/${list}/${index}/clicks`;
    warnings.push({ index, code: 'metrics.more_clicks_than_impressions', detail, pointer });
  }
  if (conversions !== null && conversions > clicks) {
    const detail = `${conversions} conversions of ${clicks} clicks: no rate above 1 is believed`;
    const pointer = `/${list}/${index}/conversions`;
    warnings.push({ index, code: 'metrics.more_conversions_than_clicks', detail, pointer });
  }
  return warnings;
}

/** Of a lifetime snapshot after the one before it; null when nothing fell. */
export function fallWarning(
  index: number,
  before: Totals | undefined,
  now: Totals,
): MetricWarning | null {
  if (before === undefined) return null;
  const fell = TOTALS.flatMap(([field, name]) => {
    const [was, is] = [before[field], now[field]];
    return was !== null && is !== null && is < was ? [name] : [];
  });
  if (fell.length === 0) return null;
  const detail = `lifetime ${fell.join(', ')} fell: kept as a correction of what stood before`;
  return { index, code: 'metrics.total_fell', detail, pointer: `/snapshots/${index}` };
}
