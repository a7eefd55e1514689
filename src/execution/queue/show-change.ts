// A change and its attempts in the words of the contract: major units, UTC, null for not known.
import type { ChangeType } from '../../platforms/index.js';
import { toMajor } from '../../shared/money.js';
import type { AdChange } from '../objects/change.entity.js';
import type { AdChangeAttempt } from '../objects/change-attempt.entity.js';
import {
  DAYS_UNTIL_NEXT_DECISION,
  spendAtStake,
  type SpendAtStake,
} from '../guards/cost-of-being-wrong.js';
import { WORST_CASE_FACTOR } from '../guards/daily-ceiling.js';
import { valueOf, type ChangeValue, type ObjectImage } from '../objects/object-image.js';

/** What a decision says of one of its moves. */
export interface DecidedMove {
  /** Per day, with its interval, in `valueUnit`. */
  expectedGain: { mean: number; lo: number; hi: number };
  valueUnit: 'money' | 'conversions';
}

export function showChange(change: AdChange, currency: string) {
  const major = (minor: number | null) => (minor === null ? null : toMajor(minor, currency));
  return {
    id: change.id,
    idempotency_key: change.idempotencyKey,
    ad_id: change.adId,
    campaign_id: change.campaignId,
    change_type: change.changeType,
    requested_value: change.requestedStatus ?? major(change.requestedMinor),
    current_value: change.currentStatus ?? major(change.currentMinor),
    reason: change.reason,
    confidence: change.confidence,
    origin: change.origin,
    decision_id: change.decisionId,
    undo_of: change.undoOf,
    requested_by: change.requestedBy,
    approved_by: change.approvedBy,
    status: change.status,
    expires_at: change.status === 'awaiting_approval' ? time(change.approvalExpiresAt) : null,
    not_before: time(change.notBefore),
    blocked_by: change.blockedBy,
    detail: change.detail,
    warnings: change.warnings ?? [],
    before: showImage(change.beforeImage, change.changeType, currency),
    after: showImage(change.afterImage, change.changeType, currency),
    worst_case_extra_spend: major(stakeOf(change)?.worstCaseExtraMinor ?? null),
    attempt_count: change.attempts,
    effective_at: time(change.effectiveAt),
    created_at: time(change.createdAt),
    updated_at: time(change.updatedAt),
    finished_at: time(change.finishedAt),
  };
}

/** One line of the history: who, what, why, before, after, and what it could cost. */
export function showAttempt(attempt: AdChangeAttempt, currency: string) {
  const major = (minor: number | null) => (minor === null ? null : toMajor(minor, currency));
  return {
    attempt: attempt.attempt,
    at: time(attempt.at),
    effective_at: time(attempt.effectiveAt),
    mode: attempt.mode,
    batch_id: attempt.batchId,
    outcome: attempt.outcome,
    error: attempt.error,
    fbtrace_id: attempt.fbtraceId,
    duration_ms: attempt.durationMs,
    requested_by: attempt.requestedBy,
    approved_by: attempt.approvedBy,
    change_type: attempt.changeType,
    requested_value: attempt.requestedStatus ?? major(attempt.requestedMinor),
    reason: attempt.reason,
    decision_id: attempt.decisionId,
    confidence: attempt.confidence,
    before: showImage(attempt.beforeImage, attempt.changeType, currency),
    after: showImage(attempt.afterImage, attempt.changeType, currency),
    worst_case_extra_spend: major(attempt.worstCaseExtraMinor),
  };
}

/**
 * What the change can cost if it is wrong; null where no budget is known. `decided` is what its
 * decision says of it.
 */
export function showCost(change: AdChange, currency: string, decided: DecidedMove | null) {
  const stake = stakeOf(change);
  return {
    budget_change_per_day: stake && toMajor(stake.perDayMinor, currency),
    worst_case_extra_spend: stake && toMajor(stake.worstCaseExtraMinor, currency),
    days: DAYS_UNTIL_NEXT_DECISION,
    factor: WORST_CASE_FACTOR,
    probability_wrong: change.confidence === null ? null : rounded(1 - change.confidence),
    expected_gain_per_day: decided?.expectedGain ?? null,
    value_unit: decided?.valueUnit ?? null,
  };
}

/** Judged by the object as it was seen, else by the value that the caller believed in. */
function stakeOf(change: AdChange): SpendAtStake | null {
  const { beforeImage, currentMinor, changeType, requestedStatus } = change;
  const believed = {
    status: requestedStatus === 'active' ? ('paused' as const) : ('active' as const),
    dailyBudgetMinor: changeType === 'bid' ? null : currentMinor,
  };
  return spendAtStake(change, beforeImage ?? believed);
}

function showImage(image: ObjectImage | null, changeType: ChangeType, currency: string) {
  if (image === null) return null;
  const major = (value: ChangeValue) =>
    typeof value === 'number' ? toMajor(value, currency) : value;
  return {
    value: major(valueOf(image, changeType)),
    status: image.status,
    daily_budget: major(image.dailyBudgetMinor),
    lifetime_budget: major(image.lifetimeBudgetMinor),
    bid: major(image.bidMinor),
    source: image.source,
  };
}

/** Binary noise of 1 − confidence would look like precision. */
function rounded(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}

function time(instant: Date | null): string | null {
  return instant?.toISOString() ?? null;
}
