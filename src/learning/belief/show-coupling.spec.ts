import { describe, expect, it } from '@jest/globals';
import { formPosteriors } from './belief.js';
import type { AdEvidence } from './posterior.js';
import { showCoupling } from './show-coupling.js';

const SETTINGS = { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 };

/** Matured ads of one campaign; the more clicks, the fewer sales. */
function campaign(campaignId: string, ads: number): AdEvidence[] {
  return Array.from({ length: ads }, (_, index) => ({
    adId: `${campaignId}-${index}`,
    campaignId,
    undated: true,
    cohorts: [
      {
        at: 0,
        impressions: 10_000,
        clicks: 100 + 20 * (index % 5),
        spendMinor: 1000,
        conversions: 12 - 2 * (index % 5),
        revenueMinor: null,
      },
    ],
  }));
}

describe('showCoupling', () => {
  it('has the shape of the contract, campaign by campaign', () => {
    const { account } = formPosteriors({
      ads: [...campaign('one', 20), ...campaign('two', 3)],
      asOf: Date.UTC(2026, 2, 1),
      settings: SETTINGS,
    });
    const shown = showCoupling(account);
    expect(Object.keys(shown)).toEqual(['beta', 'lo', 'hi', 'ads', 'applied', 'by_campaign']);
    expect(shown.ads).toBe(23);
    expect(shown.hi ?? 1).toBeLessThan(0);
    const [one, two] = shown.by_campaign;
    expect(one).toMatchObject({ campaign_id: 'one', ads: 20 });
    expect(one?.beta ?? 1).toBeLessThan(-0.5);
    // Three ads are no estimate: no interval, and the account's own β stands in.
    expect(two).toMatchObject({ campaign_id: 'two', ads: 3, lo: null, hi: null });
  });
});
