// What a policy that did not choose would have earned, from the log of one that did and wrote down
// with which probability it chose. Importance weighting is unbiased but noisy; every estimate comes
// with its interval and with how many observations it is really worth.

import { Z95 } from '../../src/shared/normal.js';
/** One logged choice. `targetProbability`: that of the policy under test for the same action. */
export interface LoggedChoice {
  reward: number;
  /** Above 0: what was chosen had a chance to be. */
  loggedProbability: number;
  targetProbability: number;
}

/** A logged choice with a reward model beside it (Dudik et al. 2011). */
export interface ModelledChoice extends LoggedChoice {
  /** Predicted reward of the action that was taken. */
  predictedTaken: number;
  /** Predicted reward of the policy under test: its mean over the actions it might take. */
  predictedTarget: number;
}

export interface Estimate {
  estimate: number;
  /** 95 % normal interval; null below two observations. */
  lo: number | null;
  hi: number | null;
}

/** IPS: mean of w·r with w = π/π₀ (Horvitz & Thompson 1952). */
export function inversePropensity(log: readonly LoggedChoice[]): Estimate {
  return meanWithInterval(log.map((choice) => weightOf(choice) * choice.reward));
}

/**
 * SNIPS: Σ w·r / Σ w (Swaminathan & Joachims 2015). A ratio of two means, so its variance is the
 * delta method's, Σ w²(r − v)² / (Σ w)²; the plain variance of w·r/mean(w) would forget that the
 * denominator varies with the numerator.
 */
export function selfNormalized(log: readonly LoggedChoice[]): Estimate {
  const total = log.reduce((sum, choice) => sum + weightOf(choice), 0);
  if (!(total > 0)) return { estimate: 0, lo: null, hi: null };
  const estimate = log.reduce((sum, choice) => sum + weightOf(choice) * choice.reward, 0) / total;
  const squares = log.reduce(
    (sum, choice) => sum + (weightOf(choice) * (choice.reward - estimate)) ** 2,
    0,
  );
  const count = log.length;
  if (count < 2) return { estimate, lo: null, hi: null };
  return around(estimate, Math.sqrt((squares * count) / (count - 1)) / total);
}

/** DR: mean of q(π) + w·(r − q(a)): right when either the propensities or the model are. */
export function doublyRobust(log: readonly ModelledChoice[]): Estimate {
  return meanWithInterval(
    log.map(
      (choice) =>
        choice.predictedTarget + weightOf(choice) * (choice.reward - choice.predictedTaken),
    ),
  );
}

/** (Σ w)²/Σ w² (Kish 1965): the unweighted observations that would be as good. */
export function effectiveSampleSize(log: readonly LoggedChoice[]): number {
  let sum = 0;
  let squares = 0;
  for (const choice of log) {
    const weight = weightOf(choice);
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}

export function weightOf({ loggedProbability, targetProbability }: LoggedChoice): number {
  if (!(loggedProbability > 0)) throw new RangeError('a choice was logged that had no chance');
  return targetProbability / loggedProbability;
}

/** Mean of independent values with its 95 % normal interval. */
export function meanWithInterval(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) return { estimate: 0, lo: null, hi: null };
  const estimate = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { estimate, lo: null, hi: null };
  const variance = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / (count - 1);
  return around(estimate, Math.sqrt(variance / count));
}

function around(estimate: number, standardError: number): Estimate {
  return { estimate, lo: estimate - Z95 * standardError, hi: estimate + Z95 * standardError };
}
