// Meta's answers in our terms. Budgets come as texts of integers in minor units, spend in insights
// as a text in major units: mixing the two up is wrong by a factor of a hundred.
import { PlatformError } from '../../shared/errors.js';
import { toMinor } from '../../shared/money.js';
import type {
  AccountLimits,
  AdObjectState,
  AdStatus,
  DeliveryFacts,
  EntityType,
  MetricReading,
} from '../ads/ad-account.js';
import type { AdWrite } from '../ads/ad-writer.js';
import { isRecord } from './graph-usage.js';

const STATUS_FROM_META: ReadonlyMap<unknown, AdStatus> = new Map([
  ['ACTIVE', 'active'],
  ['PAUSED', 'paused'],
  ['ARCHIVED', 'archived'],
  ['DELETED', 'archived'],
]);
const STATUS_TO_META: Readonly<Record<AdStatus, string>> = {
  active: 'ACTIVE',
  paused: 'PAUSED',
  archived: 'ARCHIVED',
};
const WHOLE = /^\d{1,15}$/;
const DECIMAL = /^\d{1,13}(\.\d{1,6})?$/;

/**
 * The object's own `status`, not `effective_status`: an ad under a paused campaign is still set to
 * active, and a read-back that said otherwise would call a good write failed.
 * @throws PlatformError `transient` for an answer that is not such an object.
 */
export function toObjectState(adId: string, body: unknown): AdObjectState {
  const fields = isRecord(body) ? body : {};
  const status = STATUS_FROM_META.get(fields['status']);
  if (!status) throw garbled(`${adId}.status`, fields['status']);
  return {
    adId,
    status,
    dailyBudgetMinor: ownedAmount(adId, fields, 'daily_budget'),
    lifetimeBudgetMinor: ownedAmount(adId, fields, 'lifetime_budget'),
    bidMinor: ownedAmount(adId, fields, 'bid_amount'),
  };
}

/** Meta's words for objects that deliver, or will as soon as Meta has looked at them. */
const DELIVERING: ReadonlySet<string> = new Set([
  ...['ACTIVE', 'IN_PROCESS', 'PENDING_REVIEW', 'PREAPPROVED', 'WITH_ISSUES'],
]);

/** What Meta leaves out is not known; `learning_stage_info` is there for active ad sets only. */
export function toDeliveryFacts(body: unknown): DeliveryFacts {
  const fields = isRecord(body) ? body : {};
  const effective = fields['effective_status'];
  const learning = fields['learning_stage_info'];
  const stage = isRecord(learning) ? learning['status'] : undefined;
  const schedule = fields['is_budget_schedule_enabled'];
  return {
    effectiveStatus: typeof effective === 'string' ? effective : null,
    isDelivering: typeof effective === 'string' ? DELIVERING.has(effective) : null,
    isLearning: typeof stage === 'string' ? stage === 'LEARNING' : null,
    hasBudgetSchedule: typeof schedule === 'boolean' ? schedule : null,
  };
}

/** Meta's account_status: disabled and closed. */
const CANNOT_SPEND: ReadonlySet<unknown> = new Set([2, 101]);

/** The ad account's own bounds, integers of minor units as texts or numbers; "0" is no cap. */
export function toAccountLimits(body: unknown): AccountLimits {
  const fields = isRecord(body) ? body : {};
  return {
    minDailyBudgetMinor: ownedAmount('account', fields, 'min_daily_budget'),
    spendCapMinor: ownedAmount('account', fields, 'spend_cap'),
    amountSpentMinor: amount('account', fields, 'amount_spent'),
    isDisabled: CANNOT_SPEND.has(fields['account_status']),
  };
}

/**
 * One row of account insights; spend in the major unit of `currency` becomes minor. Conversions
 * stay null: which action counts as one is the account's choice and not known here.
 */
export function toReading(
  row: unknown,
  level: EntityType,
  currency: string,
  observedAt: Date,
): MetricReading {
  const fields = isRecord(row) ? row : {};
  const adId = fields[`${level}_id`];
  if (typeof adId !== 'string' || adId === '') throw garbled(`${level}_id`, adId);
  return {
    adId,
    observedAt,
    impressions: figure(fields, 'impressions', WHOLE),
    clicks: figure(fields, 'clicks', WHOLE),
    spendMinor: toMinor(figure(fields, 'spend', DECIMAL), currency),
    conversions: null,
    revenueMinor: null,
  };
}

/**
 * The one form field of a write. An amount that is no positive integer of minor units is refused.
 */
export function writeFields(write: AdWrite): Record<string, string> {
  if (write.changeType === 'status') return { status: STATUS_TO_META[write.value] };
  const { valueMinor } = write;
  if (!Number.isSafeInteger(valueMinor) || valueMinor <= 0) {
    throw new PlatformError(
      'invalid',
      `a ${write.changeType} of ${valueMinor} minor units cannot be written: it takes a positive whole number`,
    );
  }
  return { [write.changeType === 'bid' ? 'bid_amount' : 'daily_budget']: String(valueMinor) };
}

/** Meta answers "0" for the budget kind that an object does not use, and none can be 0. */
function ownedAmount(adId: string, fields: Record<string, unknown>, name: string): number | null {
  return amount(adId, fields, name) || null;
}

function amount(adId: string, fields: Record<string, unknown>, name: string): number | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  if (!WHOLE.test(String(value))) throw garbled(`${adId}.${name}`, value);
  return Number(value);
}

/** Meta leaves a figure out of the row when it is zero. */
function figure(fields: Record<string, unknown>, name: string, form: RegExp): number {
  const value = fields[name] ?? '0';
  if (!form.test(String(value))) throw garbled(name, value);
  return Number(value);
}

function garbled(what: string, value: unknown): PlatformError {
  const shown = JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
  return new PlatformError('transient', `Meta's answer has ${shown} for ${what}`);
}
