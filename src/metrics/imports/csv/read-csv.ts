// An export, from bytes to rows, in one pass and with a bounded memory: nothing of the
// file is kept but the piece at hand. It knows no database and no HTTP, so that the command, the
// endpoint and the dry run read a file in exactly the same way.
import { CsvReading, SAMPLE_CHARACTERS, type CsvItem, type ImportLayout } from './csv-reading.js';
import { CsvRecords } from './csv-records.js';
import { decodeText } from './decode-text.js';
import { UnreadableText } from './text-encoding.js';

/** A piece's rows wait in memory together: some hundred, whatever the source hands over at once. */
const PIECE_BYTES = 65_536;

interface Found {
  currency: string | null;
}

/**
 * The first item is the header (or the fault that makes the file unreadable); `line` is the
 * physical line, from 1, on which a record starts. `currency` is the account's (ISO code); a file
 * in another one is refused.
 */
export async function* readCsv<Detection extends Found, Row>(
  source: AsyncIterable<Uint8Array>,
  layout: ImportLayout<Detection, Row>,
  currency: string,
): AsyncGenerator<CsvItem<Detection, Row>> {
  const reading = new CsvReading(layout, currency);
  const file = new CsvText(reading);
  const warnings: string[] = [];
  try {
    const warn = (sentence: string): number => warnings.push(sentence);
    for await (const text of decodeText(piecesOf(source), warn)) {
      for (const item of await file.push(text)) yield item;
      for (const detail of warnings.splice(0)) {
        yield { kind: 'warning', line: reading.line, detail };
      }
      if (reading.over) return;
    }
    for (const item of await file.end()) yield item;
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
    for (const item of await file.open()) yield item;
    yield* reading.breakOff(error.message);
  }
}

/** Text to items. The file's beginning is held back until there is enough to judge its shape by. */
class CsvText<Detection extends Found, Row> {
  private sample = '';
  private records: CsvRecords | null = null;

  constructor(private readonly reading: CsvReading<Detection, Row>) {}

  async push(piece: string): Promise<CsvItem<Detection, Row>[]> {
    // PostgreSQL cannot hold U+0000; like any other unreadable character it leaves a mark.
    const text = piece.includes('\u0000') ? piece.replaceAll('\u0000', '\uFFFD') : piece;
    if (this.records !== null) return this.reading.itemsOf(await this.records.push(text));
    this.sample += text;
    return this.sample.length < SAMPLE_CHARACTERS ? [] : this.open();
  }

  async end(): Promise<CsvItem<Detection, Row>[]> {
    const items = await this.open();
    if (this.reading.over) return items;
    items.push(...this.reading.itemsOf(await this.records!.end()));
    return [...items, ...this.reading.end()];
  }

  /** Reads what was held back; nothing when that is done. */
  async open(): Promise<CsvItem<Detection, Row>[]> {
    if (this.records !== null) return [];
    const { delimiter, headerAt, headerLine } = this.reading.begin(this.sample);
    const text = this.sample.slice(headerAt);
    this.sample = '';
    this.records = new CsvRecords(delimiter, headerLine);
    return this.reading.itemsOf(await this.records.push(text));
  }
}

async function* piecesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      yield bytes.subarray(at, at + PIECE_BYTES);
    }
  }
}
