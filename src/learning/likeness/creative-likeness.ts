// How alike are creatives? Gower's general coefficient (Biometrics 1971) over the traits that
// either of two has: equal words count 1, numbers by their quotient, texts by their shared words
// (Jaccard). One creative is compared with all candidates at once through an index from trait to
// candidates: pair by pair, a thousand ads took seconds.

import { normalized } from './question.js';

type Trait = string | number | readonly string[];
export type Creative = Readonly<Record<string, unknown>>;

/** Longer texts are cut: the hook decides, and comparing costs by the word. */
const WORDS_MAX = 60;

export class CandidateCreatives {
  private readonly named = new Map<string, number[]>();
  private readonly equal = new Map<string, number[]>();
  private readonly numbers = new Map<string, [candidate: number, value: number][]>();
  private readonly words = new Map<string, number[]>();
  private readonly wordCounts: Float64Array;
  private readonly traitCounts: Float64Array;

  constructor(candidates: readonly Creative[]) {
    this.wordCounts = new Float64Array(candidates.length);
    this.traitCounts = new Float64Array(candidates.length);
    candidates.forEach((creative, index) => {
      for (const [name, trait] of traitsOf(creative)) this.add(index, name, trait);
    });
  }

  /** Of the creative to every candidate, 0 to 1. */
  likenesses(creative: Creative): Float64Array {
    const traits = traitsOf(creative);
    const likeness = new Float64Array(this.traitCounts.length);
    const inCommon = new Float64Array(this.traitCounts.length);
    for (const [name, trait] of traits) {
      for (const index of this.named.get(name) ?? []) inCommon[index]! += 1;
      this.addLikeness(likeness, name, trait);
    }
    return likeness.map((sum, index) => {
      const either = traits.size + this.traitCounts[index]! - inCommon[index]!;
      return either === 0 ? 0 : sum / either;
    });
  }

  private add(index: number, name: string, trait: Trait): void {
    this.traitCounts[index]! += 1;
    enter(this.named, name, index);
    if (typeof trait === 'number') enter(this.numbers, name, [index, trait]);
    else if (typeof trait === 'string') enter(this.equal, `${name}\u0000${trait}`, index);
    else {
      this.wordCounts[index] = trait.length;
      for (const word of trait) enter(this.words, word, index);
    }
  }

  private addLikeness(likeness: Float64Array, name: string, trait: Trait): void {
    if (typeof trait === 'string') {
      for (const index of this.equal.get(`${name}\u0000${trait}`) ?? []) likeness[index]! += 1;
    } else if (typeof trait === 'number') {
      for (const [index, value] of this.numbers.get(name) ?? []) {
        likeness[index]! += quotient(trait, value);
      }
    } else {
      const shared = new Float64Array(this.wordCounts.length);
      for (const word of trait) {
        for (const index of this.words.get(word) ?? []) shared[index]! += 1;
      }
      for (let index = 0; index < shared.length; index += 1) {
        const count = shared[index]!;
        likeness[index]! += count / (trait.length + this.wordCounts[index]! - count);
      }
    }
  }
}

function enter<T>(index: Map<string, T[]>, key: string, entry: T): void {
  const known = index.get(key);
  if (known) known.push(entry);
  else index.set(key, [entry]);
}

/**
 * What of a creative is compared, in the order of the names: two spellings of one creative have one
 * answer to the last bit.
 */
export function traitsOf(creative: Creative): Map<string, Trait> {
  const traits = new Map<string, Trait>();
  const entries = Object.entries(creative).sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [name, value] of entries) {
    if (typeof value === 'number' && Number.isFinite(value)) traits.set(name, value);
    if (typeof value === 'boolean') traits.set(name, String(value));
    if (typeof value !== 'string') continue;
    const words = normalized(value).match(/[\p{L}\p{N}]+/gu) ?? [];
    if (words.length === 0) continue;
    traits.set(name, name === 'text' ? [...new Set(words)].slice(0, WORDS_MAX) : words.join(' '));
  }
  return traits;
}

function quotient(left: number, right: number): number {
  const larger = Math.max(Math.abs(left), Math.abs(right));
  return larger === 0 ? 1 : Math.max(0, 1 - Math.abs(left - right) / larger);
}
