// A change and its attempts in the words of the contract: major units, UTC, null for not known.
import { toMajor } from '../../shared/money.js';
import type { AdChange } from '../change.entity.js';
import type { AdChangeAttempt } from '../change-attempt.entity.js';
import { valueOf, type ChangeValue, type ObjectImage } from '../object-image.js';

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
    not_before: time(change.notBefore),
    blocked_by: change.blockedBy,
    detail: change.detail,
    warnings: change.warnings ?? [],
    before: showImage(change.beforeImage, change, currency),
    after: showImage(change.afterImage, change, currency),
    attempt_count: change.attempts,
    effective_at: time(change.effectiveAt),
    created_at: time(change.createdAt),
    updated_at: time(change.updatedAt),
    finished_at: time(change.finishedAt),
  };
}

export function showAttempt(attempt: AdChangeAttempt) {
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
  };
}

function showImage(image: ObjectImage | null, change: AdChange, currency: string) {
  if (image === null) return null;
  const major = (value: ChangeValue) =>
    typeof value === 'number' ? toMajor(value, currency) : value;
  return {
    value: major(valueOf(image, change.changeType)),
    status: image.status,
    daily_budget: major(image.dailyBudgetMinor),
    lifetime_budget: major(image.lifetimeBudgetMinor),
    bid: major(image.bidMinor),
    source: image.source,
  };
}

function time(instant: Date | null): string | null {
  return instant?.toISOString() ?? null;
}
