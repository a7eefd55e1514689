import { describe, expect, it } from '@jest/globals';
import {
  adFault,
  changeValues,
  contentDigest,
  isChangeFault,
  type ChangeValues,
  type RegisteredAd,
} from './change-input.js';
import type { NewChange } from './changes.dto.js';

const CHANGE: NewChange = {
  ...{ idempotency_key: 'k', ad_id: 'a', change_type: 'budget', requested_value: 12.34 },
};

const AD: RegisteredAd = {
  ...{ campaignId: 'c', parentId: null, status: 'active', dailyBudgetMinor: 1000 },
  ...{ minBudgetMinor: null, maxBudgetMinor: null },
};

function faultCode(change: Partial<NewChange>, currency = 'EUR'): string | null {
  const value = changeValues({ ...CHANGE, ...change }, currency);
  return isChangeFault(value) ? `${value.field}: ${value.code}` : null;
}

function valuesOf(change: Partial<NewChange>): ChangeValues {
  const value = changeValues({ ...CHANGE, ...change }, 'EUR');
  if (isChangeFault(value)) throw new Error(value.code);
  return value;
}

describe('the input of a change', () => {
  it('becomes minor units or a status', () => {
    expect(valuesOf({ current_value: 10, not_before: '2026-11-22T09:00:00+01:00' })).toEqual({
      ...{ idempotencyKey: 'k', adId: 'a', changeType: 'budget' },
      ...{ requestedMinor: 1234, requestedStatus: null, currentMinor: 1000, currentStatus: null },
      ...{ reason: null, confidence: null, notBefore: new Date('2026-11-22T08:00:00Z') },
    });
    expect(valuesOf({ change_type: 'status', requested_value: 'paused' })).toMatchObject({
      ...{ requestedMinor: null, requestedStatus: 'paused' },
    });
  });

  it('is refused when the value cannot be meant', () => {
    expect(faultCode({ requested_value: 12.345 })).toBe(
      'requested_value: execution.fractional_minor',
    );
    expect(faultCode({ requested_value: 0.5 }, 'JPY')).toBe(
      'requested_value: execution.fractional_minor',
    );
    expect(faultCode({ requested_value: -1 })).toBe('requested_value: execution.negative_value');
    expect(faultCode({ requested_value: 1e9 })).toBe('requested_value: execution.absurd_value');
    expect(faultCode({ requested_value: 1e9 }, 'VND')).toBe(null);
    expect(faultCode({ requested_value: 'paused' })).toBe(
      'requested_value: execution.invalid_value',
    );
    expect(faultCode({ change_type: 'status', requested_value: 'deleted' })).toBe(
      'requested_value: execution.unknown_status',
    );
    expect(faultCode({ current_value: 1.001 })).toBe('current_value: execution.fractional_minor');
    expect(faultCode({ currency: 'USD' })).toBe('currency: execution.other_currency');
    expect(faultCode({ currency: 'EUR' })).toBe(null);
  });

  it('is held against the registered ad', () => {
    const change = valuesOf({});
    const code = (ad: Partial<RegisteredAd>) => adFault(change, { ...AD, ...ad })?.code ?? null;
    expect(adFault(change, undefined)?.code).toBe('execution.unknown_ad');
    expect(code({})).toBe(null);
    expect(code({ status: 'archived' })).toBe('execution.archived_ad');
    expect(code({ dailyBudgetMinor: null, parentId: 'p' })).toBe('execution.not_budget_owner');
    // Without a parent the budget is merely not known.
    expect(code({ dailyBudgetMinor: null })).toBe(null);
    expect(code({ minBudgetMinor: 2000 })).toBe('execution.below_min_budget');
    expect(code({ maxBudgetMinor: 1000 })).toBe('execution.above_max_budget');
  });

  it('has one digest for one content, however it is written', () => {
    const digest = (change: Partial<NewChange>) => contentDigest(valuesOf(change));
    expect(digest({ requested_value: 12.34, current_value: null })).toBe(digest({}));
    expect(digest({ not_before: '2026-11-22T09:00:00+01:00' })).toBe(
      digest({ not_before: '2026-11-22T08:00:00Z' }),
    );
    expect(digest({ requested_value: 12.35 })).not.toBe(digest({}));
    expect(digest({ reason: 'because' })).not.toBe(digest({}));
  });
});
