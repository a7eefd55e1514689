// The rival of the cache: likeness of all ads to all candidates in one pass and without memory, as
// good as we can write it. Traits but the words are compared once per distinct combination, words
// through their postings, and all buffers are used again.
import { type Creative, traitsOf } from '../../src/learning/pure.js';

type Nearest = [adId: string, likeness: number][];

const NEAREST = 11;

interface Candidate {
  adId: string;
  creative: Creative;
}

/** In the order of the ads: the eleven likest candidates, the likest first. */
export function nearestOfAll(
  ads: readonly { creative: Creative }[],
  candidates: readonly Candidate[],
): Nearest[] {
  const count = candidates.length;
  const traits = candidates.map(({ creative }) => traitsOf(creative));
  const words = traits.map((each) => (each.get('text') as string[] | undefined) ?? []);
  const postings = new Map<string, number[]>();
  words.forEach((list, place) => {
    for (const word of list) {
      const known = postings.get(word);
      if (known) known.push(place);
      else postings.set(word, [place]);
    }
  });
  const combinations = new Map<string, { sum: Float64Array; either: Float64Array }>();
  const shared = new Float64Array(count);
  const likeness = new Float64Array(count);
  return ads.map(({ creative }) => {
    const own = traitsOf(creative);
    const text = (own.get('text') as string[] | undefined) ?? [];
    own.delete('text');
    const key = JSON.stringify([...own]);
    let base = combinations.get(key);
    if (!base) {
      base = compared(own, traits);
      combinations.set(key, base);
    }
    shared.fill(0);
    for (const word of text) for (const place of postings.get(word) ?? []) shared[place]! += 1;
    for (let place = 0; place < count; place += 1) {
      const theirs = words[place]!.length;
      const both = text.length > 0 || theirs > 0 ? 1 : 0;
      const alike = both ? shared[place]! / (text.length + theirs - shared[place]!) : 0;
      const either = base.either[place]! + both;
      likeness[place] = either === 0 ? 0 : (base.sum[place]! + alike) / either;
    }
    return likest(likeness).map((place) => [candidates[place]!.adId, likeness[place]!]);
  });
}

type Traits = ReturnType<typeof traitsOf>;

function compared(own: Traits, candidates: readonly Traits[]) {
  const sum = new Float64Array(candidates.length);
  const either = new Float64Array(candidates.length);
  candidates.forEach((theirs, place) => {
    let count = 0;
    for (const [name, trait] of theirs) {
      if (name === 'text') continue;
      count += 1;
      const mine = own.get(name);
      if (typeof mine === 'number' && typeof trait === 'number') {
        const larger = Math.max(Math.abs(mine), Math.abs(trait));
        sum[place]! += larger === 0 ? 1 : Math.max(0, 1 - Math.abs(mine - trait) / larger);
      } else if (mine === trait) sum[place]! += 1;
    }
    for (const name of own.keys()) if (!theirs.has(name)) count += 1;
    either[place] = count;
  });
  return { sum, either };
}

function likest(likeness: Float64Array): number[] {
  const nearest: number[] = [];
  let least = 0;
  for (let place = 0; place < likeness.length; place += 1) {
    const like = likeness[place]!;
    if (like <= least) continue;
    let at = nearest.length;
    while (at > 0 && likeness[nearest[at - 1]!]! < like) at -= 1;
    nearest.splice(at, 0, place);
    if (nearest.length > NEAREST) nearest.pop();
    if (nearest.length === NEAREST) least = likeness[nearest[NEAREST - 1]!]!;
  }
  return nearest;
}
