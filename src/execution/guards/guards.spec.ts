import { describe, expect, it } from '@jest/globals';
import { type GuardedChange } from './guard-rules.js';
import { campaignRate } from './rates.js';
import { judge, shadowWords, type GuardFacts } from './guards.js';
import type { ObjectImage } from '../objects/object-image.js';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;

const LIVE: ObjectImage = {
  ...{ status: 'active', dailyBudgetMinor: 10_000, lifetimeBudgetMinor: null, bidMinor: null },
  source: 'platform',
};

const RAISE: GuardedChange = {
  ...{ changeType: 'budget', requestedMinor: 12_000, requestedStatus: null },
  ...{ currentMinor: null, currentStatus: null, origin: 'manual', approvedBy: null },
  ...{ adId: 'a', confidence: null },
};

const LIMITS: GuardFacts['limits'] = {
  windows: [
    { hours: 6, limitPct: 20 },
    { hours: 24, limitPct: 20 },
  ],
  ...{ approvalAbovePct: null, lockedIds: new Set(), confidenceFloor: null },
  dailyCeilingMinor: null,
};

const PAUSE: GuardedChange = {
  ...RAISE,
  ...{ changeType: 'status', requestedMinor: null, requestedStatus: 'paused' },
};

function facts(
  change: Partial<GuardedChange> = {},
  live: Partial<ObjectImage> = {},
  rest: Partial<GuardFacts> = {},
): GuardFacts {
  const image = { ...LIVE, ...live };
  return {
    change: { ...RAISE, ...change },
    live: image,
    bounds: { minBudgetMinor: null, maxBudgetMinor: null },
    sightings: [{ at: NOW, minor: image.dailyBudgetMinor ?? 0 }],
    now: NOW,
    currency: 'USD',
    limits: LIMITS,
    ...rest,
  };
}

const code = (given: GuardFacts) => {
  const verdict = judge(given);
  return 'code' in verdict ? [verdict.kind, verdict.code] : [verdict.kind];
};

describe('the guards', () => {
  it('name the value nearest to what was asked that would pass', () => {
    const detail = (given: GuardFacts) => {
      const verdict = judge(given);
      return 'detail' in verdict ? verdict.detail : '';
    };
    const raise = facts({ requestedMinor: 15_900 });
    expect(detail(raise)).toContain('the largest value that passes now is 120 USD');
    expect(judge({ ...raise, change: { ...raise.change, requestedMinor: 12_000 } }).kind).toBe(
      'allowed',
    );
    expect(judge({ ...raise, change: { ...raise.change, requestedMinor: 12_001 } }).kind).toBe(
      'blocked',
    );
    expect(detail(facts({ requestedMinor: 5000 }))).toContain(
      'the smallest value that passes now is 80 USD',
    );
    const bounds = { minBudgetMinor: 9000, maxBudgetMinor: 20_000 };
    expect(detail(facts({ requestedMinor: 15_900 }, {}, { bounds }))).toContain('is 120 USD');
    const ceiling = { ...LIMITS, dailyCeilingMinor: 11_000 };
    expect(detail(facts({ requestedMinor: 15_900 }, {}, { limits: ceiling }))).toContain('110 USD');
    const yen = facts({ requestedMinor: 15_900 }, {}, { currency: 'JPY' });
    expect(detail(yen)).toContain('12000 JPY');
  });

  it('allow a step within every rule, and see when nothing is to be done', () => {
    expect(judge(facts())).toEqual({ kind: 'allowed' });
    expect(judge(facts(PAUSE))).toEqual({ kind: 'allowed' });
    expect(judge(facts({ requestedMinor: 10_000 }))).toEqual({ kind: 'already' });
    expect(judge(facts(PAUSE, { status: 'paused' }))).toEqual({ kind: 'already' });
  });

  it('block for good what the object does not allow', () => {
    expect(code(facts({}, { status: 'archived' }))).toEqual(['blocked', 'execution.archived_ad']);
    expect(code(facts({}, { dailyBudgetMinor: null }))).toEqual([
      'blocked',
      'execution.not_budget_owner',
    ]);
    expect(code(facts({}, { dailyBudgetMinor: null, lifetimeBudgetMinor: 5 }))).toEqual([
      'blocked',
      'execution.lifetime_budget',
    ]);
  });

  it('block a change that was planned from another value', () => {
    expect(judge(facts({ currentMinor: 9_000 }))).toEqual({
      kind: 'blocked',
      code: 'execution.drift',
      detail: 'the change was planned from 9000 minor units, the live value is 10000 minor units',
    });
    expect(code(facts({ ...PAUSE, currentStatus: 'paused' }))).toEqual([
      'blocked',
      'execution.drift',
    ]);
    expect(judge(facts({ currentMinor: 10_000 }))).toEqual({ kind: 'allowed' });
  });

  it('do not call an unknown registered value drift', () => {
    const unknown = { dailyBudgetMinor: null, source: 'registered' } as const;
    expect(judge(facts({ currentMinor: 9_000 }, unknown))).toEqual({ kind: 'allowed' });
  });

  it('keep the floor and the ceiling of the ad', () => {
    const bounds = { minBudgetMinor: 9_000, maxBudgetMinor: 11_000 };
    const [below, above] = ['execution.below_min_budget', 'execution.above_max_budget'];
    const exactly = { minBudgetMinor: 12_000, maxBudgetMinor: 12_000 };
    expect(code(facts({}, {}, { bounds: exactly }))).toEqual(['allowed']);
    expect(code(facts({ requestedMinor: 8_999 }, {}, { bounds }))).toEqual(['blocked', below]);
    expect(code(facts({ requestedMinor: 11_001 }, {}, { bounds }))).toEqual(['blocked', above]);
    expect(code(facts({ requestedMinor: 11_000 }, {}, { bounds }))).toEqual(['allowed']);
  });

  it('defer a step that only comes too early, and block one that no waiting allows', () => {
    const sightings = [
      { at: NOW - 2 * HOUR, minor: 8_000 },
      { at: NOW - HOUR, minor: 10_000 },
    ];
    expect(judge(facts({}, {}, { sightings }))).toEqual({
      kind: 'deferred',
      code: 'execution.budget_velocity',
      detail: '50.0 % away from the budget of 6 h ago, 20 % are allowed within 6 h',
      waitMillis: 23 * HOUR,
    });
    expect(code(facts({ requestedMinor: 12_500 }))).toEqual([
      'blocked',
      'execution.budget_velocity',
    ]);
  });

  it('ask a person above the threshold, once, and never for an undo', () => {
    const limits = { ...LIMITS, windows: [], approvalAbovePct: 10 };
    expect(code(facts({}, {}, { limits }))).toEqual(['approval', 'execution.approval_required']);
    expect(code(facts({ requestedMinor: 11_000 }, {}, { limits }))).toEqual(['allowed']);
    expect(code(facts({ approvedBy: 'admin' }, {}, { limits }))).toEqual(['allowed']);
    expect(code(facts({ origin: 'undo' }, {}, { limits }))).toEqual(['allowed']);
    expect(code(facts({ requestedMinor: 1 }, { dailyBudgetMinor: 0 }, { limits }))).toEqual([
      'approval',
      'execution.approval_required',
    ]);
  });

  it('never touch a locked object, nor make a move that is less sure than the plan wants', () => {
    const lock = { limits: { ...LIMITS, lockedIds: new Set(['a']) } };
    expect(code(facts({}, {}, lock))).toEqual(['blocked', 'execution.locked']);
    expect(code(facts({ ...PAUSE, origin: 'undo' }, {}, lock))[1]).toBe('execution.locked');
    expect(code(facts({ adId: 'b' }, {}, lock))).toEqual(['allowed']);
    const floor = { limits: { ...LIMITS, confidenceFloor: 0.8 } };
    expect(code(facts({ confidence: 0.79 }, {}, floor))).toEqual([
      'blocked',
      'execution.confidence_floor',
    ]);
    expect(code(facts({ confidence: 0.8 }, {}, floor))).toEqual(['allowed']);
    expect(code(facts({}, {}, floor))).toEqual(['allowed']);
  });

  it('count fifteen actions in any hour and let the sixteenth follow the first one out', () => {
    const actions = Array.from({ length: 15 }, (_, i) => NOW - (60 - i) * 60_000 + 1);
    expect(campaignRate(actions.slice(1), NOW, 15)).toEqual({ kind: 'allowed' });
    expect(campaignRate(actions, NOW, 15)).toEqual({
      kind: 'deferred',
      code: 'execution.campaign_rate',
      detail: 'the campaign has had 15 actions within the hour, 15 are allowed',
      waitMillis: 1,
    });
    expect(campaignRate(actions, NOW + 1, 15)).toEqual({ kind: 'allowed' });
  });

  it('say in shadow what would have happened', () => {
    expect(shadowWords({ kind: 'allowed' }, 'registered')).toBe(
      'shadow mode: it would have been written' +
        ' (the platform could not be asked: judged by the registered ad)',
    );
    const verdict = { kind: 'deferred', code: 'x', detail: 'too early', waitMillis: 1 } as const;
    expect(shadowWords(verdict, 'platform')).toBe('shadow mode: it would have waited: too early');
  });
});
