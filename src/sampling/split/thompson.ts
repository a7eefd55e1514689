// The default policy: Thompson water-filling on delay-corrected beliefs (bandits, steps 1-6). Each
// joint draw is water-filled and the budgets are averaged; the whole budget on one draw costs 14-22
// points of the attainable value, the posterior mean alone 1-6.
import type { Draws } from './draws.js';
import { averagedInOrder, comparableBelief } from './comparable-arms.js';
import type { Policy } from './policy.js';
import { inChunks, mapped } from '../../shared/steps.js';
import { fillTo } from './water-level.js';

export const delayCorrected: Policy = {
  name: 'delay_corrected',
  description:
    'Thompson water-filling: spreads the budget at its best in each of the joint draws of the ' +
    'delay-corrected beliefs and averages (default).',
  *shares({ ads }, draws) {
    const averages = yield* averageFill(draws);
    const comparable = yield* mapped(ads, ({ posterior }) => comparableBelief(posterior));
    return yield* averagedInOrder(averages, comparable);
  },
};

/** Mean share of the money over the draws; sums to 1. */
export function* averageFill({
  arms,
  count,
  worth,
  scale,
  level,
}: Draws): Generator<void, Float64Array> {
  const given = new Float64Array(count);
  const fills = new Float64Array(arms * count);
  const { best } = yield* bestOf({ arms, count, worth });
  yield* inChunks(arms, (from, to) => {
    for (let at = from * count, i = from; i < to; i += 1) {
      for (let k = 0; k < count; k += 1, at += 1) {
        const fill = fillTo(worth[at]!, scale[at]!, level[k]!);
        fills[at] = fill;
        given[k] = given[k]! + fill;
      }
    }
  });
  return yield* perArm(arms, (i) => {
    let sum = 0;
    // Each draw weighs the same. One whose total is invisible beside the scales goes to its best
    // arm.
    for (let k = 0, at = i * count; k < count; k += 1, at += 1) {
      if (given[k]! > 0) sum += fills[at]! / given[k]!;
      else if (worth[at] === best[k]) sum += 1;
    }
    return sum / count;
  });
}

function* perArm(arms: number, of: (arm: number) => number): Generator<void, Float64Array> {
  const values = new Float64Array(arms);
  yield* inChunks(arms, (from, to) => {
    for (let arm = from; arm < to; arm += 1) values[arm] = of(arm);
  });
  return values;
}

/** Per arm, the share of draws in which its first unit of money is worth most; ties are shared. */
export function* probabilityBest({ arms, count, worth }: Draws): Generator<void, Float64Array> {
  const { best, tied } = yield* bestOf({ arms, count, worth });
  return yield* perArm(arms, (i) => {
    let sum = 0;
    for (let k = 0, at = i * count; k < count; k += 1, at += 1) {
      if (worth[at] === best[k]) sum += 1 / tied[k]!;
    }
    return sum / count;
  });
}

function* bestOf({
  arms,
  count,
  worth,
}: Pick<Draws, 'arms' | 'count' | 'worth'>): Generator<
  void,
  { best: Float64Array; tied: Int32Array }
> {
  const best = new Float64Array(count).fill(-1);
  const tied = new Int32Array(count);
  yield* inChunks(arms, (from, to) => {
    for (let at = from * count, i = from; i < to; i += 1) {
      for (let k = 0; k < count; k += 1, at += 1) {
        if (worth[at]! > best[k]!) {
          best[k] = worth[at]!;
          tied[k] = 1;
        } else if (worth[at] === best[k]) {
          tied[k] = tied[k]! + 1;
        }
      }
    }
  });
  return { best, tied };
}

/** Per arm, the share of draws in which the best spread of the total leaves it without money. */
export function probabilityUnfunded({
  arms,
  count,
  worth,
  level,
}: Draws): Generator<void, Float64Array> {
  return perArm(arms, (i) => {
    let sum = 0;
    for (let k = 0, at = i * count; k < count; k += 1, at += 1)
      if (worth[at]! <= level[k]!) sum += 1;
    return sum / count;
  });
}
