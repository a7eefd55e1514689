export { UNIT_VALUE_MINOR, type AccountBelief } from './account-belief.js';
export { formPosteriors, type AdBelief } from './belief.js';
export { BeliefsService, type AccountBeliefs, type BelievedArm } from './beliefs.service.js';
export { CreativeInsights, type CreativeInsight } from './creatives/creative-insights.service.js';
export { PatternsService } from './cross/patterns.service.js';
export type { SharedKnowledge, SimilarPattern } from './cross/shared-knowledge.js';
export type { CacheOutcome } from './cache/cache-figures.js';
export type { Question } from './cache/question.js';
export type { Answered, LookUp } from './cache/look-up.js';
export { SemanticCache } from './cache/semantic-cache.service.js';
export { DiscoveredAccount } from './discovered-account.entity.js';
export { DriftWatch } from './drift/drift-watch.service.js';
export { EventsIntake, type EventsAnswer } from './events/events-intake.service.js';
export type { DriftRecord } from './drift/forget.js';
export {
  newDriftState,
  observeEpoch,
  type Drift,
  type DriftState,
  type Epoch,
} from './drift/observe-epoch.js';
export { LearningModule } from './learning.module.js';
export type {
  AdEvidence,
  ArmPosterior,
  Cohort,
  GammaPosterior,
  ResponsePosterior,
  ValuePosterior,
} from './posterior.js';
export { showCoupling, type CouplingAnswer } from './show-coupling.js';
export { summariseBelief, summariseResponse } from './summary.js';
export { LearningModelWeights } from './weights.entity.js';
