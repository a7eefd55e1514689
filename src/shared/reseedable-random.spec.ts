import { describe, expect, it } from '@jest/globals';
import gamma from '@stdlib/random-base-gamma';
import gammaQuantile from '@stdlib/stats-base-dists-gamma-quantile';
import mt19937 from '@stdlib/random-base-mt19937';
import normal from '@stdlib/random-base-normal';
import poisson from '@stdlib/random-base-poisson';
import binomial from '@stdlib/random-base-binomial';
import { derivedSeed } from './random.js';
import { ReseedableRandom } from './reseedable-random.js';

const SAMPLES = 40_000;

describe('ReseedableRandom', () => {
  it("starts a stream as @stdlib's generators start from the same seed", () => {
    const random = new ReseedableRandom();
    random.start(7, 'ad-1');
    const known = gamma.factory({ seed: derivedSeed(7, 'ad-1') });
    // Small shapes too: there the squeeze is left most often, and below 1 the method is another
    // one.
    for (const shape of [0.4, 1, 1.3, 2.5, 60, 4e4]) {
      for (let i = 0; i < 2_000; i += 1) expect(random.gamma(shape, 3)).toBe(known(shape, 3));
    }
  });

  it.each([1, 2, 4_294_967_295])('takes any seed as they do: under seed %d', (seed) => {
    const random = new ReseedableRandom();
    const drawn = (draw: () => number) => Array.from({ length: 700 }, draw);
    const own = { seed: derivedSeed(seed, 'a') };
    const uniform = mt19937.factory(own) as unknown as { normalized: () => number };
    random.start(seed, 'a');
    expect(drawn(() => random.uniform())).toEqual(drawn(uniform.normalized));
    const kinds: [() => number, () => number][] = [
      [() => random.normal(0, 1), normal.factory(0, 1, own)],
      [() => random.poisson(3), poisson.factory(3, own)],
      [() => random.binomial(40, 0.2), binomial.factory(40, 0.2, own)],
    ];
    for (const [ours, theirs] of kinds) {
      random.start(seed, 'a');
      expect(drawn(ours)).toEqual(drawn(theirs));
    }
  });

  it('gives a label the same numbers whatever was drawn before', () => {
    const random = new ReseedableRandom();
    const stream = (label: string): number[] => {
      random.start(7, label);
      return [
        random.normal(0, 1),
        random.poisson(4),
        random.binomial(9, 0.3),
        random.gamma(3, 2),
        random.gamma(0.4, 1),
      ];
    };
    const first = stream('a');
    const other = stream('b');
    expect(stream('a')).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it.each([0.3, 1, 4.5, 60])('draws Gamma(%d) with the right quantiles', (shape) => {
    const random = new ReseedableRandom();
    random.start(1, `shape ${shape}`);
    const draws = Float64Array.from({ length: SAMPLES }, () => random.gamma(shape, 2)).sort();
    const mean = draws.reduce((sum, value) => sum + value, 0) / SAMPLES;
    // Four standard errors of the mean, √shape/2/√n.
    expect(Math.abs(mean - shape / 2)).toBeLessThan(
      (4 * Math.sqrt(shape)) / 2 / Math.sqrt(SAMPLES),
    );
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const expected = gammaQuantile(p, shape, 2);
      const below = draws.filter((value) => value < expected).length / SAMPLES;
      // Four standard errors of a share.
      expect(Math.abs(below - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / SAMPLES));
    }
  });
});
