export { UNIT_VALUE_MINOR, type AccountBelief } from './account-belief.js';
export { formPosteriors, type AdBelief } from './belief.js';
export { BeliefsService, type AccountBeliefs, type BelievedArm } from './beliefs.service.js';
export { DiscoveredAccount } from './discovered-account.entity.js';
export { EventsIntake, type EventsAnswer } from './events/events-intake.service.js';
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
