export { Decision } from './decisions/decision.entity.js';
export { DecisionsService } from './decisions/decisions.service.js';
export type { DecisionToApply } from './decisions/decision-to-apply.js';
export { DecisionsToQueue, type DecisionRef } from './decisions/decisions-to-queue.service.js';
export { readDecisionsOverview } from './overview.queries.js';
export { SamplingModule } from './sampling.module.js';
export { SamplingService, type DecisionReply } from './decisions/sampling.service.js';
export { OLD_DECISIONS } from './old-decisions.queries.js';
export { STALE_DECISION, StaleDecision } from './decisions/stale-decision.js';
