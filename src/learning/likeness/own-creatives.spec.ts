import { describe, expect, it } from '@jest/globals';
import { CandidateCreatives } from './creative-likeness.js';
import { OwnCreatives, type OwnAd } from './own-creatives.js';

const ad = (
  adId: string,
  creative: Record<string, unknown>,
  value: number | null = 0,
  spendMinor = 100,
): OwnAd => ({ adId, creative, value, spendMinor, settledMinor: spendMinor });

function creativeDna(ads: OwnAd[]): Map<string, number> {
  const own = new OwnCreatives(ads);
  return new Map(ads.map(({ adId, creative }) => [adId, own.dnaOf(adId, own.nearestTo(creative))]));
}

const question = { hook_type: 'question', format: 'video' };
const offer = { hook_type: 'offer', format: 'image' };

describe('OwnCreatives', () => {
  it('is the percentile of the own creatives that the ad is like', () => {
    const dna = creativeDna([
      ad('good-1', question, 300),
      ad('good-2', question, 400),
      ad('bad-1', offer, 10),
      ad('bad-2', offer, 20),
      ad('new-good', question, null, 0),
      ad('new-bad', offer, null, 0),
    ]);
    // Percentiles among the four with spend: 0, 1/3, 2/3, 1.
    expect(dna.get('new-good')).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(dna.get('new-bad')).toBeCloseTo((0 + 1 / 3) / 2, 12);
    // An ad is no neighbour of its own.
    expect(dna.get('good-2')).toBeCloseTo(2 / 3, 12);
  });

  it('weighs neighbours by their likeness', () => {
    const dna = creativeDna([
      ad('same', question, 200),
      ad('half', { hook_type: 'question', format: 'image' }, 100),
      ad('new', question, null, 0),
    ]);
    expect(dna.get('new')).toBeCloseTo((1 * 1 + 0.5 * 0) / 1.5, 12);
  });

  it('looks at no more than the ten nearest', () => {
    const near = Array.from({ length: 10 }, (_, index) => ad(`near-${index}`, question, 100));
    const far = Array.from({ length: 30 }, (_, index) =>
      ad(`far-${index}`, { hook_type: 'question', format: 'image' }, 0),
    );
    const dna = creativeDna([...near, ...far, ad('new', question, null, 0)]);
    // The ten equal best of forty: thirty below, nine equal.
    expect(dna.get('new')).toBeCloseTo((30 + 4.5) / 39, 12);
  });

  it('is 0 without similar creatives, without a creative, and without values', () => {
    const dna = creativeDna([ad('a', question, 5), ad('b', offer, 5), ad('c', {}, null, 0)]);
    expect([...dna.values()]).toEqual([0, 0, 0]);
    expect(creativeDna([ad('a', question, null)]).get('a')).toBe(0);
    expect(creativeDna([])).toEqual(new Map());
  });

  it('does not depend on the order of the ads', () => {
    const ads = Array.from({ length: 30 }, (_, index) =>
      ad(`ad-${index}`, index % 3 === 0 ? question : offer, (index * 37) % 11, 50 + (index % 4)),
    );
    expect([...creativeDna([...ads].reverse())].sort()).toEqual([...creativeDna(ads)].sort());
  });
});

describe('its version', () => {
  const version = (...ads: OwnAd[]) => new OwnCreatives(ads).version;
  const two = [ad('a', question, 100), ad('b', offer, 50)] as const;

  it('stands whatever the ads earn and spend today, and changes with a creative', () => {
    expect(version(ad('a', question, 10), ad('b', offer, 900))).toBe(version(...two));
    expect(version(...[...two].reverse())).toBe(version(...two));
    expect(version(ad('a', question, 100), ad('b', question, 50))).not.toBe(version(...two));
    expect(version(...two, ad('c', offer, 0))).not.toBe(version(...two));
  });

  it('of many ads is that of those with the most spend before today', () => {
    const many = (spentToday: number) =>
      Array.from({ length: 300 }, (_, index) => ({
        ...ad(`ad-${index}`, question, index),
        settledMinor: 1000 - index,
        spendMinor: 1000 - index + spentToday * index,
      }));
    expect(version(...many(50))).toBe(version(...many(0)));
    const own = new OwnCreatives(many(50));
    expect([own.isCandidate('ad-199'), own.isCandidate('ad-200')]).toEqual([true, false]);
  });
});

describe('CandidateCreatives', () => {
  it('measures likeness as the mean over the traits that either has', () => {
    const left = { hook_type: 'Question', duration_s: 15, text: 'Try it now' };
    const right = { hook_type: 'question', duration_s: 30, text: 'Try it later', cta: 'x' };
    const [like, same, none] = new CandidateCreatives([right, left, {}]).likenesses(left);
    expect(like).toBeCloseTo((1 + 0.5 + 2 / 4 + 0) / 4, 12);
    expect(same).toBe(1);
    expect(none).toBe(0);
    expect([...new CandidateCreatives([left, {}]).likenesses({})]).toEqual([0, 0]);
  });
});
