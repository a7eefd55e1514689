import { describe, expect, it } from '@jest/globals';
import { randomStream } from '../../shared/random.js';
import { smallAdSelection, type CountedAd } from './small-ads.js';

/** A thousand ads of very different size with one true rate, at 1 cent per impression. */
function everyAd(): CountedAd[] {
  const random = randomStream(9, 'ads');
  return Array.from({ length: 1000 }, (_, index) => {
    const impressions = Math.ceil(Math.exp(random.normal(8, 2)));
    const results = random.poisson(impressions * 1e-4);
    return { adId: `ad-${index}`, impressions, spendMinor: impressions, results };
  });
}

describe('smallAdSelection', () => {
  it('finds nothing wrong with a complete export', () => {
    expect(smallAdSelection(everyAd())).toBeNull();
  });

  it('notices that the ads without a result are missing, and keeps the large ones', () => {
    const ads = everyAd();
    const told = ads.filter(({ results }) => results > 0);
    const selection = smallAdSelection(told);
    expect(selection).toMatchObject({ foundEmpty: 0 });
    expect(selection?.expectedEmpty).toBeGreaterThan(20);
    const large = ads.filter(({ impressions }) => impressions >= 30_000);
    const kept = told.filter(({ adId }) => selection?.largeIds.has(adId));
    // The rate of the largest ads is itself estimated, so the border is not exact.
    expect(kept.length / large.length).toBeGreaterThan(0.8);
    expect(kept.length / large.length).toBeLessThan(1.25);
  });

  it('cannot tell anything without results', () => {
    expect(smallAdSelection(everyAd().map((ad) => ({ ...ad, results: 0 })))).toBeNull();
    expect(smallAdSelection([])).toBeNull();
  });
});
