// Whether the cache is worth its risk: hits, and how wrong the hits were that were recomputed.

import type { Question } from './question.js';

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

/** Whose question it was, and of which kind. */
type Asked = Pick<Question, 'scope' | 'kind'>;

export class CacheFigures {
  /** Per scope by kind. */
  private readonly scopes = new Map<string, Map<string, Counts>>();

  count(asked: Asked, outcome: CacheOutcome): void {
    this.of(asked)[outcome] += 1;
  }

  /** One hit recomputed: how far its answer was off, and whether that is a wrong answer. */
  recomputed(asked: Asked, error: number, isWrong: boolean): void {
    const counts = this.of(asked);
    counts.recomputed += 1;
    counts.error += error;
    if (isWrong) counts.wrong += 1;
  }

  /** Of one scope; null = of all. */
  total(scope: string | null): KindFigures {
    return shown([...this.kindsOf(scope).values()].reduce(added, none()));
  }

  byKind(scope: string | null): Record<string, KindFigures> {
    return Object.fromEntries(
      [...this.kindsOf(scope)].map(([kind, counts]) => [kind, shown(counts)]),
    );
  }

  private kindsOf(scope: string | null): Map<string, Counts> {
    if (scope !== null) return this.scopes.get(scope) ?? new Map<string, Counts>();
    const all = new Map<string, Counts>();
    for (const kinds of this.scopes.values()) {
      for (const [kind, counts] of kinds) all.set(kind, added(all.get(kind) ?? none(), counts));
    }
    return all;
  }

  private of({ scope, kind }: Asked): Counts {
    const kinds = this.scopes.get(scope) ?? new Map<string, Counts>();
    this.scopes.set(scope, kinds);
    const known = kinds.get(kind) ?? none();
    kinds.set(kind, known);
    return known;
  }
}

function added(one: Counts, other: Counts): Counts {
  const sum = none();
  for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] = one[name] + other[name];
  return sum;
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
