export { UNIT_VALUE_MINOR, type AccountBelief } from './belief/account-belief.js';
export { formPosteriors, type AdBelief } from './belief/belief.js';
export { BeliefsService } from './beliefs.service.js';
export type {
  AccountBeliefs,
  AccountPrior,
  BelievedArm,
  ObservedArm,
  ShownBeliefs,
} from './account-beliefs.js';
export { CreativeInsights, type CreativeInsight } from './likeness/creative-insights.service.js';
export { PatternsService } from './patterns/patterns.service.js';
export type { SharedKnowledge, SimilarPattern } from './patterns/shared-knowledge.js';
export type { CacheOutcome } from './likeness/cache-figures.js';
export type { Question } from './likeness/question.js';
export type { Answered, LookUp } from './likeness/look-up.js';
export { SemanticCache } from './likeness/semantic-cache.service.js';
export { DiscoveredAccount } from './discovered-account.entity.js';
export { DriftWatch } from './drift/drift-watch.service.js';
export { EventQueue } from './events/event-queue.service.js';
export { EventsIntake, type EventsAnswer } from './events/events-intake.service.js';
export type { DriftRecord } from './belief/forget.js';
export { LearningModule } from './learning.module.js';
export type {
  AdEvidence,
  ArmPosterior,
  Cohort,
  GammaPosterior,
  ResponsePosterior,
  ValuePosterior,
} from './belief/posterior.js';
export { showCoupling, type CouplingAnswer } from './belief/show-coupling.js';
export { summariseBelief, summariseResponse } from './belief/summary.js';
export { LearningModelWeights } from './weights.entity.js';
export { OLD_LESSONS, OLD_LESSON_MONTHS } from './old-lessons.queries.js';
export { NewEvent } from './events/events.dto.js';
export { Embedder } from './likeness/embedder.service.js';
export { RedisTier } from './likeness/redis-tier.service.js';
