// What a caller of the cache brings and gets.
import type { CacheOutcome } from './cache-figures.js';
import type { Question, QuestionKeys } from './question.js';

export interface Answered<T> {
  value: T;
  cache: CacheOutcome;
}

export interface LookUp<T> {
  question: Question;
  compute: () => Promise<T>;
  /** How far a cached answer is off, in the units of a score. */
  errorOf: (cached: T, fresh: T) => number;
  /** Whether what Redis holds is an answer at all: others write to it too. */
  isAnswer: (value: unknown) => value is T;
  /**
   * `ask` (default): an answer may come from a question that means the same. `teach`: it may not,
   * for a caller who has asked enough or wants the exact one, yet what is computed is a model for
   * others.
   */
  meaning?: 'ask' | 'teach';
}

export interface Asked<T> {
  lookUp: LookUp<T>;
  keys: QuestionKeys;
}

/** The vector of a text; undefined where there is none to be had now. */
export type VectorOf = (text: string) => Promise<Float32Array | undefined>;

/** Found just now, for the other processes. */
export interface Made {
  /** The key it has here. */
  here: string;
  question: Question;
  keys: QuestionKeys;
  value: unknown;
  ttlMillis: number;
}

/** What the look-ups of one call share. */
export interface Call {
  made: Made[];
  asksRedis: boolean;
  vectorOf: VectorOf;
}

/**
 * What Redis holds is anybody's: in another shape it is no answer, and what is computed replaces
 * it.
 */
export function answerIn<T>(held: unknown, { isAnswer }: LookUp<T>): { value: T } | null {
  const value = typeof held === 'object' && held !== null && 'value' in held ? held.value : null;
  return isAnswer(value) ? { value } : null;
}
