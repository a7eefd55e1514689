// The classic score's "DNA" of a creative (contract, section 9): how well the account's own most similar
// creatives earn for their money. A hint for new ads that costs nothing and proves nothing.
import { CandidateCreatives, type Creative } from './creative-likeness.js';

export interface DnaAd {
  adId: string;
  creative: Creative;
  spendMinor: number;
  /** Money, or conversions where no revenue is known; null = not known. */
  value: number | null;
}

const NEIGHBOURS = 10;
/** Candidates are the ads with the most spend: beyond them an allocation of 10,000 ads would crawl. */
const CANDIDATES_MAX = 200;

/**
 * Similarity-weighted mean percentile of value per spend among the ten nearest own creatives, by ad id;
 * 0 where none is similar. Percentiles are among the ads with spend and a known value.
 */
export function creativeDna(ads: readonly DnaAd[]): Map<string, number> {
  const candidates = ads
    .filter(({ spendMinor, value }) => spendMinor > 0 && value !== null)
    .sort((left, right) => right.spendMinor - left.spendMinor || (left.adId < right.adId ? -1 : 1))
    .slice(0, CANDIDATES_MAX);
  const index = new CandidateCreatives(candidates.map(({ creative }) => creative));
  const percentiles = percentilesOf(candidates.map((ad) => (ad.value ?? 0) / ad.spendMinor));
  return new Map(
    ads.map((ad) => {
      const likenesses = index.likenesses(ad.creative);
      const nearest = nearestOf(likenesses, (one) => candidates[one]!.adId === ad.adId);
      let weight = 0;
      let total = 0;
      for (const one of nearest) {
        weight += likenesses[one]!;
        total += likenesses[one]! * percentiles[one]!;
      }
      return [ad.adId, weight > 0 ? total / weight : 0];
    }),
  );
}

/** The ten likest, the likest first; among equals the one with more spend. */
function nearestOf(likenesses: Float64Array, isItself: (index: number) => boolean): number[] {
  const nearest: number[] = [];
  for (let index = 0; index < likenesses.length; index += 1) {
    const like = likenesses[index]!;
    const last = nearest.at(-1);
    if (like <= 0 || isItself(index)) continue;
    if (nearest.length === NEIGHBOURS && last !== undefined && like <= likenesses[last]!) continue;
    let at = nearest.length;
    while (at > 0 && likenesses[nearest[at - 1]!]! < like) at -= 1;
    nearest.splice(at, 0, index);
    if (nearest.length > NEIGHBOURS) nearest.pop();
  }
  return nearest;
}

/** Share of the others below, equal ones counting half; alone it is in the middle. */
function percentilesOf(values: readonly number[]): number[] {
  if (values.length < 2) return values.map(() => 0.5);
  return values.map((value) => {
    let below = -0.5;
    for (const other of values) below += other < value ? 1 : other === value ? 0.5 : 0;
    return below / (values.length - 1);
  });
}
