import { describe, expect, it } from '@jest/globals';
import { combinations } from './attributes.js';
import { candidateLevels, chooseLevel, hasEnough, type LevelAd } from './levels.js';

function ad(index: number, figures: Partial<LevelAd> = {}): LevelAd {
  return {
    adId: `ad-${index}`,
    campaignId: `c${index % 2}`,
    name: null,
    creative: { age: ['18-24', '25-34', '35+'][index % 3], gender: index % 2 ? 'F' : 'M' },
    spendMinor: 1000,
    clicks: 40,
    conversions: 1,
    ...figures,
  };
}

const ads = (count: number, figures: Partial<LevelAd> = {}) =>
  Array.from({ length: count }, (_, index) => ad(index, figures));

describe('hasEnough', () => {
  it('counts conversions that came and those that were to be expected', () => {
    expect(hasEnough({ conversions: 10, clicks: 1 }, 0.01)).toBe(true);
    // Nothing sold on 1,000 clicks at 1 %: that is evidence too.
    expect(hasEnough({ conversions: 0, clicks: 1000 }, 0.01)).toBe(true);
    expect(hasEnough({ conversions: 9, clicks: 900 }, 0.01)).toBe(false);
    expect(hasEnough({ conversions: null, clicks: 1e6 }, 0.01)).toBe(false);
  });
});

describe('chooseLevel', () => {
  it('stays with single ads where these carry the evidence', () => {
    const level = chooseLevel(ads(6, { conversions: 20 }));
    expect(level).toMatchObject({ kind: 'ad', enoughShare: 1 });
    expect(level?.cells).toHaveLength(6);
  });

  it('goes to the finest groups that have enough', () => {
    // 60 ads with one conversion each: 10 in each of the six cells of age × gender.
    const level = chooseLevel(ads(60));
    expect(level).toMatchObject({ name: 'age × gender', kind: 'cells', enoughShare: 1 });
    expect(level?.cells.map(({ label }) => label)).toContain('age 18-24, gender M');
  });

  it('looks at how much evidence there is and not at what it says', () => {
    const even = chooseLevel(ads(60, { clicks: 400 }));
    const uneven = chooseLevel(
      ads(60, { clicks: 400 }).map((one, index) => ({ ...one, conversions: index % 6 ? 0 : 6 })),
    );
    expect(uneven?.name).toBe(even?.name);
  });

  it('gives up where even campaigns have too little', () => {
    expect(chooseLevel(ads(4))).toBeNull();
    expect(chooseLevel([])).toBeNull();
    expect(chooseLevel(ads(60, { conversions: null }))).toBeNull();
  });

  it('keeps every ad in exactly one cell of every level', () => {
    const all = ads(20);
    for (const { cells } of candidateLevels(all)) {
      expect(cells.flatMap(({ adIds }) => adIds).sort()).toEqual(all.map((one) => one.adId).sort());
    }
  });
});

describe('combinations', () => {
  it('takes up to three attributes at once', () => {
    expect(combinations(['a', 'b'])).toEqual([['a'], ['b'], ['a', 'b']]);
    expect(combinations([...'abcdefghijklmnopqrst'])).toHaveLength(20 + 190 + 1140);
  });
});
