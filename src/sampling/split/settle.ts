// Turns the budgets a policy wants into budgets that may be set: within the bounds of each ad, the
// total to the minor unit.
import assert from 'node:assert/strict';
import type { Bounds } from './constraints.js';

/** A sum of targets this near to the total, relatively, is the total. */
const SUM_NOISE = 1e-12;

/**
 * An ad that deserves nothing takes what nobody else may: after all others, alike with its equals.
 */
const LEAST_WEIGHT = 1e-9;
/** From 10⁹ times the largest factor down to the last bit of a double takes about ninety. */
const HALVINGS_MAX = 200;

export interface Settled {
  /** Integers within their bounds. */
  budgets: number[];
  /** total − Σ budgets. */
  restMinor: number;
}

/**
 * The nearest split to `targets` in proportion (least relative entropy Σ b·ln(b/t)) that keeps the
 * bounds and the total: b = clip(ν·t, lo, hi). What capped ads cannot take goes to the others in
 * proportion to what they deserve; a common shift b = clip(t + μ, lo, hi) would give the worst as
 * much as the second best, and measured less (docs/decisions/what-a-daily-step-costs.md). Then
 * largest-remainder rounding that never leaves the bounds; of equal remainders the arm with the
 * higher `priority` is served first. When the bounds forbid the total, every arm stands at the
 * bound nearest to it and `restMinor` is the rest.
 */
export function settle(
  targets: Float64Array,
  bounds: readonly Bounds[],
  totalMinor: number,
  priority: Float64Array,
): Settled {
  const lowest = bounds.reduce((sum, { lo }) => sum + lo, 0);
  const highest = bounds.reduce((sum, { hi }) => sum + hi, 0);
  if (lowest >= totalMinor) {
    return { budgets: bounds.map(({ lo }) => lo), restMinor: totalMinor - lowest };
  }
  if (highest <= totalMinor) {
    return { budgets: bounds.map(({ hi }) => hi), restMinor: totalMinor - highest };
  }
  const exact = inProportion(targets, bounds, totalMinor);
  return { budgets: rounded(exact, bounds, totalMinor, priority), restMinor: 0 };
}

function clip(value: number, { lo, hi }: Bounds): number {
  return Math.min(hi, Math.max(lo, value));
}

function inProportion(
  targets: Float64Array,
  bounds: readonly Bounds[],
  totalMinor: number,
): Float64Array {
  const at = (weights: Float64Array, factor: number): Float64Array =>
    weights.map((weight, i) => clip(weight * factor, bounds[i]!));
  const wanted = at(targets, 1);
  // Without a binding bound nothing is to be scaled, and bisection would only add noise.
  if (Math.abs(sumOf(wanted) - totalMinor) <= SUM_NOISE * totalMinor) return wanted;
  const largest = targets.reduce((most, target) => Math.max(most, target), 0);
  const least = largest > 0 ? LEAST_WEIGHT * largest : 1;
  const weights = targets.map((target) => Math.max(target, least));
  let below = 0;
  let above = (2 * totalMinor) / least;
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) break;
    if (sumOf(at(weights, middle)) < totalMinor) below = middle;
    else above = middle;
  }
  return at(weights, above);
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum;
}

function rounded(
  exact: Float64Array,
  bounds: readonly Bounds[],
  totalMinor: number,
  priority: Float64Array,
): number[] {
  const budgets = Array.from(exact, Math.floor);
  const remainder = (i: number): number => exact[i]! - Math.floor(exact[i]!);
  const order = budgets
    .map((_, i) => i)
    .sort((a, b) => remainder(b) - remainder(a) || priority[b]! - priority[a]! || a - b);
  let rest = totalMinor - budgets.reduce((sum, budget) => sum + budget, 0);
  // Of an amount that is no whole number the passes below would never end.
  assert(Number.isSafeInteger(rest), `a rest of ${rest} minor units cannot be placed`);
  // One pass is the rule. More are needed only when binary noise left more units than arms that may
  // take one; bounds wide enough for the total were checked before, so each pass moves something.
  while (rest !== 0) {
    const unit = Math.sign(rest);
    for (const i of unit > 0 ? order : order.toReversed()) {
      if (rest === 0) break;
      const next = budgets[i]! + unit;
      if (next < bounds[i]!.lo || next > bounds[i]!.hi) continue;
      budgets[i] = next;
      rest -= unit;
    }
  }
  return budgets;
}
