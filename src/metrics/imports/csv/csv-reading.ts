// The reading of one export: finds the shape and the header, then turns records into items, a batch
// for each piece of the file (handing them on one by one would cost more than reading most of
// them). It waits for nothing: the order of records alone decides the outcome.
import { parse } from 'csv-parse/sync';
import { isKnownCurrency } from '../../../shared/money.js';
import type { CsvRecord } from './csv-records.js';
import { detectShape, type DelimitedShape } from './delimiter.js';
import { decimalMarkOf, type DecimalMark } from './read-number.js';

/** What one record comes to. */
export type ReadRecord<Row> =
  | { kind: 'row'; row: Row }
  | { kind: 'fault'; detail: string }
  | { kind: 'skipped'; reason: 'totals row' | 'blank row' | 'no figures' };

interface RowReader<Row> {
  read(fields: string[]): ReadRecord<Row>;
}

/** A kind of export: what its header says, and how its rows are read. */
export interface ImportLayout<Detection, Row> {
  detect(headers: string[]): Detection | { fault: string };
  rows(detection: Detection, currency: string, decimalMark: DecimalMark): RowReader<Row>;
}

export type CsvItem<Detection, Row> =
  | { kind: 'header'; line: number; detection: Detection }
  | { kind: 'row'; line: number; row: Row }
  | { kind: 'skipped'; line: number; reason: string }
  | { kind: 'warning'; line: number; detail: string }
  /** `scope: 'file'` is the last item: nothing after it was read. */
  | { kind: 'fault'; scope: 'row' | 'file'; line: number; detail: string };

/** The delimiter and the decimal mark are judged on this much text: some hundred rows. */
export const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_RECORDS_MAX = 200;

export class CsvReading<Detection extends { currency: string | null }, Row> {
  over = false;
  /** Physical line of the last record; 0 before the first. */
  line = 0;
  private rows: RowReader<Row> | null = null;
  private decimalMark: DecimalMark = '.';

  constructor(
    private readonly layout: ImportLayout<Detection, Row>,
    private readonly currency: string,
  ) {}

  /** How to cut the file, judged by its beginning; call it first. */
  begin(sample: string): DelimitedShape {
    const shape = detectShape(sample);
    this.decimalMark = decimalMarkOf(sampleCells(sample, shape), shape.delimiter);
    return shape;
  }

  /** One item for each record, until a fault of the whole file. */
  itemsOf(records: CsvRecord[]): CsvItem<Detection, Row>[] {
    const items: CsvItem<Detection, Row>[] = [];
    for (const record of records) {
      if (this.over) break;
      this.line = record.line;
      items.push(this.itemOf(record));
    }
    return items;
  }

  end(): CsvItem<Detection, Row>[] {
    return this.rows === null && !this.over ? [this.refuse(1, 'the file is empty')] : [];
  }

  /** The rest cannot be read: what is whole before it counts, the row under way does not. */
  breakOff(detail: string): CsvItem<Detection, Row>[] {
    return this.over ? [] : [this.refuse(this.line + 1, detail)];
  }

  private itemOf(record: CsvRecord): CsvItem<Detection, Row> {
    const { line } = record;
    if ('fault' in record) {
      const detail = this.rows ? record.fault : `the header is unreadable: ${record.fault}`;
      return record.last
        ? this.refuse(line, detail)
        : { kind: 'fault', scope: 'row', line, detail };
    }
    if (this.rows === null) return this.header(record.fields, line);
    const read = readSafely(this.rows, record.fields);
    if (read.kind === 'row') return { kind: 'row', line, row: read.row };
    if (read.kind === 'skipped') return { kind: 'skipped', line, reason: read.reason };
    return { kind: 'fault', scope: 'row', line, detail: read.detail };
  }

  private header(fields: string[], line: number): CsvItem<Detection, Row> {
    if (!isKnownCurrency(this.currency)) {
      return this.refuse(line, `the currency ${this.currency} is not known`);
    }
    const detection = this.layout.detect(fields);
    if ('fault' in detection) return this.refuse(line, detection.fault);
    if (detection.currency !== null && detection.currency !== this.currency) {
      const said = `the file is in ${detection.currency}, the account in ${this.currency}`;
      return this.refuse(line, `${said}: amounts are never converted`);
    }
    this.rows = this.layout.rows(detection, this.currency, this.decimalMark);
    return { kind: 'header', line, detection };
  }

  private refuse(line: number, detail: string): CsvItem<Detection, Row> {
    this.over = true;
    return { kind: 'fault', scope: 'file', line, detail };
  }
}

/** Whatever a row does to its reader costs that row and no other. */
function readSafely<Row>(rows: RowReader<Row>, fields: string[]): ReadRecord<Row> {
  try {
    return rows.read(fields);
  } catch (error) {
    return { kind: 'fault', detail: `cannot be read: ${String(error)}` };
  }
}

/** Cells of the first records, the header's left out; what is broken is told later. */
function sampleCells(sample: string, { delimiter, headerAt }: DelimitedShape): string[] {
  const records: string[][] = parse(sample.slice(headerAt, SAMPLE_CHARACTERS), {
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
