// The reading of one export, fed with text as it comes: finds the shape and the header, then turns
// records into items, a batch for each piece: handing them on one by one would cost more than most
// of them take to read.
import { parse } from 'csv-parse/sync';
import { isKnownCurrency } from '../../shared/money.js';
import { detectAdsLayout, type AdsDetection } from './ads-layouts.js';
import type { AdsRow } from './ads-record.js';
import { AdsRowReader } from './ads-row.js';
import { CsvRecords, type CsvRecord } from './csv-records.js';
import { detectShape, type DelimitedShape } from './delimiter.js';
import { decimalMarkOf, type DecimalMark } from './read-number.js';

export type AdsCsvItem =
  | { kind: 'header'; line: number; detection: AdsDetection }
  | { kind: 'row'; line: number; row: AdsRow }
  | { kind: 'skipped'; line: number; reason: string }
  | { kind: 'warning'; line: number; detail: string }
  /** `scope: 'file'` is the last item: nothing after it was read. */
  | { kind: 'fault'; scope: 'row' | 'file'; line: number; detail: string };

/** The delimiter and the decimal mark are judged on this much text: some hundred rows. */
const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_RECORDS_MAX = 200;

export class AdsReading {
  over = false;
  /** Physical line of the last record; 0 before the first. */
  line = 0;
  private sample = '';
  private records: CsvRecords | null = null;
  private rows: AdsRowReader | null = null;
  private decimalMark: DecimalMark = '.';

  constructor(private readonly currency: string) {}

  async push(text: string): Promise<AdsCsvItem[]> {
    if (this.records !== null) return this.itemsOf(await this.records.push(text));
    this.sample += text;
    return this.sample.length < SAMPLE_CHARACTERS ? [] : this.open();
  }

  async end(): Promise<AdsCsvItem[]> {
    const items = this.records === null ? await this.open() : [];
    if (!this.over) items.push(...this.itemsOf(await this.records!.end()));
    if (this.rows === null && !this.over) items.push(this.refuse(1, 'the file is empty'));
    return items;
  }

  /** The rest cannot be read: what is whole before it counts, the row under way does not. */
  async breakOff(detail: string): Promise<AdsCsvItem[]> {
    const items = this.records === null ? await this.open() : [];
    if (!this.over) items.push(this.refuse(this.line + 1, detail));
    return items;
  }

  private async open(): Promise<AdsCsvItem[]> {
    const shape = detectShape(this.sample);
    const text = this.sample.slice(shape.headerAt);
    this.sample = '';
    this.decimalMark = decimalMarkOf(sampleCells(text, shape), shape.delimiter);
    this.records = new CsvRecords(shape.delimiter, shape.headerLine);
    return this.itemsOf(await this.records.push(text));
  }

  private itemsOf(records: CsvRecord[]): AdsCsvItem[] {
    const items: AdsCsvItem[] = [];
    for (const record of records) {
      if (this.over) break;
      this.line = record.line;
      items.push(this.itemOf(record));
    }
    return items;
  }

  private itemOf(record: CsvRecord): AdsCsvItem {
    const { line } = record;
    if ('fault' in record) {
      const detail = this.rows ? record.fault : `the header is unreadable: ${record.fault}`;
      return record.last
        ? this.refuse(line, detail)
        : { kind: 'fault', scope: 'row', line, detail };
    }
    if (this.rows === null) return this.header(record.fields, line);
    const read = this.rows.read(record.fields);
    if (read.kind === 'row') return { kind: 'row', line, row: read.row };
    if (read.kind === 'skipped') return { kind: 'skipped', line, reason: read.reason };
    return { kind: 'fault', scope: 'row', line, detail: read.detail };
  }

  private header(fields: string[], line: number): AdsCsvItem {
    if (!isKnownCurrency(this.currency)) {
      return this.refuse(line, `the currency ${this.currency} is not known`);
    }
    const detection = detectAdsLayout(fields);
    if ('fault' in detection) return this.refuse(line, detection.fault);
    if (detection.currency !== null && detection.currency !== this.currency) {
      const said = `the file is in ${detection.currency}, the account in ${this.currency}`;
      return this.refuse(line, `${said}: amounts are never converted`);
    }
    this.rows = new AdsRowReader(detection, this.currency, this.decimalMark);
    return { kind: 'header', line, detection };
  }

  private refuse(line: number, detail: string): AdsCsvItem {
    this.over = true;
    return { kind: 'fault', scope: 'file', line, detail };
  }
}

/** Cells of the first records, the header's left out; what is broken is told later. */
function sampleCells(text: string, { delimiter }: DelimitedShape): string[] {
  const records: string[][] = parse(text.slice(0, SAMPLE_CHARACTERS), {
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    from: 2,
    to: SAMPLE_RECORDS_MAX + 1,
  });
  return records.flat();
}
