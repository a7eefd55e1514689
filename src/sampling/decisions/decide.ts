// One decision from stored inputs: what the endpoint answers now and a replay answers later.
import { allocate } from './allocate.js';
import { isRefusal, type Refusal } from '../split/allocation-types.js';
import { answerOf, type DecisionAnswer, type DecisionInputs } from './decision-answer.js';
import type { Policy } from '../split/policy.js';

/** Same inputs, same answer, to the byte. */
export function decide(inputs: DecisionInputs, policy: Policy): DecisionAnswer | Refusal {
  const { allocation, minProbabilityBetter } = inputs;
  const free = allocate(allocation, policy);
  if (isRefusal(free)) return free;
  const { pBetter } = free.expected;
  if (pBetter === null || pBetter >= minProbabilityBetter) return answerOf(free, inputs);
  // The gate is closed: every known budget holds, and the answer says why.
  const held = allocate({ ...allocation, maxStepPct: 0 }, policy);
  if (isRefusal(held)) return held;
  return answerOf(held, inputs, [
    `P(better) of the free split is ${pBetter}, below the account's gate of ` +
      `${minProbabilityBetter}: known budgets hold.`,
  ]);
}
