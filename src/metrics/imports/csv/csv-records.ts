// Text to records by csv-parse, a piece at a time: a piece is parsed to its end before the next one
// is asked for, so no more than one piece's records are ever waiting. Quotes follow RFC 4180
// strictly. csv-parse would read on leniently, but a quote out of place can swallow whole rows into
// one cell, and rows lost in silence are worse than rows refused with their lines.
import { finished } from 'node:stream/promises';
import { Parser, type CsvError, type Options } from 'csv-parse';
import type { Delimiter } from './delimiter.js';

/** An unclosed quote may swallow about this much and no more; long ad texts stay far below it. */
export const RECORD_BYTES_MAX = 262_144;

export type CsvRecord =
  /** `line` is the physical line on which the record starts. */
  | { line: number; fields: string[] }
  /** Lines that make no record; `last` when nothing after them can be read. */
  | { line: number; fault: string; last: boolean };

const FAULTS: Partial<Record<CsvError['code'], string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote is inside a cell that does not begin with one',
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_MAX_RECORD_SIZE: `the row is longer than ${RECORD_BYTES_MAX} bytes (a quote left open?)`,
};
/** After these nobody can tell where the next record begins. */
const LAST_FAULTS: readonly CsvError['code'][] = ['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE'];

export class CsvRecords {
  private readonly parser: EagerParser;
  private batch: CsvRecord[] = [];
  /** First line after the last record. */
  private nextLine: number;
  private emptyLines = 0;
  private unread: { line: number; fault: string } | null = null;
  private begun = false;
  private over = false;
  private afterReturn = false;
  private afterBreak = false;

  constructor(
    delimiter: Delimiter,
    private readonly firstLine: number,
  ) {
    this.nextLine = firstLine;
    const options: Options = {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: RECORD_BYTES_MAX,
      on_skip: (error) => this.skip(error!),
    };
    this.parser = new EagerParser(options, (fields) => this.take(fields));
    // Whoever waits for `push` or `end` gets the error; unheard, it would end the process.
    this.parser.on('error', () => undefined);
    this.parser.resume();
  }

  /** The records whose end this piece of text brings. A blank line is none. */
  async push(text: string): Promise<CsvRecord[]> {
    // csv-parse counts a quoted CRLF as two lines, so every line end becomes \n before it, in
    // cells too. A return at a piece's end may be the first half of one.
    const rest = this.afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.afterReturn = text.endsWith('\r');
    this.afterBreak = /[\r\n]$/.test(text);
    const error = await new Promise<Error | null | undefined>((resolve) => {
      this.parser.write(rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest, resolve);
    });
    if (error && !this.over) throw error;
    return this.taken();
  }

  /** What is left when the text is all there is. */
  async end(): Promise<CsvRecord[]> {
    this.parser.end();
    await finished(this.parser, { readable: false }).catch((error: unknown) => {
      if (!this.over) throw error;
    });
    this.reportUnread(this.firstLine + this.parser.info.lines - (this.afterBreak ? 2 : 1));
    return this.taken();
  }

  private taken(): CsvRecord[] {
    const { batch } = this;
    this.batch = [];
    return batch;
  }

  private take(fields: string[]): void {
    const { info } = this.parser;
    const end = this.firstLine + info.lines - 1;
    const line = end === this.nextLine ? end : end - lineBreaksIn(fields);
    this.reportUnread(line - 1);
    this.nextLine = end + 1;
    this.emptyLines = info.empty_lines;
    if (fields.length > 1 || fields[0]!.trim() !== '') {
      this.begun = true;
      this.batch.push({ line, fields });
    }
  }

  /** Remembers the lines up to the next sound record as unread; throws when there can be none. */
  private skip(error: CsvError): undefined {
    const line = this.nextLine + this.parser.info.empty_lines - this.emptyLines;
    this.unread ??= { line, fault: FAULTS[error.code] ?? error.message };
    // Without a header the next record would be taken for it.
    if (this.begun && !LAST_FAULTS.includes(error.code)) return;
    this.over = true;
    this.batch.push({ line, fault: FAULTS[error.code] ?? error.message, last: true });
    throw error;
  }

  private reportUnread(lastLine: number): void {
    if (this.unread === null || this.over) return;
    const { line, fault } = this.unread;
    const where = lastLine > line ? `lines ${line} to ${lastLine} cannot be read: ` : '';
    this.batch.push({ line, fault: `${where}${fault}`, last: false });
    this.unread = null;
  }
}

/**
 * Hands each record on at the moment it is whole, while `info` still tells its line. csv-parse's
 * own ways to that (`info`, `on_record`) copy all counters for each record: an eighth of the time.
 */
class EagerParser extends Parser {
  constructor(
    options: Options,
    private readonly onRecord: (fields: string[]) => void,
  ) {
    super(options);
  }

  override push(fields: string[] | null): boolean {
    if (fields === null) return super.push(null);
    this.onRecord(fields);
    return true;
  }
}

function lineBreaksIn(fields: string[]): number {
  let count = 0;
  for (const field of fields) {
    for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}
