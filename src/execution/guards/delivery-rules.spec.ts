import { describe, expect, it } from '@jest/globals';
import { liveFindings, type LiveFacts } from './delivery-rules.js';
import type { GuardedChange } from './guard-rules.js';
import type { ObjectImage } from '../objects/object-image.js';
import type { Sighting } from './velocity.js';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const LIVE: ObjectImage = {
  ...{ status: 'active', dailyBudgetMinor: 10_000, lifetimeBudgetMinor: null, bidMinor: null },
  source: 'platform',
};
const RAISE: GuardedChange = {
  ...{ changeType: 'budget', requestedMinor: 12_000, requestedStatus: null },
  ...{ currentMinor: null, currentStatus: null, origin: 'decision', approvedBy: null },
  ...{ adId: 'a', confidence: null },
};
const CUT = { ...RAISE, requestedMinor: 9000 };
const PAUSE: GuardedChange = {
  ...{ ...RAISE, changeType: 'status', requestedMinor: null, requestedStatus: 'paused' },
};
const SILENT: LiveFacts = {
  ...{ delivery: null, limits: null, recentSpendMinor: null, millisToDayEnd: null },
  ...{ activeOthers: null, hasPeople: true },
};
const DELIVERY = {
  effectiveStatus: 'ACTIVE',
  isDelivering: true,
  isLearning: false,
  hasBudgetSchedule: false,
};
const LIMITS = {
  ...{ minDailyBudgetMinor: null, spendCapMinor: null, amountSpentMinor: null },
  isDisabled: false,
};

function codes(
  change: GuardedChange,
  facts: Partial<LiveFacts>,
  sightings: Sighting[] = [],
): string[] {
  return liveFindings(change, LIVE, { ...SILENT, ...facts }, sightings, NOW).map(
    ({ code, automaticOnly }) => `${code.replace('execution.', '')}${automaticOnly ? '*' : ''}`,
  );
}

describe('what is read right before a write', () => {
  it('says nothing where nothing is known or all is well', () => {
    expect(codes(RAISE, {})).toEqual([]);
    expect(codes(RAISE, { delivery: DELIVERY, limits: LIMITS, recentSpendMinor: 24_000 })).toEqual(
      [],
    );
  });

  it.each<[string, GuardedChange, Partial<LiveFacts>]>([
    ['account_disabled', CUT, { limits: { ...LIMITS, isDisabled: true } }],
    ['below_platform_minimum', CUT, { limits: { ...LIMITS, minDailyBudgetMinor: 9001 } }],
    ['last_active', PAUSE, { activeOthers: 0 }],
    ['budget_schedule_active', CUT, { delivery: { ...DELIVERY, hasBudgetSchedule: true } }],
    [
      'not_delivering',
      RAISE,
      { delivery: { ...DELIVERY, effectiveStatus: 'CAMPAIGN_PAUSED', isDelivering: false } },
    ],
    [
      'spend_cap_near',
      RAISE,
      { limits: { ...LIMITS, spendCapMinor: 1000, amountSpentMinor: 900 } },
    ],
    ['cap_binding', RAISE, { recentSpendMinor: 23_999 }],
    ['learning*', CUT, { delivery: { ...DELIVERY, isLearning: true } }],
    ['late_day_raise*', RAISE, { millisToDayEnd: 6 * HOUR }],
  ])('speaks up: %s', (code, change, facts) => {
    expect(codes(change, facts)).toEqual([code]);
  });

  it('takes no budget of nothing on a real account that names no minimum', () => {
    const nothing = { ...CUT, requestedMinor: 0 };
    expect(codes(nothing, {})).toEqual(['below_platform_minimum']);
    expect(codes(nothing, { limits: LIMITS })).toEqual(['below_platform_minimum']);
    expect(codes(nothing, { hasPeople: false })).toEqual([]);
  });

  it('lets cuts and pauses pass where only a raise does harm', () => {
    const facts: Partial<LiveFacts> = {
      delivery: { ...DELIVERY, effectiveStatus: 'PAUSED', isDelivering: false },
      limits: { ...LIMITS, spendCapMinor: 1000, amountSpentMinor: 1000 },
      ...{ recentSpendMinor: 1, millisToDayEnd: 1, activeOthers: 1 },
    };
    expect(codes(CUT, facts)).toEqual([]);
    expect(codes(PAUSE, facts)).toEqual([]);
  });

  it('sees the hand of a person in a value that we did not set, for 72 hours', () => {
    const seen = (hoursAgo: number, own = false) => [
      { at: NOW - 100 * HOUR, minor: 8000, own: false },
      { at: NOW - hoursAgo * HOUR, minor: 10_000, own },
    ];
    expect(codes(CUT, {}, seen(71))).toEqual(['human_hold*']);
    expect(codes(CUT, {}, seen(72))).toEqual([]);
    expect(codes(CUT, {}, seen(1, true))).toEqual([]);
    expect(codes(PAUSE, {}, seen(1))).toEqual([]);
    // In a simulated account it was the launch of another ad that took its share.
    expect(codes(CUT, { hasPeople: false }, seen(1))).toEqual([]);
  });
});
