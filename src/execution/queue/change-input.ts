// From the API's change to the row: units, and every rule that can be judged from the change, the
// registered ad and the account alone. A refusal here is one that no waiting could lift.
import { createHash } from 'node:crypto';
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { parseInstant } from '../../shared/time.js';
import { aloneAboveCeiling } from '../guards/daily-ceiling.js';
import {
  boundsRefusal,
  planRefusal,
  type BudgetBounds,
  type GuardLimits,
} from '../guards/guard-rules.js';
import { readValue } from './change-value.js';
import type { NewChange } from './changes.dto.js';

export interface ChangeValues {
  idempotencyKey: string;
  adId: string;
  changeType: ChangeType;
  requestedMinor: number | null;
  requestedStatus: AdStatus | null;
  currentMinor: number | null;
  currentStatus: AdStatus | null;
  reason: string | null;
  confidence: number | null;
  notBefore: Date | null;
}

export interface ChangeFault {
  code: string;
  detail: string;
  field: string;
}

export interface RegisteredAd extends BudgetBounds {
  campaignId: string;
  parentId: string | null;
  status: AdStatus;
  dailyBudgetMinor: number | null;
}

/** The row's values, or the first rule that the change breaks by itself. */
export function changeValues(change: NewChange, currency: string): ChangeValues | ChangeFault {
  if (change.currency !== undefined && change.currency !== currency) {
    const detail = `is ${change.currency}, the account is in ${currency}`;
    return { code: 'execution.other_currency', detail, field: 'currency' };
  }
  const requested = readValue(change.change_type, change.requested_value, currency);
  if ('code' in requested) return { ...requested, field: 'requested_value' };
  const current =
    change.current_value === undefined || change.current_value === null
      ? { minor: null, status: null }
      : readValue(change.change_type, change.current_value, currency);
  if ('code' in current) return { ...current, field: 'current_value' };
  return {
    idempotencyKey: change.idempotency_key,
    adId: change.ad_id,
    changeType: change.change_type,
    requestedMinor: requested.minor,
    requestedStatus: requested.status,
    currentMinor: current.minor,
    currentStatus: current.status,
    reason: change.reason ?? null,
    confidence: change.confidence ?? null,
    notBefore: change.not_before ? parseInstant(change.not_before) : null,
  };
}

export function isChangeFault(value: ChangeValues | ChangeFault): value is ChangeFault {
  return 'code' in value;
}

/** What the registered ad forbids, or null. */
export function adFault(change: ChangeValues, ad: RegisteredAd | undefined): ChangeFault | null {
  if (!ad) {
    const detail = 'the account has no ad with this id';
    return { code: 'execution.unknown_ad', detail, field: 'ad_id' };
  }
  if (ad.status === 'archived') {
    const detail = 'the ad is archived and takes no changes';
    return { code: 'execution.archived_ad', detail, field: 'ad_id' };
  }
  if (change.changeType === 'budget' && ad.dailyBudgetMinor === null && ad.parentId !== null) {
    const detail = `the budget is carried by ${ad.parentId}, not by this object`;
    return { code: 'execution.not_budget_owner', detail, field: 'ad_id' };
  }
  const outside = boundsRefusal(change, ad);
  return outside ? { ...outside, field: 'requested_value' } : null;
}

/** What the account's plan forbids, or null. */
export function planFault(
  change: ChangeValues,
  limits: Pick<GuardLimits, 'lockedIds' | 'confidenceFloor' | 'dailyCeilingMinor'>,
): ChangeFault | null {
  const refusal = planRefusal(change, limits);
  if (refusal) {
    return { ...refusal, field: refusal.code === 'execution.locked' ? 'ad_id' : 'confidence' };
  }
  const budget = change.changeType === 'budget' ? change.requestedMinor : null;
  const above = aloneAboveCeiling(budget, limits.dailyCeilingMinor);
  return above && { ...above, field: 'requested_value' };
}

/**
 * The same request gives the same digest, whatever its spelling (12.5 and 12.50, zones of times).
 */
export function contentDigest(values: ChangeValues): string {
  const { adId, changeType, requestedMinor, requestedStatus, currentMinor, currentStatus } = values;
  const { reason, confidence, notBefore } = values;
  const content = [
    ...[adId, changeType, requestedMinor, requestedStatus, currentMinor, currentStatus],
    ...[reason, confidence, notBefore?.getTime() ?? null],
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
