// Numbers as people's exports write them. The rule, in order:
//  1. Both marks present: the last one is the decimal mark, the other one groups thousands.
//  2. One mark, several times: it groups thousands ("1,234,567").
//  3. One mark, once, where no thousands group can be ("12,5", "0.250", "1234.567"): decimal mark.
//  4. What is left is "1,234" or "1.234". A count is whole, so there the mark groups; an amount
// goes
//     by the file's own decimal mark ('.' in English exports, so a comma groups).
// Misreading 4 is wrong by a factor of a thousand; that is why it never rests on the cell alone.
import type { Delimiter } from './delimiter.js';

export type DecimalMark = '.' | ',';
/** `count` for whole numbers (impressions, clicks), `amount` for money. */
export type NumberKind = 'count' | 'amount';

/** No real count or amount comes near; beyond 2^53 a number would no longer be what was written. */
const LARGEST_NUMBER = Number.MAX_SAFE_INTEGER;

/** Fifteen digits are always exact in a double. */
const PLAIN_CHARACTERS_MAX = 15;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

const BLANKS = new Set(['', '-', '--', '–', '—', 'n/a', 'na', 'null', 'none']);
const UNIT = String.raw`(?:[A-Z]{0,3}\p{Sc}|[A-Z]{3}|%)`;
const UNIT_BEFORE = new RegExp(String.raw`^([-+\u2212]?)\s*${UNIT}\s*(?=[-+\u2212\d.,])`, 'u');
const UNIT_AFTER = new RegExp(String.raw`(?<=\d)\s*${UNIT}$`, 'u');
const MARKS_AND_DIGITS = /^[\d.,]+$/;
const GROUPS_BY_COMMA = /^\d{1,3}(,\d{3})+$/;
const GROUPS_BY_POINT = /^\d{1,3}(\.\d{3})+$/;
const COULD_BE_A_GROUP = /^[1-9]\d{0,2}[.,]\d{3}$/;

/**
 * The number in a cell; null when the cell says that there is none ("", "-", "N/A"); undefined when
 * it is not a number. Never NaN. A percentage is its figure: "12 %" is 12.
 */
export function readNumber(
  cell: string,
  kind: NumberKind,
  decimalMark: DecimalMark,
): number | null | undefined {
  // The plain case is nearly every cell of a file, so it must not pay for the others.
  if (isPlain(cell)) return Number(cell);
  if (MARKS_AND_DIGITS.test(cell)) return readMagnitude(cell, kind, decimalMark);
  const text = cell.trim();
  if (BLANKS.has(text.toLowerCase())) return null;
  const parts = /^([-+\u2212]?)(.*)$/s.exec(withoutUnits(text))!;
  const size = readMagnitude(withoutSpaces(parts[2]!), kind, decimalMark);
  if (size === undefined) return undefined;
  const negative = parts[1] === '-' || parts[1] === '\u2212';
  return negative && size !== 0 ? -size : size;
}

/** The file's decimal mark: what its unambiguous cells show, else the custom of its delimiter. */
export function decimalMarkOf(cells: Iterable<string>, delimiter: Delimiter): DecimalMark {
  let points = 0;
  let commas = 0;
  for (const cell of cells) {
    const text = withoutSpaces(withoutUnits(cell.trim()));
    if (/^\d[\d,]*\.(\d{1,2}|\d{4,})$/.test(text)) points += 1;
    else if (/^\d[\d.]*,(\d{1,2}|\d{4,})$/.test(text)) commas += 1;
  }
  if (points !== commas) return points > commas ? '.' : ',';
  // Spreadsheets choose the semicolon exactly where the comma is taken by decimals.
  return delimiter === ';' ? ',' : '.';
}

/** Digits alone, or digits with one point and one or two more: what needs no rule. */
function isPlain(cell: string): boolean {
  const { length } = cell;
  if (length === 0 || length > PLAIN_CHARACTERS_MAX) return false;
  const point = cell.indexOf('.');
  if (point >= 0 && (point === 0 || point < length - 3 || point === length - 1)) return false;
  for (let at = 0; at < length; at++) {
    const code = cell.charCodeAt(at);
    if ((code < DIGIT_0 || code > DIGIT_9) && at !== point) return false;
  }
  return true;
}

/** Takes off a currency sign or code, a percent sign and their spaces, on either side. */
function withoutUnits(text: string): string {
  return text.replace(UNIT_BEFORE, '$1').replace(UNIT_AFTER, '');
}

/** Thousands may be parted by spaces of any kind or by Swiss apostrophes; never more freely. */
function withoutSpaces(text: string): string {
  return /^\d{1,3}([\s'’]\d{3})+([.,]\d+)?$/.test(text) ? text.replace(/[\s'’]/g, '') : text;
}

function readMagnitude(
  text: string,
  kind: NumberKind,
  decimalMark: DecimalMark,
): number | undefined {
  const value = Number(asPlainDecimal(text, kind, decimalMark) ?? NaN);
  return Number.isNaN(value) || value > LARGEST_NUMBER ? undefined : value;
}

function asPlainDecimal(text: string, kind: NumberKind, decimalMark: DecimalMark): string | null {
  if (!/^(?=[.,]?\d)[\d.,]+$/.test(text)) return null;
  const point = text.lastIndexOf('.');
  const comma = text.lastIndexOf(',');
  if (point < 0 && comma < 0) return text;
  if (point >= 0 && comma >= 0) {
    const [head, tail] = cutAt(text, Math.max(point, comma));
    const grouped = point > comma ? GROUPS_BY_COMMA : GROUPS_BY_POINT;
    return grouped.test(head) && /^\d+$/.test(tail) ? `${head.replace(/[.,]/g, '')}.${tail}` : null;
  }
  const mark: DecimalMark = point >= 0 ? '.' : ',';
  const grouped = mark === ',' ? GROUPS_BY_COMMA : GROUPS_BY_POINT;
  const several = text.indexOf(mark) !== text.lastIndexOf(mark);
  if (several || (COULD_BE_A_GROUP.test(text) && (kind === 'count' || mark !== decimalMark))) {
    return grouped.test(text) ? text.replaceAll(mark, '') : null;
  }
  return text.replace(',', '.');
}

function cutAt(text: string, at: number): [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}
