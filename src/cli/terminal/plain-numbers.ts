// Numbers as people read them in a terminal. Amounts come in major units.

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${COUNT.format(value)} ${Math.round(value) === 1 ? noun : plural}`;
}

export function whole(value: number): string {
  return COUNT.format(value);
}

export function decimal(value: number, digits: number): string {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat('en-US', format).format(value);
}

/** A share as per cent: 0.1234 is 12.3 %. */
export function percent(share: number, digits = 1): string {
  return `${decimal(share * 100, digits)} %`;
}

/** With its sign, as differences are written; a true minus, not a hyphen. */
export function signed(text: string, value: number): string {
  return value < 0 ? `−${text.replace(/^-/, '')}` : `+${text}`;
}

/** Two significant digits below a hundred. */
export function brief(value: number): string {
  if (Math.abs(value) >= 100) return COUNT.format(value);
  return String(Number(value.toPrecision(2)));
}

/** Rows of cells as a table: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return rows.flatMap((row, index) => (index === 0 ? [line(row), rule] : [line(row)]));
}
