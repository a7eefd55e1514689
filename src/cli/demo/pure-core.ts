// The pure functions of the rooms that a demonstration runs in memory, taken from their own files:
// a room's index also loads its services and entities, and what is pure must not depend on those.
export { expectedEarnedValue, oracleBudgets } from '../../platforms/sandbox/oracle.js';
export {
  advanceWithReadings,
  visibleAds,
  writeAd,
  type SandboxReading,
} from '../../platforms/sandbox/observe.js';
export { advanceWorld, createWorld, type SandboxWorld } from '../../platforms/sandbox/world.js';
export type { WorldName } from '../../platforms/sandbox/world-spec.js';
export { DEFAULT_SETTINGS } from '../../accounts/account/account-settings.js';
export { formPosteriors } from '../../learning/belief/belief.js';
export { cohortsFromSnapshots } from '../../learning/belief/cohorts.js';
export { creditConversions } from '../../learning/belief/conversion-credit.js';
export { defaultDelayCurve } from '../../learning/belief/delay.js';
export type { AdEvidence } from '../../learning/belief/posterior.js';
export type { AllocationAd } from '../../sampling/split/allocation-types.js';
export type {
  DecisionAnswer,
  RecommendationAnswer,
} from '../../sampling/decisions/decision-answer.js';
export { decide } from '../../sampling/decisions/decide.js';
export { policyNamed } from '../../sampling/policies/policies.js';
export { guardLimits } from '../../execution/guards/execution-mode.js';
export { planLimits } from '../../execution/guards/plan-limits.js';
export { reachOf } from '../../execution/guards/reach.js';
export { budgetVelocity, type Sighting } from '../../execution/guards/velocity.js';
export { evidenceOf, type BeliefSource } from '../../learning/belief/evidence.js';
export { dayBoundsIn } from '../../learning/belief/daily-cohorts.js';
