// What an import did, in words a person can check against the file.
import type { ImportReport } from '../../metrics/index.js';
import { counted, decimal, whole } from '../terminal/plain-numbers.js';

/** A file wrong throughout is told by its first lines. */
const REJECTED_SHOWN_MAX = 10;

export interface AccountSums {
  ads: number;
  campaigns: number;
  impressions: number;
  clicks: number;
  /** Major units. */
  spend: number;
  leads: number | null;
  conversions: number | null;
  /** Major units. */
  revenue: number | null;
}

const LAYOUTS: Record<string, string> = {
  ads_manager: 'Ads Manager export',
  kag: 'KAG layout (ad_id, xyz_campaign_id, …)',
};
const GRAINS: Record<ImportReport['grain'], string> = {
  day: 'one row per day',
  total: 'totals without days',
  mixed: 'days and totals mixed',
};
const LEVELS: Record<string, string> = { ad: 'ads', adset: 'ad sets', campaign: 'campaigns' };

export function importSummary(report: ImportReport): string[] {
  const kept = report.grain === 'day' ? 'days' : report.grain === 'total' ? 'snapshots' : 'reports';
  const lines = [
    `Layout      ${LAYOUTS[report.layout] ?? report.layout}; rows are ` +
      `${LEVELS[report.level] ?? report.level}; ${GRAINS[report.grain]}.`,
    `Columns     ${Object.entries(report.columns)
      .map(([field, header]) => `${header} → ${field}`)
      .join(', ')}.`,
    report.dry_run
      ? `Rows        ${whole(report.rows)} readable; nothing was stored (dry run).`
      : `Rows        ${whole(report.rows)} read: ${whole(report.new_ads)} new ads, ` +
        `${whole(report.accepted)} ${kept} kept, ${whole(report.duplicates)} known already.`,
  ];
  if (report.skipped > 0) {
    lines.push(`Skipped     ${counted(report.skipped, 'row')} (totals, blank or without figures).`);
  }
  return [
    ...lines,
    ...rejectedLines(report),
    ...report.warnings.map((text) => `Warning     ${text}`),
  ];
}

function rejectedLines({ rejected, rejected_rows: count }: ImportReport): string[] {
  if (count === 0) return [];
  const shown = rejected.slice(0, REJECTED_SHOWN_MAX);
  const rest = count - shown.length;
  return [
    `Rejected    ${counted(count, 'row')}; the others went in.`,
    ...shown.map(({ line, detail }) => `            line ${line}: ${detail}`),
    ...(rest > 0 ? [`            and ${counted(rest, 'more row', 'more rows')}`] : []),
  ];
}

export function sumsLine(accountId: string, currency: string, sums: AccountSums): string {
  const unknown = 'not known';
  const count = (value: number | null) => (value === null ? unknown : whole(value));
  return (
    `Account "${accountId}" now holds ${counted(sums.ads, 'ad')} in ` +
    `${counted(sums.campaigns, 'campaign')}: ${whole(sums.impressions)} impressions, ` +
    `${whole(sums.clicks)} clicks, ${decimal(sums.spend, 2)} ${currency} spent; leads: ` +
    `${count(sums.leads)}; conversions: ${count(sums.conversions)}; revenue: ` +
    `${sums.revenue === null ? unknown : `${decimal(sums.revenue, 2)} ${currency}`}.`
  );
}
