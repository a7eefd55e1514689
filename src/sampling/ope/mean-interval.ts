// The mean of a handful of days with Student's interval: with seven values the normal one would be
// a quarter too narrow.
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

export interface MeanInterval {
  /** null without any value. */
  mean: number | null;
  /** 95 %; null below two values. */
  lo: number | null;
  hi: number | null;
}

export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  if (count === 0) return { mean: null, lo: null, hi: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, lo: null, hi: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = tQuantile(0.975, count - 1) * Math.sqrt(variance / count);
  return { mean, lo: mean - half, hi: mean + half };
}
