// How long to wait before something is tried again.

export interface Backoff {
  baseMillis: number;
  maxMillis: number;
}

/** Doubling further overflows long before it matters: the ceiling has been met. */
const EXPONENT_MAX = 30;

/**
 * Uniform on (0, min(max, base·2^exponent)]: "full jitter" of M. Brooker, Exponential Backoff And
 * Jitter (AWS, 2015), which spreads competing clients best. `chance` is uniform on [0, 1).
 */
export function fullJitter(exponent: number, backoff: Backoff, chance: number): number {
  const doubled = backoff.baseMillis * 2 ** Math.min(exponent, EXPONENT_MAX);
  const ceiling = Math.min(backoff.maxMillis, doubled);
  return Math.max(1, Math.round((1 - chance) * ceiling));
}
