import { describe, expect, it } from '@jest/globals';
import { decisionChanges } from '../queue/decision-changes.js';
import { dayBudgets, sum } from '../guards/daily-ceiling.js';
import { makePlan, type PlanAd, type PlanFacts } from './plan.js';

const ad = (adId: string, rest: Partial<PlanAd> = {}): [string, PlanAd] => [
  adId,
  {
    ...{ adId, status: 'active', dailyBudgetMinor: 1000, minBudgetMinor: null },
    ...{ maxBudgetMinor: null, ...rest },
  },
];

const raise = (adId: string, requestedMinor: number): PlanFacts['changes'][number] => ({
  ...{ id: `to-${adId}`, adId, campaignId: 'c' },
  change: {
    ...{ changeType: 'budget', requestedMinor, requestedStatus: null, currentMinor: null },
    ...{ currentStatus: null, origin: 'manual', approvedBy: null, adId, confidence: null },
  },
});

const LIMITS: PlanFacts['limits'] = {
  ...{ windows: [{ hours: 6, limitPct: 20 }], approvalAbovePct: null, lockedIds: new Set() },
  ...{ confidenceFloor: null, dailyCeilingMinor: null },
};

describe('the plan', () => {
  const ads = new Map([ad('a'), ad('b'), ad('c'), ad('d', { status: 'paused' })]);
  const running = [...ads.values()].filter(({ status }) => status === 'active');
  const facts: PlanFacts = {
    changes: [raise('a', 1200), raise('b', 1500), raise('c', 900)],
    ads,
    ...{ sightings: new Map(), actions: new Map([['c', [0]]]), now: 1000, limits: LIMITS },
    ...{ actionsPerHour: 2, budgets: dayBudgets(running, []), millisToDayEnd: 5000 },
    hasPeople: true,
    currency: 'USD',
  };
  const plan = makePlan({ ...facts, millisToDayEnd: 24 * 3_600_000 });

  it('lets go what every guard allows, and fills the hour of the campaign as it goes', () => {
    expect(plan.go).toEqual([{ id: 'to-a', adId: 'a', from: 1000, to: 1200 }]);
    expect(plan.held.map(({ id, verdict, code }) => [id, verdict, code])).toEqual([
      ['to-b', 'blocked', 'execution.budget_velocity'],
      ['to-c', 'deferred', 'execution.campaign_rate'],
    ]);
  });

  it('adds up the highest budgets of the day', () => {
    expect(sum(plan.budgets, 'highMinor')).toBe(3200);
  });

  it('holds what the plan of the account forbids, each with its reason', () => {
    const held = (limits: Partial<PlanFacts['limits']>, changes = [raise('a', 1200)]) =>
      makePlan({
        ...{ ...facts, changes, limits: { ...LIMITS, ...limits } },
        ...{ millisToDayEnd: 24 * 3_600_000 },
      }).held.map(({ verdict, code }) => [verdict, code]);
    expect(held({ lockedIds: new Set(['a']) })).toEqual([['blocked', 'execution.locked']]);
    expect(held({ dailyCeilingMinor: 3199 })).toEqual([
      ['blocked', 'execution.daily_spend_ceiling'],
    ]);
    expect(held({ dailyCeilingMinor: 3200 })).toEqual([]);
  });
});

describe('the changes of a decision', () => {
  it('are those that move, each with a key of its own', () => {
    const move = (adId: string, recommendedMinor: number, action: 'scale' | 'hold' | 'pause') => ({
      ...{ adId, currentMinor: 1000, recommendedMinor, action, confidence: 0.9, reason: 'why' },
    });
    const recommendations = [
      move('a', 1200, 'scale'),
      move('b', 1000, 'hold'),
      move('c', 0, 'pause'),
    ];
    const changes = decisionChanges({
      ...{
        accountId: 'x',
        decisionId: 'd1',
        asOf: new Date('2026-11-22T08:00:00Z'),
        requestedBy: 'admin',
        needsApproval: false,
        recommendations,
      },
    });
    const shared = { reason: 'why', confidence: 0.9, notBefore: null };
    expect(changes).toEqual([
      {
        ...{ idempotencyKey: 'decision:d1:c', adId: 'c', changeType: 'status', ...shared },
        ...{ requestedMinor: null, requestedStatus: 'paused', currentMinor: 1000 },
        currentStatus: 'active',
      },
      {
        ...{ idempotencyKey: 'decision:d1:a', adId: 'a', changeType: 'budget', ...shared },
        ...{ requestedMinor: 1200, requestedStatus: null, currentMinor: 1000, currentStatus: null },
      },
    ]);
  });
});
