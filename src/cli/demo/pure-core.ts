// The pure functions of the rooms that a demonstration runs in memory, taken from their own files: a
// room's index also loads its services and entities, and what is pure must not depend on those.
export { expectedEarnedValue, oracleBudgets } from '../../platforms/sandbox/oracle.js';
export {
  advanceWithReadings,
  visibleAds,
  writeAd,
  type SandboxReading,
} from '../../platforms/sandbox/observe.js';
export { advanceWorld, createWorld, type SandboxWorld } from '../../platforms/sandbox/world.js';
export type { WorldName } from '../../platforms/sandbox/world-spec.js';
export { DEFAULT_SETTINGS } from '../../accounts/account-settings.js';
export { formPosteriors, type AdBelief } from '../../learning/belief.js';
export type { AccountBelief } from '../../learning/account-belief.js';
export { cohortsFromSnapshots } from '../../learning/cohorts.js';
export { creditConversions } from '../../learning/conversion-credit.js';
export { defaultDelayCurve, type DelayCurve } from '../../learning/delay.js';
export type { AdEvidence } from '../../learning/posterior.js';
export type { AllocationAd } from '../../sampling/allocation-types.js';
export type { DecisionAnswer, RecommendationAnswer } from '../../sampling/decision-answer.js';
export { decide } from '../../sampling/decide.js';
export { policyNamed } from '../../sampling/policies.js';
export { guardLimits } from '../../execution/execution-mode.js';
export { planLimits } from '../../execution/plan-limits.js';
export { reachOf } from '../../execution/reach.js';
export { budgetVelocity, type Sighting } from '../../execution/velocity.js';
export { evidenceOf } from '../../learning/evidence.js';
export { dayBoundsIn } from '../../learning/daily-cohorts.js';
