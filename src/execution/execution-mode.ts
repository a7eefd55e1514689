// Which accounts are really written to, and within which limits: the configuration in the words of
// the guards.
import type { GuardLimits } from './guard-rules.js';

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

/** Bounds over a day and a week hold beside the configured window (contract, section 2, plan). */
export function guardLimits(settings: ExecutionSettings): GuardLimits {
  return {
    windows: [
      { hours: settings.budgetVelocityWindowHours, limitPct: settings.budgetVelocityPct },
      { hours: 24, limitPct: 20 },
      { hours: 168, limitPct: 60 },
    ],
    approvalAbovePct: settings.approvalAbovePct,
  };
}

/** How far back a guard looks at the most. */
export function longestWindowHours({ windows }: GuardLimits): number {
  return windows.reduce((longest, { hours }) => Math.max(longest, hours), 0);
}
