// Numbers as a sentence has them.

/** Two significant digits below a hundred, whole numbers above. */
export function plain(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

export function percent(share: number): string {
  return `${plain(share * 100)} %`;
}
