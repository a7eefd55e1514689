// One generator for thousands of short streams. Building @stdlib's distributions anew for each of
// 10,000 ads, or for each step of a simulated one, takes longer than all their draws; here they are
// built once around one shared state, and starting another stream overwrites that state.
import binomial from '@stdlib/random-base-binomial';
import gamma from '@stdlib/random-base-gamma';
import mt19937 from '@stdlib/random-base-mt19937';
import normal from '@stdlib/random-base-normal';
import poisson from '@stdlib/random-base-poisson';
import { Random, derivedSeed } from './random.js';

/** Of @stdlib's layout of a state: three words of header, 624 of MT19937, then these four. */
const WORDS = 624;
const WORDS_FROM = 3;
const INDEX_AT = WORDS_FROM + WORDS + 1;
const SEED_AT = INDEX_AT + 2;
/** Knuth, TAOCP volume 2, 3rd edition, page 106: the generator's own way of taking a seed. */
const KNUTH_MULTIPLIER = 1_812_433_253;

/** One stream at a time: `start` of the next ends the one before. */
export class ReseedableRandom extends Random {
  private readonly state = mt19937.factory({ seed: 1 }).state as Uint32Array;
  private readonly next: () => number;
  private readonly standardNormal: () => number;
  private readonly gammaOf: (shape: number, rate: number) => number;
  private readonly poissonOf: (mean: number) => number;
  private readonly binomialOf: (trials: number, probability: number) => number;

  constructor() {
    super();
    const shared = { state: this.state, copy: false };
    // The published types leave out `normalized`, the 53-bit variant on [0, 1).
    this.next = (mt19937.factory(shared) as unknown as { normalized: () => number }).normalized;
    this.standardNormal = normal.factory(0, 1, shared);
    this.gammaOf = gamma.factory(shared);
    this.poissonOf = poisson.factory(shared);
    this.binomialOf = binomial.factory(shared);
  }

  /** Begins the stream of one label under a seed: the same numbers whatever was drawn before. */
  start(seed: number, label: string): this {
    const { state } = this;
    let word = derivedSeed(seed, label);
    state[SEED_AT] = word;
    state[INDEX_AT] = WORDS;
    state[WORDS_FROM] = word;
    for (let i = 1; i < WORDS; i += 1) {
      word = (Math.imul(word ^ (word >>> 30), KNUTH_MULTIPLIER) + i) >>> 0;
      state[WORDS_FROM + i] = word;
    }
    return this;
  }

  uniform(): number {
    return this.next();
  }

  normal(mean: number, standardDeviation: number): number {
    return mean + standardDeviation * this.standardNormal();
  }

  /**
   * @stdlib's own method (Marsaglia & Tsang 2000) and numbers; but its two logarithms, which the
   * squeeze makes needless for 98 draws in 100, are taken only where they decide.
   */
  gamma(shape: number, rate: number): number {
    if (!(shape >= 1) || !(rate > 0)) return this.gammaOf(shape, rate);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.standardNormal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * (root * root);
      const square = x * x;
      const u = this.next();
      const isTaken =
        u < 1 - 0.331 * square * square || Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v));
      if (isTaken) return (1 / rate) * d * v;
    }
  }

  poisson(mean: number): number {
    return mean > 0 ? this.poissonOf(mean) : 0;
  }

  binomial(trials: number, probability: number): number {
    if (trials <= 0 || probability <= 0) return 0;
    return probability >= 1 ? trials : this.binomialOf(trials, probability);
  }
}
