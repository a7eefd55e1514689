// The marginal value at which a budget is at its best spread, for all draws at once over flat arrays:
// 200 draws of 10,000 ads are two million arms, where sorting objects (shared/water-filling) would
// take seconds. Each arm may have bounds; then it is the price of money within the limits.
import type { Bounds } from './constraints.js';

/** Arm-major matrices: draw k of arm i stands at i·count + k. */
export interface ArmMatrix {
  arms: number;
  count: number;
  /** m: value of the first unit of money, per unit of money. */
  worth: Float64Array;
  /** s: saturation scale in minor units per day. */
  scale: Float64Array;
}

/** A piecewise linear function is solved in a handful of Newton steps; halving needs at most this. */
const PASSES_MAX = 100;
/** A Newton step this small beside x is binary noise. */
const NOISE = 1e-13;

/**
 * Per draw the level λ with Σ clip(s·(m/λ − 1), lo, hi) = total: the optimum of Σ m·s·ln(1 + b/s)
 * equalises marginal values m/(1 + b/s) among the arms off their bounds. Solved for x = 1/λ, in which
 * the sum is piecewise linear and rising, by Newton steps kept inside a bracket. Without `bounds` an
 * arm gets 0 or more. 0 where no arm is worth anything. The total must lie strictly between Σ lo and
 * Σ hi.
 */
export function waterLevels(
  matrix: ArmMatrix,
  total: number,
  bounds: readonly Bounds[] | null,
): Float64Array {
  const { count } = matrix;
  const inverse = firstGuess(matrix, total);
  const below = new Float64Array(count);
  const above = new Float64Array(count).fill(Infinity);
  const given = new Float64Array(count);
  const slope = new Float64Array(count);
  for (let pass = 0, open = true; open && pass < PASSES_MAX; pass += 1) {
    spend(matrix, bounds, inverse, given, slope);
    open = false;
    for (let k = 0; k < count; k += 1) {
      const x = inverse[k]!;
      const missing = total - given[k]!;
      if (!(x < Infinity) || Math.abs(missing) <= NOISE * Math.max(total, x * slope[k]!)) continue;
      if (missing > 0) below[k] = x;
      else above[k] = x;
      let next = x + missing / slope[k]!;
      if (!(next > below[k]! && next < above[k]!)) {
        next = above[k]! < Infinity ? (below[k]! + above[k]!) / 2 : x * 4;
      }
      inverse[k] = next;
      open ||= next !== x;
    }
  }
  return inverse.map((x) => (x < Infinity ? 1 / x : 0));
}

/** The answer if every arm were fed: from there Newton's steps fall monotonically to the root. */
function firstGuess({ arms, count, worth, scale }: ArmMatrix, total: number): Float64Array {
  const weighted = new Float64Array(count);
  const scales = new Float64Array(count);
  for (let i = 0, at = 0; i < arms; i += 1) {
    for (let k = 0; k < count; k += 1, at += 1) {
      weighted[k] = weighted[k]! + scale[at]! * worth[at]!;
      scales[k] = scales[k]! + scale[at]!;
    }
  }
  return weighted.map((sum, k) => (sum > 0 ? (total + scales[k]!) / sum : Infinity));
}

/** Per draw, the money given out at x and how fast it grows with x. */
function spend(
  { arms, count, worth, scale }: ArmMatrix,
  bounds: readonly Bounds[] | null,
  inverse: Float64Array,
  given: Float64Array,
  slope: Float64Array,
): void {
  given.fill(0);
  slope.fill(0);
  for (let i = 0, at = 0; i < arms; i += 1) {
    const lo = bounds?.[i]!.lo ?? 0;
    const hi = bounds?.[i]!.hi ?? Infinity;
    for (let k = 0; k < count; k += 1, at += 1) {
      const s = scale[at]!;
      const rate = s * worth[at]!;
      const budget = rate * inverse[k]! - s;
      if (budget <= lo) given[k] = given[k]! + lo;
      else if (budget >= hi) given[k] = given[k]! + hi;
      else {
        given[k] = given[k]! + budget;
        slope[k] = slope[k]! + rate;
      }
    }
  }
}

/** What one arm gets at a level; where nothing is worth anything, in proportion to the scales. */
export function fillTo(worth: number, scale: number, level: number): number {
  if (!(level > 0)) return scale;
  return worth > level ? scale * (worth / level - 1) : 0;
}
