import { describe, expect, it } from '@jest/globals';
import { spendAtStake } from './cost-of-being-wrong.js';

const before = (status: 'active' | 'paused', dailyBudgetMinor: number | null = 5000) => ({
  ...{ status, dailyBudgetMinor },
});
const budget = (requestedMinor: number) => ({
  ...({ changeType: 'budget', requestedMinor, requestedStatus: null } as const),
});
const status = (requestedStatus: 'active' | 'paused') => ({
  ...({ changeType: 'status', requestedMinor: null, requestedStatus } as const),
});

describe('the cost of being wrong', () => {
  it('is 1.75 times the raise until the next decision, and no spend for a cut', () => {
    expect(spendAtStake(budget(6001), before('active'))).toEqual({
      ...{ perDayMinor: 1001, worstCaseExtraMinor: 1752 },
    });
    expect(spendAtStake(budget(4000), before('active'))).toEqual({
      ...{ perDayMinor: -1000, worstCaseExtraMinor: 0 },
    });
  });

  it('counts the whole budget where an object starts, and nothing while it stands still', () => {
    expect(spendAtStake(status('active'), before('paused'))?.worstCaseExtraMinor).toBe(8750);
    expect(spendAtStake(status('paused'), before('active'))).toEqual({
      ...{ perDayMinor: -5000, worstCaseExtraMinor: 0 },
    });
    expect(spendAtStake(budget(9000), before('paused'))).toEqual({
      ...{ perDayMinor: 0, worstCaseExtraMinor: 0 },
    });
  });

  it('is not known where no budget is', () => {
    expect(spendAtStake(budget(9000), before('active', null))).toBe(null);
    const bid = { changeType: 'bid', requestedMinor: 50, requestedStatus: null } as const;
    expect(spendAtStake(bid, before('active'))).toBe(null);
  });
});
