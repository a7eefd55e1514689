// Seeded randomness. Every draw that reaches a decision comes from here, so a stored seed replays
// it. The generator is MT19937 and the distributions are @stdlib's; nothing here is home-made
// chance.
import { createHash, randomInt } from 'node:crypto';
import mt19937 from '@stdlib/random-base-mt19937';
import gamma from '@stdlib/random-base-gamma';
import normal from '@stdlib/random-base-normal';
import poisson from '@stdlib/random-base-poisson';
import binomial from '@stdlib/random-base-binomial';

/** Seeds are unsigned 32-bit and at least 1, what MT19937 takes as a single word. */
const SEED_MAX = 4_294_967_295;

/** Both the type and the injection token of a source of chance. */
export abstract class Random {
  /** Uniform on [0, 1). */
  abstract uniform(): number;
  abstract normal(mean: number, standardDeviation: number): number;
  /** Gamma with the given shape and rate (mean shape/rate). */
  abstract gamma(shape: number, rate: number): number;
  abstract poisson(mean: number): number;
  abstract binomial(trials: number, probability: number): number;
}

export class SeededRandom extends Random {
  private readonly next: () => number;
  // Made at first use: a factory costs 20–40 µs, a simulated step opens thousands of short streams.
  private standardNormal: (() => number) | undefined;
  private gammaOf: ((shape: number, rate: number) => number) | undefined;
  private poissonOf: ((mean: number) => number) | undefined;
  private binomialOf: ((trials: number, probability: number) => number) | undefined;

  constructor(seed: number) {
    super();
    // The published types leave out `normalized`, the 53-bit variant on [0, 1).
    const source = mt19937.factory({ seed }) as unknown as { normalized: () => number };
    this.next = source.normalized;
  }

  uniform(): number {
    return this.next();
  }

  normal(mean: number, standardDeviation: number): number {
    this.standardNormal ??= normal.factory(0, 1, { prng: this.next });
    return mean + standardDeviation * this.standardNormal();
  }

  gamma(shape: number, rate: number): number {
    this.gammaOf ??= gamma.factory({ prng: this.next });
    return this.gammaOf(shape, rate);
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    this.poissonOf ??= poisson.factory({ prng: this.next });
    return this.poissonOf(mean);
  }

  binomial(trials: number, probability: number): number {
    if (trials <= 0 || probability <= 0) return 0;
    if (probability >= 1) return trials;
    this.binomialOf ??= binomial.factory({ prng: this.next });
    return this.binomialOf(trials, probability);
  }
}

/**
 * An independent stream per label under one seed: an ad's draws do not depend on which other ads
 * stand beside it or in what order, so permuting the ads permutes the answer.
 */
export function randomStream(seed: number, label: string): Random {
  return new SeededRandom(derivedSeed(seed, label));
}

export function derivedSeed(seed: number, label: string): number {
  const digest = createHash('sha256').update(`${seed}\u0000${label}`).digest();
  return Math.max(1, digest.readUInt32BE(0));
}

/** A fresh seed where the caller gave none; it is stored with whatever it decided. */
export function freshSeed(): number {
  return randomInt(1, SEED_MAX);
}
