import { describe, expect, it } from '@jest/globals';
import { dayBudgets } from './daily-ceiling.js';
import { reserveGroup, type Reservable, type ReserveFacts } from './reserve-group.js';

const FACTS: ReserveFacts = {
  ...{ actions: [], money: new Map(), adSets: new Set(['a', 'b']), cooldown: null, now: 1000 },
  ...{ actionsPerHour: 15, ceiling: null, running: null },
};
const move = (adId: string, from: number, to: number): Reservable => ({
  change: {
    ...{ id: `${adId}${to}`, adId, campaignId: 'c', changeType: 'budget', requestedMinor: to },
    ...{ currentMinor: from, origin: 'decision', decisionId: 'd', requestedStatus: null },
  },
  before: { image: { status: 'active', dailyBudgetMinor: from } },
});
const pause = (adId: string): Reservable => {
  const { change, before } = move(adId, 100, 100);
  const asked = { changeType: 'status', requestedMinor: null, requestedStatus: 'paused' };
  return { before, change: { ...change, ...asked, id: `${adId} off`, decisionId: null } };
};
const money = (rest: object) => ({
  money: new Map([
    [
      'd',
      {
        ...{ plannedGrowth: 0, freed: 0, used: 0, cutsOpen: 0, nextCutMillis: null },
        ...rest,
      },
    ],
  ]),
});
const verdicts = (group: Reservable[], rest: Partial<ReserveFacts>) => {
  const { go, held } = reserveGroup(group, { ...FACTS, ...rest });
  return [
    go.map(({ change }) => change.id),
    [...held].map(([id, { kind, code }]) => `${id} ${kind} ${code}`),
  ];
};

describe('a group before it is written', () => {
  it('releases a raise only when its money is free, and spends that money once', () => {
    const raises = [move('a', 100, 120), move('b', 100, 120)];
    expect(verdicts(raises, money({ cutsOpen: 1 }))).toEqual([
      [],
      ['a120 deferred execution.money_not_free', 'b120 deferred execution.money_not_free'],
    ]);
    expect(verdicts(raises, money({ freed: 20, cutsOpen: 0 }))).toEqual([
      ['a120'],
      ['b120 blocked execution.money_not_free'],
    ]);
    expect(verdicts(raises, money({ plannedGrowth: 40 }))[0]).toEqual(['a120', 'b120']);
    expect(verdicts(raises, money({ freed: 40, used: 30, cutsOpen: 2 }))[0]).toEqual([]);
  });

  it('never keeps a cut waiting for money', () => {
    expect(verdicts([move('a', 120, 100)], money({}))[0]).toEqual(['a100']);
  });

  it('schedules the fifth budget edit of an ad set in an hour instead of failing it', () => {
    const actions = [1, 2, 3, 4].map((at) => ({ campaignId: 'c', adId: 'a', isBudget: true, at }));
    const { held } = reserveGroup([move('a', 120, 100)], { ...FACTS, actions });
    expect(held.get('a100')).toMatchObject({
      ...{ kind: 'deferred', code: 'execution.adset_budget_rate', waitMillis: 3_600_000 - 999 },
    });
    // Bids and other objects are not counted, and campaigns have no such limit.
    expect(verdicts([move('b', 120, 100)], { actions })[0]).toEqual(['b100']);
    expect(verdicts([move('a', 120, 100)], { actions, adSets: new Set() })[0]).toEqual(['a100']);
  });

  it('fills the hour of the campaign as it goes', () => {
    const group = [move('a', 120, 100), move('b', 120, 100)];
    expect(verdicts(group, { actionsPerHour: 1 })).toEqual([
      ['a100'],
      ['b100 deferred execution.campaign_rate'],
    ]);
  });

  it('never stops the last object, also when the one before it in the group was the last but one', () => {
    const running = { active: new Set(['a', 'b']), stopping: new Set<string>() };
    expect(verdicts([pause('a'), pause('b')], { running })).toEqual([
      ['a off'],
      ['b off deferred execution.last_active'],
    ]);
    expect(verdicts([pause('a')], { running: { ...running, active: new Set(['a']) } })).toEqual([
      [],
      ['a off blocked execution.last_active'],
    ]);
    expect(
      verdicts([pause('b')], { running: { ...running, stopping: new Set(['a']) } })[1],
    ).toEqual(['b off deferred execution.last_active']);
  });

  it("fills the account's day as it goes", () => {
    const budgets = dayBudgets(
      ['a', 'b'].map((adId) => ({ adId, dailyBudgetMinor: 100 })),
      [],
    );
    const ceiling = { ceilingMinor: 220, budgets, millisToDayEnd: 1000 };
    const rest = { ...money({ plannedGrowth: 40 }), ceiling };
    expect(verdicts([move('a', 100, 120), move('b', 100, 120)], rest)).toEqual([
      ['a120'],
      ['b120 blocked execution.daily_spend_ceiling'],
    ]);
  });
});
