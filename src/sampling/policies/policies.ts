// The policies by name: what `policy` of an allocation may say.
import { blended } from './blended.js';
import type { Policy } from '../split/policy.js';
import { greedy, observedThompson, uniform } from './simple-policies.js';
import { delayCorrected } from '../split/thompson.js';

/** The default first. */
export const POLICIES: readonly Policy[] = [
  delayCorrected,
  observedThompson,
  blended,
  greedy,
  uniform,
];

export function policyNamed(name: string): Policy | null {
  return POLICIES.find((policy) => policy.name === name) ?? null;
}
