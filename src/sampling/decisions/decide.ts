// One decision from stored inputs: what the endpoint answers now and a replay answers later.
import { finished } from '../../shared/steps.js';
import { allocating } from './allocate.js';
import { isRefusal, type Refusal } from '../split/allocation-types.js';
import { answerOf, type DecisionAnswer, type DecisionInputs } from './decision-answer.js';
import type { Policy } from '../split/policy.js';

/** Same inputs, same answer, to the byte; in steps, since forty thousand ads take seconds. */
export function* deciding(
  inputs: DecisionInputs,
  policy: Policy,
): Generator<void, DecisionAnswer | Refusal> {
  const { allocation, minProbabilityBetter } = inputs;
  const free = yield* allocating(allocation, policy);
  if (isRefusal(free)) return free;
  const { pBetter } = free.expected;
  if (pBetter === null || pBetter >= minProbabilityBetter) return yield* answerOf(free, inputs);
  // The gate is closed: every known budget holds, and the answer says why.
  const held = yield* allocating({ ...allocation, maxStepPct: 0 }, policy);
  if (isRefusal(held)) return held;
  return yield* answerOf(held, inputs, [
    `P(better) of the free split is ${pBetter}, below the account's gate of ` +
      `${minProbabilityBetter}: known budgets hold.`,
  ]);
}

/** The same at once. */
export function decide(inputs: DecisionInputs, policy: Policy): DecisionAnswer | Refusal {
  return finished(deciding(inputs, policy));
}
