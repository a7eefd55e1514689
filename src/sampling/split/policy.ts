// What every way of sharing out a budget looks like to `allocate`. Limits are not a policy's
// affair: floors, ceilings and steps are applied to its shares afterwards, alike for all.
import type { AllocationInput } from './allocation-types.js';
import type { Draws } from './draws.js';

/** A fixed rule's order for one ad. `pause` takes it to zero at once, past any step limit. */
export interface Verdict {
  action: 'pause' | 'scale';
  reason: string;
  /** What an ad to be scaled should get at the least, minor units. */
  leastMinor?: number;
}

export interface Policy {
  name: string;
  /** One line for people. */
  description: string;
  /** Share of the money per ad, in order: ≥ 0, summing to 1 (or all 0 when none is to be fed). */
  shares(input: AllocationInput, draws: Draws): Generator<void, Float64Array>;
  verdicts?(input: AllocationInput): (Verdict | null)[];
}
