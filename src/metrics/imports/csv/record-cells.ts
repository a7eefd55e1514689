// The cells of one record under the names of their meaning, with the row's first fault. A bad cell
// costs its row and nothing else; the fault names the column as the file spells it.
import { currencyOffset, MONEY_MINOR_MAX, toMinor } from '../../../shared/money.js';
import type { Columns } from './columns.js';
import { isoDay } from './iso-day.js';
import { readNumber, type DecimalMark, type NumberKind } from './read-number.js';

/** A fault repeats the cell; a pasted essay must not fill the report. */
const TOLD_CHARACTERS_MAX = 40;
/** Days repeat from row to row; 1,000 are nearly three years, and a cell of nonsense is no day. */
const DAYS_REMEMBERED_MAX = 1000;

export class RecordCells<Field extends string> {
  /** The first fault of the record at hand, else null. */
  fault: string | null = null;
  private fields: string[] = [];
  private readonly days = new Map<string, string | null>();
  private readonly offset: number;

  constructor(
    private readonly detection: { columns: Columns<Field>; headers: string[] },
    private readonly currency: string,
    private readonly decimalMark: DecimalMark,
  ) {
    this.offset = currencyOffset(currency);
  }

  take(fields: string[]): void {
    this.fields = fields;
    this.fault = null;
  }

  has(field: Field): boolean {
    return this.detection.columns[field] !== undefined;
  }

  /** Empty when the file has no such column. */
  text(field: Field): string {
    const at = this.detection.columns[field];
    return at === undefined ? '' : this.textAt(at);
  }

  textAt(at: number): string {
    return this.fields[at]!.trim();
  }

  /** A whole number ≥ 0; null when blank. */
  count(field: Field): number | null {
    const value = this.number(field, 'count');
    if (value === null || Number.isInteger(value)) return value;
    return this.refuse(field, `"${this.told(field)}" is not a whole number`);
  }

  /** Minor units ≥ 0; null when blank. */
  money(field: Field): number | null {
    const value = this.number(field, 'amount');
    if (value === null) return null;
    // A whole amount needs no rounding, and rounding is what costs in a column of zeros.
    const whole = Number.isInteger(value);
    const minor = whole ? value * this.offset : toMinor(value, this.currency);
    return minor <= MONEY_MINOR_MAX ? minor : this.refuse(field, 'is beyond any real amount');
  }

  /** YYYY-MM-DD; null when blank. */
  day(field: Field): string | null {
    const text = this.text(field);
    if (text === '') return null;
    const day = this.readDay(text);
    if (day !== null) return day;
    return this.refuse(field, `"${this.told(field)}" is not a day written YYYY-MM-DD`);
  }

  refuse(field: Field, what: string): null {
    const header = this.detection.headers[this.detection.columns[field] ?? -1];
    this.fault ??= `${header?.trim() ?? field} ${what}`;
    return null;
  }

  private number(field: Field, kind: NumberKind): number | null {
    const at = this.detection.columns[field];
    if (at === undefined) return null;
    const value = readNumber(this.fields[at]!, kind, this.decimalMark);
    if (value === undefined) return this.refuse(field, `"${this.told(field)}" is not a number`);
    if (value !== null && value < 0) return this.refuse(field, `"${this.told(field)}" is negative`);
    return value;
  }

  private readDay(text: string): string | null {
    const known = this.days.get(text);
    if (known !== undefined) return known;
    const day = isoDay(text);
    if (this.days.size >= DAYS_REMEMBERED_MAX) this.days.clear();
    this.days.set(text, day);
    return day;
  }

  private told(field: Field): string {
    return this.text(field).slice(0, TOLD_CHARACTERS_MAX);
  }
}

export function nullWhenEmpty(cell: string): string | null {
  return cell === '' ? null : cell;
}
