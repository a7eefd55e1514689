import { describe, expect, it } from '@jest/globals';
import { contentDigest, type ChangeValues, type RegisteredAd } from './change-input.js';
import { sortChanges, type IntakeContext } from './sort-changes.js';

const AD: RegisteredAd = {
  ...{ campaignId: 'c', parentId: null, status: 'active', dailyBudgetMinor: 1000 },
  ...{ minBudgetMinor: null, maxBudgetMinor: null },
};

const LIMITS: IntakeContext['limits'] = {
  ...{ approvalAbovePct: null, lockedIds: new Set(), confidenceFloor: null },
  dailyCeilingMinor: null,
};

function raise(idempotencyKey: string, requestedMinor: number, adId = 'a'): ChangeValues {
  return {
    ...{ idempotencyKey, adId, changeType: 'budget', requestedMinor, requestedStatus: null },
    ...{ currentMinor: null, currentStatus: null, reason: null, confidence: null },
    notBefore: null,
  };
}

function context(rest: Partial<IntakeContext> = {}): IntakeContext {
  let made = 0;
  return {
    known: new Map(),
    ads: new Map([['a', AD]]),
    ...{ origin: 'manual', requestedBy: 'admin', decisionId: null, undoOf: null, writes: true },
    ...{ decisionAsOf: null, now: new Date('2026-11-22T08:00:00Z') },
    limits: LIMITS,
    makeId: () => `new-${++made}`,
    ...rest,
  };
}

const short = (items: ChangeValues[], given: IntakeContext) =>
  sortChanges(items, given).map((result) => {
    if (result.kind === 'accepted') return `${result.row.id} ${result.row.status}`;
    return result.kind === 'duplicate' ? `same as ${result.id}` : result.code;
  });

describe('sorting an intake', () => {
  it('knows repetitions and conflicts, within a request and against the queue', () => {
    const known = new Map([['old', { id: 'old-1', digest: contentDigest(raise('old', 1100)) }]]);
    const items = [
      ...[raise('old', 1100), raise('old', 1200), raise('new', 1100)],
      ...[raise('new', 1100), raise('new', 1200), raise('b', 1100, 'nobody')],
    ];
    expect(short(items, context({ known }))).toEqual([
      ...['same as old-1', 'execution.key_conflict', 'new-1 pending'],
      ...['same as new-1', 'execution.key_conflict', 'execution.unknown_ad'],
    ]);
  });

  it('finds a repetition even when the ad has been archived since', () => {
    const known = new Map([['old', { id: 'old-1', digest: contentDigest(raise('old', 1100)) }]]);
    const ads = new Map([['a', { ...AD, status: 'archived' as const }]]);
    expect(short([raise('old', 1100), raise('x', 1100)], context({ known, ads }))).toEqual([
      ...['same as old-1', 'execution.archived_ad'],
    ]);
  });

  it("keeps a decision's refused move in the record", () => {
    const ads = new Map([['a', { ...AD, status: 'archived' as const }]]);
    const [result] = sortChanges([raise('d', 1100)], context({ ads, origin: 'decision' }));
    expect(result).toMatchObject({
      kind: 'accepted',
      row: { status: 'blocked', blockedBy: 'execution.archived_ad' },
    });
  });

  it('lets large steps await approval, but not where nothing is written', () => {
    const limits = { ...LIMITS, approvalAbovePct: 10 };
    const items = [raise('x', 1100), raise('y', 1101)];
    expect(short(items, context({ limits }))).toEqual(['new-1 pending', 'new-2 awaiting_approval']);
    const shadow = context({ limits, writes: false });
    expect(short(items, shadow)).toEqual(['new-1 pending', 'new-2 pending']);
  });

  it("refuses what the account's plan forbids, whoever asks", () => {
    const limits = { ...LIMITS, lockedIds: new Set(['b']), confidenceFloor: 0.8 };
    const ads = new Map([
      ['a', AD],
      ['b', AD],
    ]);
    const items = [
      ...[raise('x', 1100, 'b'), { ...raise('y', 1100), confidence: 0.7 }],
      ...[{ ...raise('z', 1100), confidence: 0.8 }, raise('w', 2001), raise('v', 2000)],
    ];
    expect(short(items, context({ ads, limits: { ...limits, dailyCeilingMinor: 2000 } }))).toEqual([
      ...['execution.locked', 'execution.confidence_floor', 'new-1 pending'],
      ...['execution.daily_spend_ceiling', 'new-2 pending'],
    ]);
    const undo = sortChanges(items.slice(0, 1), context({ ads, limits, origin: 'undo' }));
    expect(undo[0]).toMatchObject({ kind: 'rejected', code: 'execution.locked', field: 'ad_id' });
  });
});
