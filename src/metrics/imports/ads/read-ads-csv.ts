// An advertising export, from bytes to rows, in one pass and with a bounded memory: nothing of the
// file is kept but the piece at hand. It knows no database and no HTTP, so that the command, the
// endpoint and the dry run read a file in exactly the same way.
import { AdsReading, SAMPLE_CHARACTERS, type AdsCsvItem } from './ads-reading.js';
import { CsvRecords } from '../csv/csv-records.js';
import { decodeText } from '../csv/decode-text.js';
import { UnreadableText } from '../csv/text-encoding.js';

export type { AdsCsvItem } from './ads-reading.js';
export type { AdsDetection } from './ads-layouts.js';
export type { AdsRow } from './ads-record.js';

/** A piece's rows wait in memory together: some hundred, whatever the source hands over at once. */
const PIECE_BYTES = 65_536;

/**
 * Reads an Ads Manager export or the KAG layout. The first item is the header (or the fault that
 * makes the file unreadable); `line` is the physical line, from 1, on which a record starts.
 * `currency` is the account's (ISO code); a file in another one is refused.
 */
export async function* readAdsCsv(
  source: AsyncIterable<Uint8Array>,
  options: { currency: string },
): AsyncGenerator<AdsCsvItem> {
  const reading = new AdsReading(options.currency);
  const file = new AdsText(reading);
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
class AdsText {
  private sample = '';
  private records: CsvRecords | null = null;

  constructor(private readonly reading: AdsReading) {}

  async push(piece: string): Promise<AdsCsvItem[]> {
    // PostgreSQL cannot hold U+0000; like any other unreadable character it leaves a mark.
    const text = piece.includes('\u0000') ? piece.replaceAll('\u0000', '\uFFFD') : piece;
    if (this.records !== null) return this.reading.itemsOf(await this.records.push(text));
    this.sample += text;
    return this.sample.length < SAMPLE_CHARACTERS ? [] : this.open();
  }

  async end(): Promise<AdsCsvItem[]> {
    const items = await this.open();
    if (this.reading.over) return items;
    items.push(...this.reading.itemsOf(await this.records!.end()));
    return [...items, ...this.reading.end()];
  }

  /** Reads what was held back; nothing when that is done. */
  async open(): Promise<AdsCsvItem[]> {
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
