// The classic score's "DNA" of a creative (contract, section 9): how well the account's own most similar
// creatives earn for their money. A hint for new ads that costs nothing and proves nothing.
import { createHash } from 'node:crypto';
import { CandidateCreatives, traitsOf, type Creative } from './creative-likeness.js';

export interface OwnAd {
  adId: string;
  creative: Creative;
  spendMinor: number;
  /** Money, or conversions where no revenue is known; null = not known. */
  value: number | null;
}

const NEIGHBOURS = 10;
/** Candidates are the ads with the most spend: beyond them an allocation of 10,000 ads would crawl. */
const CANDIDATES_MAX = 200;

export class OwnCreatives {
  /** Everything of the account that decides an answer: equal versions give equal answers. */
  readonly version: string;
  private readonly candidates: OwnAd[];
  private readonly places: Map<string, number>;
  private readonly percentiles: number[];
  /** Made by the first answer: where all answers are known already nobody pays for it. */
  private index: CandidateCreatives | null = null;

  /** Percentiles are among the ads with spend and a known value. */
  constructor(ads: readonly OwnAd[]) {
    this.candidates = ads
      .filter(({ spendMinor, value }) => spendMinor > 0 && value !== null)
      .sort(
        (left, right) => right.spendMinor - left.spendMinor || (left.adId < right.adId ? -1 : 1),
      )
      .slice(0, CANDIDATES_MAX);
    this.places = new Map(this.candidates.map(({ adId }, place) => [adId, place]));
    this.percentiles = percentilesOf(this.candidates.map((ad) => (ad.value ?? 0) / ad.spendMinor));
    this.version = versionOf(this.candidates, this.percentiles);
  }

  /** Whether an ad is one that others are compared with; then it has an answer of its own. */
  isCandidate(adId: string): boolean {
    return this.places.has(adId);
  }

  /**
   * Similarity-weighted mean percentile of value per spend among the ten nearest own creatives; 0 where
   * none is similar.
   */
  dnaOf({ adId, creative }: Pick<OwnAd, 'adId' | 'creative'>): number {
    this.index ??= new CandidateCreatives(this.candidates.map((one) => one.creative));
    const likenesses = this.index.likenesses(creative);
    let weight = 0;
    let total = 0;
    for (const one of nearestOf(likenesses, this.places.get(adId))) {
      weight += likenesses[one]!;
      total += likenesses[one]! * this.percentiles[one]!;
    }
    return weight > 0 ? total / weight : 0;
  }
}

/** The ten likest, the likest first; among equals the one with more spend. */
function nearestOf(likenesses: Float64Array, itself: number | undefined): number[] {
  const nearest: number[] = [];
  for (let index = 0; index < likenesses.length; index += 1) {
    const like = likenesses[index]!;
    const last = nearest.at(-1);
    if (like <= 0 || index === itself) continue;
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

/** Of places and percentiles, not of spend: a report that moves no ad past another changes nothing. */
function versionOf(candidates: readonly OwnAd[], percentiles: readonly number[]): string {
  const told = candidates.map(({ adId, creative }, place) => [
    adId,
    [...traitsOf(creative)],
    percentiles[place],
  ]);
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 22);
}
