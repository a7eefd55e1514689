// From a header row to a plan for reading the rows: which layout, which level, which column means
// what. Every doubt is settled here once and told as a warning; what would lead to wrong figures is
// a fault for the whole file, with what is missing and what was seen.
import { doubtsAbout } from './ads-doubts.js';
import {
  currenciesOf,
  describeMissing,
  findColumns,
  findExtras,
  headerName,
  tooManyColumns,
  type Columns,
} from '../csv/columns.js';
import { aliasesOf, BREAKDOWNS, creativeNames, isKag, type AdsField } from './ads-headers.js';

type AdsLayout = 'ads_manager' | 'kag';
export type AdsLevel = 'campaign' | 'adset' | 'ad';
type AdsColumns = Columns<AdsField>;

export interface AdsDetection {
  layout: AdsLayout;
  level: AdsLevel;
  /** `day` when a Day column says so; with `periodPerRow` each row decides for itself. */
  grain: 'total' | 'day';
  /** The rows carry their period: those whose period is one day are days. */
  periodPerRow: boolean;
  /** Places of the recognised columns, from 0. */
  columns: AdsColumns;
  /** Places of the creative's columns, from 0. */
  creative: Record<string, number>;
  /** The header row as written. */
  headers: string[];
  /** ISO code that the header names; null when it names none. */
  currency: string | null;
  warnings: string[];
}

export function detectAdsLayout(headers: string[]): AdsDetection | { fault: string } {
  const tooMany = tooManyColumns(headers);
  if (tooMany !== null) return { fault: tooMany };
  const seen = headers.map(headerName);
  const names = seen.map(({ name }) => name);
  const layout: AdsLayout = isKag(names) ? 'kag' : 'ads_manager';
  const warnings: string[] = [];
  const columns = findColumns(aliasesOf(layout), headers, names, warnings);
  const missing = missingColumns(layout, columns);
  if (missing.length > 0) return { fault: describeMissing(missing, headers) };
  const breakdowns = layout === 'kag' ? [] : names.filter((name) => BREAKDOWNS.has(name));
  if (breakdowns.length > 0) {
    return {
      fault:
        `the export is broken down by ${breakdowns.join(', ')}: one ad's figures stand in ` +
        'several rows; export it again without that breakdown (by day is welcome)',
    };
  }
  const currencies = currenciesOf(seen, columns);
  if (currencies.length > 1) {
    return { fault: `the header names several currencies: ${currencies.join(', ')}` };
  }
  const detection: AdsDetection = {
    layout,
    level: levelOf(columns),
    grain: columns.day === undefined ? 'total' : 'day',
    periodPerRow: columns.reportingStarts !== undefined && columns.reportingEnds !== undefined,
    columns,
    creative: findExtras(creativeNames(layout), names),
    headers,
    currency: currencies[0] ?? null,
    warnings,
  };
  warnings.push(...doubtsAbout(detection));
  return detection;
}

function missingColumns(layout: AdsLayout, columns: AdsColumns): string[] {
  const missing: string[] = [];
  if (layout === 'kag') {
    if (columns.adId === undefined) missing.push('ad_id');
  } else if (levelOrNull(columns) === null) {
    missing.push('a name or id (Ad ID, Ad name, Ad Set ID, Ad set name, Campaign ID or name)');
  }
  if (columns.impressions === undefined) missing.push('Impressions');
  if (columns.linkClicks === undefined && columns.clicksAll === undefined) {
    missing.push(layout === 'kag' ? 'Clicks' : 'Link clicks or Clicks (all)');
  }
  if (columns.spend === undefined) missing.push(layout === 'kag' ? 'Spent' : 'Amount spent');
  return missing;
}

function levelOf(columns: AdsColumns): AdsLevel {
  return levelOrNull(columns) ?? 'ad';
}

function levelOrNull(columns: AdsColumns): AdsLevel | null {
  if (columns.adId !== undefined || columns.adName !== undefined) return 'ad';
  if (columns.adsetId !== undefined || columns.adsetName !== undefined) return 'adset';
  return columns.campaignId !== undefined || columns.campaignName !== undefined ? 'campaign' : null;
}
