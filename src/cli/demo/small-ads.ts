// Exports often hold only ads that had a result at least once. Then a small ad is in the file
// because it was lucky, and its rates say nothing: in the public KAG export ads with one click
// "sell" to 43 % of their visitors, those with many to 2 %. Such ads have to be recognised and kept
// out of evidence.

export interface CountedAd {
  adId: string;
  impressions: number;
  spendMinor: number;
  /** What it was selected by, if it was: leads where they are known, else conversions. */
  results: number;
}

export interface SmallAdSelection {
  /**
   * Ads without any result that were to be expected at the rate of the large ads, and that are
   * there.
   */
  expectedEmpty: number;
  foundEmpty: number;
  /** Ads large enough that a result was next to certain: their rates can be believed. */
  largeIds: Set<string>;
  /** Share of the spend that lies in them. */
  largeSpendShare: number;
}

/** Below so many missing ads their absence can be chance. */
const EXPECTED_EMPTY_MIN = 20;
const FOUND_SHARE_MAX = 0.5;
/**
 * E[x | x ≥ 1] = λ/(1 − e^−λ): at λ = 3 results selection flatters an ad by 5 %, at λ = 1 by 58 %.
 */
const LARGE_RESULTS = 3;

/** null when the export looks complete (or too small to tell). Results are taken as Poisson. */
export function smallAdSelection(ads: readonly CountedAd[]): SmallAdSelection | null {
  const spend = ads.reduce((sum, ad) => sum + ad.spendMinor, 0);
  const rate = rateOfLargeAds(ads, spend);
  if (rate === 0) return null;
  const expectedEmpty = ads.reduce((sum, ad) => sum + Math.exp(-rate * ad.impressions), 0);
  const foundEmpty = ads.filter(({ results }) => results === 0).length;
  if (expectedEmpty < EXPECTED_EMPTY_MIN || foundEmpty > FOUND_SHARE_MAX * expectedEmpty) {
    return null;
  }
  const large = ads.filter(({ impressions }) => rate * impressions >= LARGE_RESULTS);
  const largeSpend = large.reduce((sum, ad) => sum + ad.spendMinor, 0);
  return {
    expectedEmpty,
    foundEmpty,
    largeIds: new Set(large.map(({ adId }) => adId)),
    largeSpendShare: spend > 0 ? largeSpend / spend : 0,
  };
}

/** Results per impression over the largest ads, those that make up half of the spend. */
function rateOfLargeAds(ads: readonly CountedAd[], spend: number): number {
  let passed = 0;
  let impressions = 0;
  let results = 0;
  for (const ad of [...ads].sort((left, right) => right.spendMinor - left.spendMinor)) {
    if (passed > spend / 2) break;
    passed += ad.spendMinor;
    impressions += ad.impressions;
    results += ad.results;
  }
  return impressions > 0 ? results / impressions : 0;
}
