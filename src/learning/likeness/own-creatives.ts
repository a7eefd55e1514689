// The classic score's "DNA" of a creative (contract, section 9): how well the account's own most
// similar creatives earn for their money. A hint for new ads that costs nothing and proves nothing.
// Which creatives are alike is slow to find and stays; what they earn changes with every report and
// is arithmetic: the two are apart, so that the first can be remembered and the second is always
// fresh.
import { createHash } from 'node:crypto';
import { CandidateCreatives, traitsOf, type Creative } from './creative-likeness.js';

export interface OwnAd {
  adId: string;
  creative: Creative;
  spendMinor: number;
  /** Spend before the account's day began: it stands while the day's numbers come in. */
  settledMinor: number;
  /** Money, or conversions where no revenue is known; null = not known. */
  value: number | null;
}

/** An own creative and its likeness to another, above 0 and up to 1. */
export type Neighbour = [adId: string, likeness: number];

export function isNeighbour(value: unknown): value is Neighbour {
  const [adId, likeness] = Array.isArray(value) ? (value as unknown[]) : [];
  // A sum of shares of one may pass 1 by the last bit.
  return (
    typeof adId === 'string' && typeof likeness === 'number' && likeness > 0 && likeness < 1.001
  );
}

const NEIGHBOURS = 10;
/**
 * Candidates are the ads with the most spend before today: beyond them an allocation of 10,000 ads
 * would crawl, and by the spend of this minute others would join and leave with every report.
 */
const CANDIDATES_MAX = 200;

export class OwnCreatives {
  /** Of the candidates and their creatives: equal versions give equal neighbours. */
  readonly version: string;
  private readonly candidates: OwnAd[];
  private readonly percentiles: Map<string, number>;
  /** Made by the first answer: where all answers are known already nobody pays for it. */
  private index: CandidateCreatives | null = null;

  /** Percentiles are among the candidates: ads with spend and a known value. */
  constructor(ads: readonly OwnAd[]) {
    this.candidates = ads
      .filter(({ spendMinor, value }) => spendMinor > 0 && value !== null)
      .sort((left, right) => right.settledMinor - left.settledMinor || byId(left, right))
      .slice(0, CANDIDATES_MAX)
      .sort(byId);
    const percentiles = percentilesOf(this.candidates.map((ad) => (ad.value ?? 0) / ad.spendMinor));
    this.percentiles = new Map(
      this.candidates.map(({ adId }, place) => [adId, percentiles[place] ?? 0]),
    );
    this.version = versionOf(this.candidates);
  }

  /** Whether an ad is one that others are compared with. */
  isCandidate(adId: string): boolean {
    return this.percentiles.has(adId);
  }

  /**
   * The likest candidates, the likest first; one more than count, for an ad is no neighbour of its
   * own and ads with equal creatives share their answer.
   */
  nearestTo(creative: Creative): Neighbour[] {
    this.index ??= new CandidateCreatives(this.candidates.map((one) => one.creative));
    const likenesses = this.index.likenesses(creative);
    return nearestOf(likenesses, NEIGHBOURS + 1).map((place) => [
      this.candidates[place]!.adId,
      likenesses[place]!,
    ]);
  }

  /**
   * Similarity-weighted mean percentile of value per spend among the ten nearest own creatives; 0
   * where none is similar.
   */
  dnaOf(adId: string, nearest: readonly Neighbour[]): number {
    const others = nearest.filter(([id]) => id !== adId).slice(0, NEIGHBOURS);
    let weight = 0;
    let total = 0;
    for (const [id, likeness] of others) {
      weight += likeness;
      total += likeness * (this.percentiles.get(id) ?? 0);
    }
    return weight > 0 ? total / weight : 0;
  }
}

function byId(left: OwnAd, right: OwnAd): number {
  return left.adId < right.adId ? -1 : 1;
}

/** Places of the likest, the likest first; among equals the first. */
function nearestOf(likenesses: Float64Array, most: number): number[] {
  const nearest: number[] = [];
  for (let index = 0; index < likenesses.length; index += 1) {
    const like = likenesses[index]!;
    const last = nearest.at(-1);
    if (like <= 0) continue;
    if (nearest.length === most && last !== undefined && like <= likenesses[last]!) continue;
    let at = nearest.length;
    while (at > 0 && likenesses[nearest[at - 1]!]! < like) at -= 1;
    nearest.splice(at, 0, index);
    if (nearest.length > most) nearest.pop();
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

function versionOf(candidates: readonly OwnAd[]): string {
  const told = candidates.map(({ adId, creative }) => [adId, [...traitsOf(creative)]]);
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 22);
}
