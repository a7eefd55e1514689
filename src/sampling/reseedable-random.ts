// One generator for thousands of short streams. Building @stdlib's distributions anew for each of
// 10,000 ads takes longer than all their draws; here they are built once around one shared state, and
// starting the stream of another ad overwrites that state.
import gamma from '@stdlib/random-base-gamma';
import mt19937 from '@stdlib/random-base-mt19937';
import normal from '@stdlib/random-base-normal';
import { derivedSeed } from '../shared/random.js';

/** One stream at a time: `start` of the next label ends the one before. */
export class ReseedableRandom {
  private readonly state: Uint32Array;
  private readonly standardNormal: () => number;
  private readonly gammaOf: (shape: number, rate: number) => number;

  constructor(private readonly seed: number) {
    this.state = freshState(seed);
    const shared = { state: this.state, copy: false };
    this.standardNormal = normal.factory(0, 1, shared);
    this.gammaOf = gamma.factory(shared);
  }

  /** Begins the stream of one label: the same numbers whatever was drawn before. */
  start(label: string): void {
    reseed(this.state, derivedSeed(this.seed, label));
  }

  normal(): number {
    return this.standardNormal();
  }

  gamma(shape: number, rate: number): number {
    return this.gammaOf(shape, rate);
  }
}

function freshState(seed: number): Uint32Array {
  return mt19937.factory({ seed }).state as Uint32Array;
}

/** MT19937's number of words, and where they, the place of the next and the seed stand in @stdlib's. */
const WORDS = 624;
const FIRST = 3;
const NEXT = FIRST + WORDS + 1;
const SEED = NEXT + 2;

/** Overwrites a state with the one that its generator starts from (init_genrand of its authors). */
function reseed(state: Uint32Array, seed: number): void {
  state[FIRST] = seed;
  for (let i = 1; i < WORDS; i += 1) {
    const last = state[FIRST + i - 1]!;
    state[FIRST + i] = Math.imul(1_812_433_253, last ^ (last >>> 30)) + i;
  }
  state[NEXT] = WORDS;
  state[SEED] = seed;
}
