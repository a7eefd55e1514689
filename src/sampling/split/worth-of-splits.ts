// What whole splits of the money are worth, on the draws the decision was made from: the answer
// must be able to say by its own lights what a change earns and how sure that is.
import { inChunks } from '../../shared/steps.js';
import type { AllocationAd, Expected } from './allocation-types.js';
import type { Draws } from './draws.js';
import { meanOf } from './interval.js';

/** Relative differences below this are binary noise, not an advantage. */
const NOISE = 1e-12;

/**
 * What each ad's move is measured from: its budget, or where none is known its part of the spend
 * (an export without budgets: the split of spend stands for the current one); null without either.
 */
export function referenceBudgets(
  ads: readonly AllocationAd[],
  totalMinor: number,
): (number | null)[] {
  const spend = ads.reduce((sum, { totals }) => sum + totals.spendMinor, 0);
  return ads.map(
    ({ currentMinor, totals }) =>
      currentMinor ?? (spend > 0 ? (totals.spendMinor / spend) * totalMinor : null),
  );
}

/** The reference split carried to another sum; null when a part is unknown or there is none. */
export function atSameMoney(
  references: readonly (number | null)[],
  sumMinor: number,
): Float64Array | null {
  let total = 0;
  for (const reference of references) {
    if (reference === null) return null;
    total += reference;
  }
  if (total <= 0) return null;
  const factor = Math.abs(total - sumMinor) <= NOISE * total ? 1 : sumMinor / total;
  return Float64Array.from(references, (reference) => (reference ?? 0) * factor);
}

export interface Splits {
  references: readonly (number | null)[];
  sameMoney: Float64Array | null;
  proposed: Float64Array;
  uncapped: Float64Array;
}

/** Mean value per day of each split over the draws, and P(proposed better than current). */
export function* expectedOf(draws: Draws, splits: Splits): Generator<void, Expected> {
  const { references, sameMoney } = splits;
  const known = references.every((reference) => reference !== null);
  const proposed = yield* valuesOf(draws, splits.proposed);
  const same = sameMoney && (yield* valuesOf(draws, sameMoney));
  const current = known ? yield* valuesOf(draws, Float64Array.from(references)) : null;
  const uncapped = yield* valuesOf(draws, splits.uncapped);
  return {
    currentMinorPerDay: current && meanOf(current),
    sameMoneyMinorPerDay: same && meanOf(same),
    proposedMinorPerDay: meanOf(proposed),
    uncappedMinorPerDay: meanOf(uncapped),
    pBetter: same && shareAbove(proposed, same),
    horizonDays: 1,
  };
}

/**
 * Per draw, Σ m·s·ln(1 + b/s): the value of a split under the response curve of bandits, section 2.
 */
function* valuesOf(
  { arms, count, worth, scale }: Draws,
  split: Float64Array,
): Generator<void, Float64Array> {
  const values = new Float64Array(count);
  yield* inChunks(arms, (from, to) => {
    for (let i = from; i < to; i += 1) {
      const budget = split[i]!;
      if (budget === 0) continue;
      for (let k = 0, at = i * count; k < count; k += 1, at += 1) {
        const s = scale[at]!;
        values[k] = values[k]! + worth[at]! * s * Math.log1p(budget / s);
      }
    }
  });
  return values;
}

/** Equal draws count half, so that a split compared with itself is neither better nor worse. */
function shareAbove(left: Float64Array, right: Float64Array): number {
  let above = 0;
  left.forEach((value, k) => {
    const difference = value - right[k]!;
    if (Math.abs(difference) <= NOISE * Math.abs(value)) above += 0.5;
    else if (difference > 0) above += 1;
  });
  return above / left.length;
}
