// Whether the cache is worth its risk: hits, and how wrong the hits were that were recomputed.

export type CacheOutcome = 'exact' | 'semantic' | 'miss';

export interface KindFigures {
  exact_hits: number;
  semantic_hits: number;
  misses: number;
  hit_rate: number | null;
  /** Over the hits that were recomputed; null before the first. */
  mean_abs_score_error: number | null;
  /** 95 % one-sided Clopper-Pearson bound on the share of wrong hits. */
  wrong_hit_upper_bound: number | null;
  recomputed: number;
  wrong_hits: number;
}

interface Counts {
  exact: number;
  semantic: number;
  miss: number;
  recomputed: number;
  wrong: number;
  error: number;
}

const CONFIDENCE = 0.95;

export class CacheFigures {
  private readonly kinds = new Map<string, Counts>();

  count(kind: string, outcome: CacheOutcome): void {
    this.of(kind)[outcome] += 1;
  }

  /** One hit recomputed: how far its answer was off, and whether that is a wrong answer. */
  recomputed(kind: string, error: number, isWrong: boolean): void {
    const counts = this.of(kind);
    counts.recomputed += 1;
    counts.error += error;
    if (isWrong) counts.wrong += 1;
  }

  total(): KindFigures {
    const sum = none();
    for (const counts of this.kinds.values()) {
      for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
    }
    return shown(sum);
  }

  byKind(): Record<string, KindFigures> {
    return Object.fromEntries([...this.kinds].map(([kind, counts]) => [kind, shown(counts)]));
  }

  private of(kind: string): Counts {
    const known = this.kinds.get(kind) ?? none();
    this.kinds.set(kind, known);
    return known;
  }
}

/**
 * Clopper & Pearson (1934): the largest rate under which so few wrong ones among `trials` still
 * have a chance of 1 − confidence. Zero of 299 gives 1 %.
 */
export function upperBound(wrong: number, trials: number, confidence = CONFIDENCE): number {
  if (wrong >= trials) return 1;
  let low = wrong / trials;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(wrong, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X ≤ count) of a binomial, summed from the ratios of neighbouring terms. */
function atMost(count: number, trials: number, rate: number): number {
  let logTerm = trials * Math.log1p(-rate);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= count; k += 1) {
    logTerm += Math.log(((trials - k + 1) / k) * (rate / (1 - rate)));
    sum += Math.exp(logTerm);
  }
  return sum;
}

function shown({ exact, semantic, miss, recomputed, wrong, error }: Counts): KindFigures {
  const asked = exact + semantic + miss;
  return {
    exact_hits: exact,
    semantic_hits: semantic,
    misses: miss,
    hit_rate: asked > 0 ? (exact + semantic) / asked : null,
    mean_abs_score_error: recomputed > 0 ? error / recomputed : null,
    wrong_hit_upper_bound: recomputed > 0 ? upperBound(wrong, recomputed) : null,
    recomputed,
    wrong_hits: wrong,
  };
}

function none(): Counts {
  return { exact: 0, semantic: 0, miss: 0, recomputed: 0, wrong: 0, error: 0 };
}
