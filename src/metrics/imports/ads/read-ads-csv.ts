// Ads Manager's exports and the KAG set, from bytes to rows.
import type { CsvItem, ImportLayout } from '../csv/csv-reading.js';
import { readCsv } from '../csv/read-csv.js';
import { detectAdsLayout, type AdsDetection } from './ads-layouts.js';
import type { AdsRow } from './ads-record.js';
import { AdsRowReader } from './ads-row.js';

export type { AdsDetection } from './ads-layouts.js';
export type { AdsRow } from './ads-record.js';
export type AdsCsvItem = CsvItem<AdsDetection, AdsRow>;

const ADS: ImportLayout<AdsDetection, AdsRow> = {
  detect: detectAdsLayout,
  rows: (detection, currency, decimalMark) => new AdsRowReader(detection, currency, decimalMark),
};

/** `currency`: the account's. */
export function readAdsCsv(
  source: AsyncIterable<Uint8Array>,
  { currency }: { currency: string },
): AsyncGenerator<AdsCsvItem> {
  return readCsv(source, ADS, currency);
}
