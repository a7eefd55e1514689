import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { layOut, type BatchSettings, type Placed } from './batches.js';

const SETTINGS: BatchSettings = {
  ...{ batchModeEnabled: true, batchMinChanges: 10, batchSize: 50 },
  writesPerCall: 50,
};
const adSet = (adId: string, campaignId: string, waitsForFunding = false): Placed => ({
  ...{ adId, campaignId, entityType: 'adset', waitsForFunding },
});
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => adSet(`a${index}`, `c${index}`));

describe('the layout of calls', () => {
  it('is one call for fifty changes, and one by one below the minimum or when switched off', () => {
    expect(layOut(many(50), SETTINGS).map((group) => group.length)).toEqual([50]);
    expect(layOut(many(51), SETTINGS).map((group) => group.length)).toEqual([50, 1]);
    expect(layOut(many(9), SETTINGS)).toHaveLength(9);
    expect(layOut(many(50), { ...SETTINGS, batchModeEnabled: false })).toHaveLength(50);
  });

  it('is bounded by what the platform carries in one call', () => {
    const few = layOut(many(20), { ...SETTINGS, writesPerCall: 7 });
    expect(few.map((group) => group.length)).toEqual([7, 7, 6]);
  });

  it('puts cuts before the raises that wait for their money', () => {
    const due = many(20).map((one, index) => ({ ...one, waitsForFunding: index % 2 === 0 }));
    const [first, then, ...rest] = layOut(due, SETTINGS);
    expect([first?.length, then?.length, rest]).toEqual([10, 10, []]);
    expect(first?.some(({ waitsForFunding }) => waitsForFunding)).toBe(false);
  });

  it('loses nothing and never lets siblings or one object twice share a batch', () => {
    const placed = fc.record({
      adId: fc.integer({ min: 0, max: 30 }).map(String),
      campaignId: fc.integer({ min: 0, max: 8 }).map(String),
      entityType: fc.constantFrom('campaign' as const, 'adset' as const, 'ad' as const),
      waitsForFunding: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 200 }), (due) => {
        const groups = layOut(due, SETTINGS);
        expect(groups.flat()).toHaveLength(due.length);
        expect(new Set(groups.flat()).size).toBe(new Set(due).size);
        for (const group of groups) {
          const owners = group.filter(({ entityType }) => entityType !== 'ad');
          const ads = group.filter(({ entityType }) => entityType === 'ad');
          expect(new Set(owners.map(({ campaignId }) => campaignId)).size).toBe(owners.length);
          expect(new Set(ads.map(({ adId }) => adId)).size).toBe(ads.length);
        }
      }),
    );
  });
});
