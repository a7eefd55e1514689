// FTRL-Proximal, McMahan et al., "Ad click prediction: a view from the trenches" (KDD 2013),
// algorithm 1: per-coordinate learning rates, so that rare features still move after common ones
// have settled. One coordinate is (z, n); its weight is a function of both.

export interface Coordinate {
  /** Sum of gradients less the proximal terms. */
  z: number;
  /** Sum of squared gradients. */
  n: number;
}

/**
 * α, β and λ2 within the ranges of the paper's practice (α .05–.1, β 1, λ2 1); λ1 = 0: the table is
 * bounded by hashing already, and sparsity would hide small weights that an event did move.
 */
export const FTRL = { alpha: 0.1, beta: 1, l1: 0, l2: 1 };

export function weightOf({ z, n }: Coordinate): number {
  const { alpha, beta, l1, l2 } = FTRL;
  if (Math.abs(z) <= l1) return 0;
  return -(z - Math.sign(z) * l1) / ((beta + Math.sqrt(n)) / alpha + l2);
}

/** One step along a gradient, as if `times` equal examples had come at once. */
export function stepped(at: Coordinate, gradient: number, times = 1): Coordinate {
  const n = at.n + times * gradient * gradient;
  const sigma = (Math.sqrt(n) - Math.sqrt(at.n)) / FTRL.alpha;
  return { z: at.z + times * gradient - sigma * weightOf(at), n };
}

/**
 * A gradient that turned out to be wrong leaves the sum. n stays: it measures how much was learned
 * here, and a learning rate that rises again would make the coordinate nervous.
 */
export function reverted(at: Coordinate, gradient: number, times = 1): Coordinate {
  return { z: at.z - times * gradient, n: at.n };
}

/** The learning rate of a coordinate nothing was learned at yet. */
export const LEARNING_RATE = FTRL.alpha / FTRL.beta;
