// The second door of the room: its limits, for the demonstration that moves budgets in memory. The
// index also loads services and entities, which a computation must not need.
export { guardLimits } from './guards/execution-mode.js';
export { planLimits } from './guards/plan-limits.js';
export { reachOf } from './guards/reach.js';
export { type Sighting, budgetVelocity } from './guards/velocity.js';
