// The second door of the room: its pure core, for commands and benchmarks that form beliefs in
// memory. The index also loads services and entities, which a computation must not need.
export { formPosteriors } from './belief/belief.js';
export { cohortsFromSnapshots } from './belief/cohorts.js';
export { creditConversions } from './belief/conversion-credit.js';
export { type CouplingPoint, estimateCoupling } from './belief/coupling.js';
export { dayBoundsIn } from './belief/daily-cohorts.js';
export type { DelayObservation } from './belief/delay-bins.js';
export { type DelayCurve, defaultDelayCurve, estimateDelay } from './belief/delay.js';
export { type RatePoint, estimateStrength } from './belief/empirical-bayes.js';
export { type BeliefSource, evidenceOf } from './belief/evidence.js';
export type { AdEvidence, Cohort } from './belief/posterior.js';
export type { BeliefPrior } from './belief/prior.js';
export { type CacheOutcome, upperBound } from './likeness/cache-figures.js';
export { type Creative, traitsOf } from './likeness/creative-likeness.js';
export type { LookUp } from './likeness/look-up.js';
export { contributionOf } from './patterns/contribution.js';
export { featuresOf } from './patterns/creative-features.js';
export { secretDraws } from './patterns/privacy.js';
export { sharedNumbers } from './patterns/publish.js';
export { SharedKnowledge } from './patterns/shared-knowledge.js';
