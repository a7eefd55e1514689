// Means over seeds with 95 % intervals. Policies of one seed meet the same simulated world, so they
// are compared in pairs: the luck of a seed, which is large, cancels in the difference.
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

export interface MeanInterval {
  mean: number;
  /** 95 % interval; null below two values, when nothing is known of the spread. */
  lo: number | null;
  hi: number | null;
  count: number;
}

/** Student's interval of a mean: m ± t(.975; n − 1)·s/√n. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  if (count === 0) return { mean: 0, lo: null, hi: null, count };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, lo: null, hi: null, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = tQuantile(0.975, count - 1) * Math.sqrt(variance / count);
  return { mean, lo: mean - half, hi: mean + half, count };
}

/**
 * Mean relative advantage of `values` over `base`, pair by pair, as a share (0.1 = ten per cent).
 * Pairs whose base is 0 say nothing and are left out.
 */
export function pairedLift(values: readonly number[], base: readonly number[]): MeanInterval {
  const lifts = values.flatMap((value, index) => {
    const against = base[index] ?? 0;
    return against > 0 ? [value / against - 1] : [];
  });
  return meanInterval(lifts);
}
