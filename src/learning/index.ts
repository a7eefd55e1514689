export { UNIT_VALUE_MINOR, type AccountBelief } from './account-belief.js';
export { formPosteriors, type AdBelief } from './belief.js';
export { BeliefsService, type AccountBeliefs, type BelievedArm } from './beliefs.service.js';
export type { CacheOutcome } from './cache/cache-figures.js';
export type { Question } from './cache/question.js';
export { SemanticCache, type Answered, type LookUp } from './cache/semantic-cache.service.js';
export { DiscoveredAccount } from './discovered-account.entity.js';
export { LearningModule } from './learning.module.js';
export type {
  AdEvidence,
  ArmPosterior,
  Cohort,
  GammaPosterior,
  ResponsePosterior,
  ValuePosterior,
} from './posterior.js';
export { summariseBelief, summariseResponse } from './summary.js';
export { LearningModelWeights } from './weights.entity.js';
