// Mean and 80 % interval of a handful of draws. The two quantiles are selected, not sorted out: an
// allocation over 10,000 ads asks for 20,000 intervals.
import type { Interval } from './allocation-types.js';

/** Mean, 10 % and 90 % quantile (the outer of the two neighbours). Reorders `values`. */
export function intervalOf(values: Float64Array): Interval {
  const mean = meanOf(values);
  const last = values.length - 1;
  const lo = select(values, Math.floor(0.1 * last), 0, last);
  const hi = select(values, Math.ceil(0.9 * last), Math.floor(0.1 * last), last);
  return { mean, lo, hi };
}

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) sum += values[k]!;
  return sum / values.length;
}

/**
 * The value that would stand at `rank` if sorted (Hoare 1961, FIND), searched between two places.
 */
function select(values: Float64Array, rank: number, from: number, to: number): number {
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = values[rank]!;
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i += 1;
      while (values[j]! > pivot) j -= 1;
      if (i > j) break;
      const held = values[i]!;
      values[i] = values[j]!;
      values[j] = held;
      i += 1;
      j -= 1;
    }
    if (j < rank) left = i;
    if (rank < i) right = j;
  }
  return values[rank]!;
}
