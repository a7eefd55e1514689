// What a caller of the cache brings and gets.
import type { CacheOutcome } from './cache-figures.js';
import type { Question } from './question.js';

export interface Answered<T> {
  value: T;
  cache: CacheOutcome;
}

export interface LookUp<T> {
  question: Question;
  compute: () => Promise<T>;
  /** How far a cached answer is off, in the units of a score. */
  errorOf: (cached: T, fresh: T) => number;
  /**
   * `ask` (default): an answer may come from a question that means the same. `teach`: it may not, for
   * a caller who has asked enough or wants the exact one, yet what is computed is a model for others.
   */
  meaning?: 'ask' | 'teach';
}
