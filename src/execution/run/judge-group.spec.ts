import { describe, expect, it } from '@jest/globals';
import type { AdChange } from '../objects/change.entity.js';
import type { ObjectImage } from '../objects/object-image.js';
import type { AccountContext, Observed } from './account-context.js';
import { judgeGroup } from './judge-group.js';

const NOW = new Date('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

function context(rest: Partial<AccountContext> = {}): AccountContext {
  return {
    account: { accountId: 'a', currency: 'USD', simulated: true },
    ...{ writes: true, ads: new Map(), sightings: new Map(), now: NOW, toRaise: [] },
    day: { start: NOW, millisToEnd: 12 * HOUR },
    guardLimits: {
      ...{ windows: [{ hours: 6, limitPct: 20 }], approvalAbovePct: null, lockedIds: new Set() },
      ...{ confidenceFloor: null, dailyCeilingMinor: null },
    },
    ...{ limits: null, failure: null, active: null, cooldownKeys: [], cooldown: null },
    ...rest,
  } as unknown as AccountContext;
}

function observed(adId: string, change: Partial<AdChange> = {}): Observed {
  const image: ObjectImage = {
    ...{ status: 'active', dailyBudgetMinor: 5000, lifetimeBudgetMinor: null, bidMinor: null },
    source: 'platform',
  };
  return {
    change: {
      ...{ id: `change of ${adId}`, adId, changeType: 'status', requestedStatus: 'paused' },
      ...{ requestedMinor: null, currentMinor: null, currentStatus: null, origin: 'manual' },
      ...{ approvedBy: null, confidence: null, decisionId: null },
      ...change,
    } as AdChange,
    before: { image, at: NOW, delivery: null },
    recentSpendMinor: null,
  };
}

describe('judging a group', () => {
  it('lets every pause see those before it, and leaves the last object on', () => {
    const active = new Set(['one', 'two']);
    const {
      candidates,
      released,
      active: left,
    } = judgeGroup(...([[observed('one'), observed('two')], context({ active })] as const));
    expect(candidates.map(({ change }) => change.adId)).toEqual(['one']);
    expect(released.map(({ change, release }) => [change.adId, release.blockedBy])).toEqual([
      ['two', 'execution.last_active'],
    ]);
    expect(left).toEqual(new Set(['two']));
    // What was given is as it was: the next group starts from what is answered.
    expect(active).toEqual(new Set(['one', 'two']));
  });

  it('gives a person a day of the account to agree', () => {
    const raise = { changeType: 'budget', requestedMinor: 5500, requestedStatus: null } as const;
    const limits = { ...context().guardLimits, approvalAbovePct: 5 };
    const { released } = judgeGroup([observed('one', raise)], context({ guardLimits: limits }));
    expect(released).toMatchObject([
      {
        release: {
          to: 'awaiting_approval',
          approvalExpiresAt: new Date(NOW.getTime() + 24 * HOUR),
        },
      },
    ]);
  });

  it('writes nothing in shadow and says what it would have met', () => {
    const raise = { changeType: 'budget', requestedMinor: 9000, requestedStatus: null } as const;
    const { candidates, released } = judgeGroup(
      [observed('one'), observed('two', raise)],
      context({ writes: false }),
    );
    expect(candidates.map(({ change }) => change.adId)).toEqual(['one']);
    expect(released.map(({ release }) => [release.to, release.blockedBy])).toEqual([
      ['blocked', 'execution.budget_velocity'],
    ]);
  });
});
