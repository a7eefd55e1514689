// The embedded similarity of texts: no download, no network. Words and letter trigrams are hashed
// into a fixed number of signed buckets (Weinberger et al. 2009); near-copies come out near 1. It
// knows nothing of synonyms: for these an embeddings endpoint can be configured.
import { normalized } from './question.js';

const LOCAL_DIMENSIONS = 512;
/** A word says more than one of its trigrams. */
const WORD_WEIGHT = 2;

export function textVector(text: string): Float32Array {
  const vector = new Float32Array(LOCAL_DIMENSIONS);
  for (const word of normalized(text).match(/[\p{L}\p{N}]+/gu) ?? []) {
    put(vector, `w ${word}`, WORD_WEIGHT);
    const padded = `^${word}$`;
    for (let at = 0; at + 3 <= padded.length; at += 1) put(vector, padded.slice(at, at + 3), 1);
  }
  return unit(vector);
}

/** Cosine of two vectors of length 1. */
export function similarity(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return 0;
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
}

/** Scaled to length 1 in place; nothing stays nothing. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length > 0)
    for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}

function put(vector: Float32Array, token: string, weight: number): void {
  const hash = fnv1a(token);
  const bucket = hash % LOCAL_DIMENSIONS;
  vector[bucket] = (vector[bucket] ?? 0) + (hash >>> 31 ? weight : -weight);
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
function fnv1a(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at += 1) {
    hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}
