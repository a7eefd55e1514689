// Some ads can be compared without any chance: alike in clicks, cost and saturation, the one with
// more conversions must not get less. Averages over a few hundred draws break such orders now and
// then by luck. Projecting them back onto the order (isotonic regression, Barlow et al. 1972) can
// only bring an estimate nearer to the true averages, which obey it.
import type { ArmPosterior } from '../../learning/index.js';
import { mapped } from '../../shared/steps.js';

export interface Comparable {
  /** All that must be equal for the number of conversions alone to decide. */
  likeness: string;
  /** Evidence of conversions. */
  rank: number;
  /** Expected worth, up to what the alike have in common. */
  mean: number;
}

interface Ranked extends Comparable {
  index: number;
}

/** `averages` with the order restored among comparable arms; the sum is kept. */
export function* averagedInOrder(
  averages: Float64Array,
  arms: readonly Comparable[],
): Generator<void, Float64Array> {
  const groups = new Map<string, Ranked[]>();
  yield* mapped(arms, (arm, index) => {
    const group = groups.get(arm.likeness);
    if (group) group.push({ ...arm, index });
    else groups.set(arm.likeness, [{ ...arm, index }]);
  });
  const ordered = averages.slice();
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    for (const chain of chains(group)) poolViolators(ordered, chain);
    yield;
  }
  return ordered;
}

export function comparableBelief({ ctr, cvr, value, response }: ArmPosterior): Comparable {
  const alike = [ctr.shape, ctr.rate, cvr.rate, response.cost, response.costLogSd];
  const scales = [response.saturation, response.saturationLo, response.saturationHi];
  return {
    likeness: [...alike, ...scales].join('|'),
    rank: cvr.shape,
    mean: cvr.shape * value.mean,
  };
}

/**
 * Chains in which conversions and expected worth rise together. An ad with more conversions of less
 * value each is above no one for certain, so it opens a chain of its own.
 */
function chains(group: Ranked[]): Ranked[][] {
  const sorted = group.toSorted(
    (left, right) => left.rank - right.rank || left.mean - right.mean || left.index - right.index,
  );
  const found: Ranked[][] = [];
  for (const arm of sorted) {
    // Twelve digits: equal values per conversion reach here through different sums.
    const chain = found.find((known) => known.at(-1)!.mean <= arm.mean * (1 + 1e-12));
    if (chain) chain.push(arm);
    else found.push([arm]);
  }
  return found;
}

interface Block {
  arms: Ranked[];
  sum: number;
}

/** Pool-adjacent-violators along one ascending chain; equal beliefs start pooled. */
function poolViolators(averages: Float64Array, chain: Ranked[]): void {
  const blocks: Block[] = [];
  for (const arm of chain) {
    const last = blocks.at(-1);
    const twin = last?.arms[0];
    if (last && twin && twin.rank === arm.rank && twin.mean === arm.mean) {
      last.arms.push(arm);
      last.sum += averages[arm.index]!;
    } else {
      blocks.push({ arms: [arm], sum: averages[arm.index]! });
    }
  }
  const stack: Block[] = [];
  for (const block of blocks) {
    let pooled = block;
    for (let below = stack.at(-1); below && meanOf(below) > meanOf(pooled); below = stack.at(-1)) {
      stack.pop();
      pooled = { arms: below.arms.concat(pooled.arms), sum: below.sum + pooled.sum };
    }
    stack.push(pooled);
  }
  for (const block of stack) {
    const mean = meanOf(block);
    for (const { index } of block.arms) averages[index] = mean;
  }
}

function meanOf({ arms, sum }: Block): number {
  return sum / arms.length;
}
