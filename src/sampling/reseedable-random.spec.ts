import { describe, expect, it } from '@jest/globals';
import gamma from '@stdlib/random-base-gamma';
import gammaQuantile from '@stdlib/stats-base-dists-gamma-quantile';
import { derivedSeed } from '../shared/random.js';
import { ReseedableRandom } from './reseedable-random.js';

const SAMPLES = 40_000;

describe('ReseedableRandom', () => {
  it("starts a stream as @stdlib's generators start from the same seed", () => {
    const random = new ReseedableRandom(7);
    for (const label of ['ad-1', 'ad-2', '', 'ü', '23842000000000001']) {
      random.start(label);
      const known = gamma.factory({ seed: derivedSeed(7, label) });
      for (let i = 0; i < 2_000; i += 1) expect(random.gamma(2.5, 3)).toBe(known(2.5, 3));
    }
  });

  it('gives a label the same numbers whatever was drawn before', () => {
    const random = new ReseedableRandom(7);
    const stream = (label: string): number[] => {
      random.start(label);
      return [random.normal(), random.gamma(3, 2), random.gamma(0.4, 1)];
    };
    const first = stream('a');
    const other = stream('b');
    expect(stream('a')).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it.each([0.3, 1, 4.5, 60])('draws Gamma(%d) with the right quantiles', (shape) => {
    const random = new ReseedableRandom(1);
    random.start(`shape ${shape}`);
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
