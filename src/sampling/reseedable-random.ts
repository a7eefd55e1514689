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
    this.state.set(freshState(derivedSeed(this.seed, label)));
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
