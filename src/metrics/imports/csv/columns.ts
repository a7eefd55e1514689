// Which column of a file means which field, by its header. Layouts bring their fields' aliases as
// data; how headers are compared, and what is said of them, is the same for all.
import { isKnownCurrency } from '../../../shared/money.js';

/** Places of the recognised columns, from 0. */
export type Columns<Field extends string> = Partial<Record<Field, number>>;

/** Ads Manager knows a few hundred columns; more cells than this is no export of anything. */
export const COLUMNS_MAX = 1000;
/** A fault repeats what it saw; a stray text file must not fill the screen. */
const HEADERS_TOLD_MAX = 30;

interface HeaderName {
  /** As compared, without the currency. */
  name: string;
  currency: string | null;
}

export function headerName(header: string): HeaderName {
  const plain = header
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ');
  const found = /^(.*\S) \(([a-z]{3})\)$/.exec(plain);
  // "Clicks (all)" has the form of a currency too.
  if (!found || found[2] === 'all') return { name: plain, currency: null };
  return { name: found[1]!, currency: found[2]!.toUpperCase() };
}

export function tooManyColumns(headers: readonly string[]): string | null {
  if (headers.length <= COLUMNS_MAX) return null;
  return `the header has ${headers.length} columns; at most ${COLUMNS_MAX} are read`;
}

export function findColumns<Field extends string>(
  aliasesByField: readonly (readonly [Field, readonly string[]])[],
  headers: readonly string[],
  names: readonly string[],
  warnings: string[],
): Columns<Field> {
  const columns: Columns<Field> = {};
  for (const [field, aliases] of aliasesByField) {
    // The first alias that occurs wins, not the leftmost column: aliases are in order of trust.
    const alias = aliases.find((candidate) => names.includes(candidate));
    if (alias === undefined) continue;
    const at = names.indexOf(alias);
    columns[field] = at;
    if (names.indexOf(alias, at + 1) >= 0) {
      warnings.push(`the header "${headers[at]!.trim()}" appears twice: the first is read`);
    }
  }
  return columns;
}

/** Columns kept under names of their own: the first of each. */
export function findExtras(
  known: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, number> {
  const extras: Record<string, number> = {};
  names.forEach((name, at) => {
    const key = Object.hasOwn(known, name) ? known[name]! : null;
    if (key !== null && extras[key] === undefined) extras[key] = at;
  });
  return extras;
}

export function describeMissing(missing: readonly string[], headers: readonly string[]): string {
  const told = headers
    .slice(0, HEADERS_TOLD_MAX)
    .map((header) => `"${header.trim().slice(0, 60)}"`);
  const rest = headers.length > told.length ? ` and ${headers.length - told.length} more` : '';
  return `missing columns: ${missing.join('; ')}. Seen: ${told.join(', ')}${rest}`;
}

/** The currencies that recognised columns name. */
export function currenciesOf(seen: readonly HeaderName[], columns: Columns<string>): string[] {
  const used = Object.values(columns).map((at) => seen[at as number]!.currency);
  return [...new Set(used.filter((code) => code !== null && isKnownCurrency(code)))] as string[];
}
