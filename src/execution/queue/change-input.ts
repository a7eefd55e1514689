// From the API's change to the row: units, and every rule that can be judged from the change, the
// registered ad and the account alone. A refusal here is one that no waiting could lift.
import { createHash } from 'node:crypto';
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { isWholeMinor, toMinor } from '../../shared/money.js';
import { parseInstant } from '../../shared/time.js';
import { aloneAboveCeiling } from '../guards/daily-ceiling.js';
import {
  boundsRefusal,
  planRefusal,
  type BudgetBounds,
  type GuardLimits,
} from '../guards/guard-rules.js';
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

const STATUSES: readonly string[] = ['active', 'paused', 'archived'];

/**
 * No platform takes a day's budget above about a million US dollars; more is a slip of the hand.
 */
const ABSURD_MAJOR_STRONG = 1_000_000;
/** Units to a US dollar, rounded up generously, where it is more than a handful. */
const WEAK_CURRENCIES: Readonly<Record<string, number>> = {
  ...{ ARS: 3000, BDT: 200, CLP: 2000, COP: 10_000, CRC: 1000, CZK: 50, DZD: 300, EGP: 100 },
  ...{ HUF: 800, IDR: 30_000, INR: 200, IQD: 3000, ISK: 300, JPY: 300, KES: 300, KRW: 3000 },
  ...{ LBP: 200_000, LKR: 600, MXN: 50, NGN: 3000, NIO: 80, PHP: 100, PKR: 600, PYG: 15_000 },
  ...{ RSD: 200, RUB: 200, THB: 70, TRY: 100, TWD: 70, TZS: 5000, UAH: 100, UGX: 8000 },
  ...{ UYU: 100, VEF: 1_000_000, VES: 1000, VND: 50_000, ZAR: 40 },
};

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

function readValue(
  type: ChangeType,
  value: number | string,
  currency: string,
): { minor: number | null; status: AdStatus | null } | Omit<ChangeFault, 'field'> {
  if (type === 'status') {
    return typeof value === 'string' && STATUSES.includes(value)
      ? { minor: null, status: value as AdStatus }
      : { code: 'execution.unknown_status', detail: 'must be active, paused or archived' };
  }
  if (typeof value !== 'number') {
    return { code: 'execution.invalid_value', detail: 'must be a number of major units' };
  }
  if (value < 0) return { code: 'execution.negative_value', detail: 'must not be negative' };
  const absurdAbove = ABSURD_MAJOR_STRONG * (WEAK_CURRENCIES[currency] ?? 1);
  if (value > absurdAbove) {
    const detail = `${value} ${currency} is more than any platform takes (${absurdAbove})`;
    return { code: 'execution.absurd_value', detail };
  }
  if (!isWholeMinor(value, currency)) {
    const detail = `${value} is not a whole number of ${currency} minor units`;
    return { code: 'execution.fractional_minor', detail };
  }
  return { minor: toMinor(value, currency), status: null };
}
