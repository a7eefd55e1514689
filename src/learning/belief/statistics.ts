// The few sums and quantiles that several beliefs share.

export function clip(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}

/** Of values in ascending order, linear between neighbours; 0 of none. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const position = (ascending.length - 1) * share;
  const lower = ascending[Math.floor(position)] ?? 0;
  const upper = ascending[Math.ceil(position)] ?? lower;
  return lower + (upper - lower) * (position - Math.floor(position));
}

/** Fractions of whole counts add up to whole ones, but for the dust of binary arithmetic. */
export function withoutRoundingError(sum: number): number {
  return Number(sum.toFixed(6));
}
