// Which accounts are really written to, and within which limits: the configuration and the
// account's plan in the words of the guards.
import type { GuardLimits } from './guard-rules.js';
import type { PlanLimits } from './plan-limits.js';

export type AccountMode = 'live' | 'shadow' | 'sandbox';

/** A simulated account is always written; EXECUTION_MODE governs the real ones. */
export function modeOf(
  account: { simulated: boolean },
  executionMode: 'shadow' | 'live' | 'sandbox',
): AccountMode {
  if (account.simulated) return 'sandbox';
  return executionMode === 'live' ? 'live' : 'shadow';
}

export interface ExecutionSettings {
  budgetVelocityPct: number;
  budgetVelocityWindowHours: number;
  approvalAbovePct: number | null;
}

/** The plan's bounds over a day and a week hold beside the configured window. */
export function guardLimits(settings: ExecutionSettings, plan: PlanLimits): GuardLimits {
  return {
    windows: [
      { hours: settings.budgetVelocityWindowHours, limitPct: settings.budgetVelocityPct },
      { hours: 24, limitPct: plan.maxChangePct24h },
      { hours: 168, limitPct: plan.maxChangePct7d },
    ],
    approvalAbovePct: smaller(settings.approvalAbovePct, plan.approvalAbovePct),
    lockedIds: plan.lockedIds,
    confidenceFloor: plan.confidenceFloor,
    dailyCeilingMinor: plan.dailyCeilingMinor,
  };
}

/** How far back a guard looks at the most. */
export function longestWindowHours({ windows }: Pick<GuardLimits, 'windows'>): number {
  return windows.reduce((longest, { hours }) => Math.max(longest, hours), 0);
}

/** Of two thresholds the stricter one holds; null = none. */
function smaller(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
