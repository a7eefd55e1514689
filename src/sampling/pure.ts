// The second door of the room: how a decision is computed, for commands and benchmarks that decide
// in memory. The index also loads services and entities, which a computation must not need.
export { allocate } from './decisions/allocate.js';
export { decide } from './decisions/decide.js';
export type { DecisionAnswer, RecommendationAnswer } from './decisions/decision-answer.js';
export { policyNamed } from './policies/policies.js';
export { type AllocationAd, type AllocationInput, isRefusal } from './split/allocation-types.js';
export { boundsOf } from './split/constraints.js';
export { drawArms } from './split/draws.js';
export { settle } from './split/settle.js';
