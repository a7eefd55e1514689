// Published lifts put together: the patterns with their places among each other.
import { Z95 } from '../../shared/normal.js';
import type { Metric } from './contribution.js';
import { sizeOf } from './creative-features.js';
import { ANY_NICHE, type SharedNumber } from './published-number.js';

export interface RateInterval {
  mean: number;
  /** 95 % of accounts' means on such creatives. */
  lo: number;
  hi: number;
}

export interface SharedPattern {
  key: string;
  niche: string;
  numbers: Partial<Record<Metric, SharedNumber>>;
  percentile: number;
}

export const placeOf = (niche: string, pattern: string) => `${niche}\u0000${pattern}`;

export function patternsFrom(lifts: readonly SharedNumber[]): Map<string, SharedPattern> {
  const patterns = new Map<string, SharedPattern>();
  for (const number of lifts) {
    const { metric } = number;
    if (metric === 'delay' || metric === 'beta') continue;
    const place = placeOf(number.niche, number.pattern);
    const known = patterns.get(place);
    if (known) known.numbers[metric] = number;
    else {
      const { niche, pattern: key } = number;
      patterns.set(place, { key, niche, numbers: { [metric]: number }, percentile: 0 });
    }
  }
  for (const niche of new Set(lifts.map((number) => number.niche))) {
    const rivals = [...patterns.values()].filter((pattern) => pattern.niche === niche);
    const worths = rivals.map(worth);
    rivals.forEach((pattern, index) => {
      pattern.percentile = percentileAmong(worths, worths[index] ?? 0);
    });
  }
  return patterns;
}

/** Share of the values below, equal ones counting half. */
function percentileAmong(values: readonly number[], value: number): number {
  let below = 0;
  for (const other of values) below += other < value ? 1 : other === value ? 0.5 : 0;
  return below / values.length;
}

/** Conversions per impression against the account's mean. */
function worth({ numbers }: SharedPattern): number {
  return (numbers.ctr?.mean ?? 1) * (numbers.cvr?.mean ?? 1);
}

export function bySpecificity(left: SharedPattern, right: SharedPattern): number {
  const accounts = (pattern: SharedPattern) =>
    (pattern.numbers.cvr ?? pattern.numbers.ctr)?.accounts ?? 0;
  return (
    sizeOf(right.key) - sizeOf(left.key) ||
    Number(left.niche === ANY_NICHE) - Number(right.niche === ANY_NICHE) ||
    accounts(right) - accounts(left) ||
    (left.key < right.key ? -1 : 1)
  );
}

/** Log-normal: doubt of the factor and spread of accounts' means, 1/g0 their CV². */
export function interval(
  base: { mean: number; accountStrength: number },
  lift: SharedNumber | undefined,
): RateInterval {
  const mean = base.mean * (lift?.mean ?? 1);
  const logSd = Math.sqrt((lift?.spread ?? 0) ** 2 + Math.log(1 + 1 / base.accountStrength));
  return { mean, lo: mean * Math.exp(-Z95 * logSd), hi: Math.min(1, mean * Math.exp(Z95 * logSd)) };
}
