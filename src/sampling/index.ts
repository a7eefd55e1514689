export { Decision } from './decision.entity.js';
export { DecisionsService, type DecisionToApply } from './decisions.service.js';
export { readDecisionsOverview, type DecisionsOverview } from './overview.queries.js';
export { SamplingModule } from './sampling.module.js';
export { SamplingService, type DecisionReply } from './sampling.service.js';
