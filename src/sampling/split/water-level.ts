// The marginal value at which a budget is at its best spread, for all draws at once over flat
// arrays:
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

/**
 * A piecewise linear function is solved in a handful of Newton steps; halving needs at most this.
 */
const PASSES_MAX = 100;
/** A Newton step this small beside x is binary noise. */
const NOISE = 1e-13;
/**
 * Draws taken out of the matrices at a time: eight doubles are one line of the processor's cache.
 */
const BLOCK = 8;

/** The arms of one draw side by side: solving it stays in the processor's cache. */
interface OneDraw {
  /** s·m: what an arm takes per unit of x. */
  rate: Float64Array;
  scale: Float64Array;
  lo: Float64Array;
  hi: Float64Array;
}

/**
 * Per draw the level λ with Σ clip(s·(m/λ − 1), lo, hi) = total: the optimum of Σ m·s·ln(1 + b/s)
 * equalises marginal values m/(1 + b/s) among the arms off their bounds. Without `bounds` an arm
 * gets
 * 0 or more. 0 where no arm is worth anything. The total must lie strictly between Σ lo and Σ hi.
 */
export function* waterLevels(
  { arms, count, worth, scale }: ArmMatrix,
  total: number,
  bounds: readonly Bounds[] | null,
): Generator<void, Float64Array> {
  const lo = new Float64Array(arms).map((none, i) => bounds?.[i]!.lo ?? none);
  const hi = new Float64Array(arms).map((_, i) => bounds?.[i]!.hi ?? Infinity);
  const block = Array.from({ length: Math.min(BLOCK, count) }, (): OneDraw => ({
    rate: new Float64Array(arms),
    scale: new Float64Array(arms),
    lo,
    hi,
  }));
  const levels = new Float64Array(count);
  for (let from = 0; from < count; from += BLOCK) {
    const some = block.slice(0, count - from);
    takeOut({ arms, count, worth, scale }, from, some);
    for (const [index, draw] of some.entries()) {
      levels[from + index] = levelOf(draw, total);
      yield;
    }
  }
  return levels;
}

/**
 * Draws `from`, `from + 1`, ... of every arm: row by row, so that each cache line is fetched once.
 */
function takeOut({ arms, count, worth, scale }: ArmMatrix, from: number, block: OneDraw[]): void {
  for (let i = 0; i < arms; i += 1) {
    for (let index = 0, at = i * count + from; index < block.length; index += 1, at += 1) {
      const draw = block[index]!;
      const s = scale[at]!;
      draw.scale[i] = s;
      draw.rate[i] = s * worth[at]!;
    }
  }
}

/**
 * Solved for x = 1/λ, in which the sum is piecewise linear and rising, by Newton steps kept inside
 * a bracket.
 */
function levelOf(draw: OneDraw, total: number): number {
  const spent = { given: 0, slope: 0 };
  let x = firstGuess(draw, total);
  let below = 0;
  let above = Infinity;
  for (let pass = 0; pass < PASSES_MAX && x < Infinity; pass += 1) {
    spend(draw, x, spent);
    const missing = total - spent.given;
    if (Math.abs(missing) <= NOISE * Math.max(total, x * spent.slope)) break;
    if (missing > 0) below = x;
    else above = x;
    let next = x + missing / spent.slope;
    if (!(next > below && next < above)) next = above < Infinity ? (below + above) / 2 : x * 4;
    if (next === x) break;
    x = next;
  }
  return x < Infinity ? 1 / x : 0;
}

/** The answer if every arm were fed: from there Newton's steps fall monotonically to the root. */
function firstGuess({ rate, scale }: OneDraw, total: number): number {
  let rates = 0;
  let scales = 0;
  for (let i = 0; i < rate.length; i += 1) {
    rates += rate[i]!;
    scales += scale[i]!;
  }
  return rates > 0 ? (total + scales) / rates : Infinity;
}

/** The money given out at x and how fast it grows with x. */
function spend(
  { rate, scale, lo, hi }: OneDraw,
  x: number,
  spent: { given: number; slope: number },
): void {
  let given = 0;
  let slope = 0;
  const arms = rate.length;
  for (let i = 0; i < arms; i += 1) {
    const least = lo[i]!;
    const most = hi[i]!;
    const budget = rate[i]! * x - scale[i]!;
    if (budget <= least) given += least;
    else if (budget >= most) given += most;
    else {
      given += budget;
      slope += rate[i]!;
    }
  }
  spent.given = given;
  spent.slope = slope;
}

/** What one arm gets at a level; where nothing is worth anything, in proportion to the scales. */
export function fillTo(worth: number, scale: number, level: number): number {
  if (!(level > 0)) return scale;
  return worth > level ? scale * (worth / level - 1) : 0;
}
