// What the account's own plan forbids or bounds, in minor units, beside the environment's limits.
import type { Plan } from '../../accounts/index.js';
import { MAX_CHANGE_PCT_24H, MAX_CHANGE_PCT_7D } from '../../shared/budget-steps.js';
import { toMinor } from '../../shared/money.js';

export interface PlanLimits {
  /** Of every scope, also of one that is off: a lock is about the object, not about the scope. */
  lockedIds: ReadonlySet<string>;
  confidenceFloor: number | null;
  /** What all budgets of the account may add up to on one of its days. */
  dailyCeilingMinor: number | null;
  approvalAbovePct: number | null;
  maxChangePct24h: number;
  maxChangePct7d: number;
}

export function planLimits(plan: Plan | null, currency: string): PlanLimits {
  const ceiling = plan?.daily_spend_ceiling;
  return {
    lockedIds: new Set(plan?.scopes.flatMap(({ locked_ids: ids = [] }) => ids) ?? []),
    confidenceFloor: plan?.confidence_floor ?? null,
    dailyCeilingMinor: ceiling === undefined ? null : toMinor(ceiling, currency),
    approvalAbovePct: plan?.approval_above_pct ?? null,
    maxChangePct24h: plan?.max_change_pct_24h ?? MAX_CHANGE_PCT_24H,
    maxChangePct7d: plan?.max_change_pct_7d ?? MAX_CHANGE_PCT_7D,
  };
}
