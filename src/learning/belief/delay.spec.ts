import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { cdfAt, defaultDelayCurve, estimateDelay, lagMasses } from './delay.js';

const WINDOW_DAYS = 7;
const WINDOW_HOURS = WINDOW_DAYS * 24;

/**
 * Conversions of clicks of the last ten days, exponential delays cut at the window, seen so far.
 */
function simulate(meanHours: number, wanted: number, seed: number) {
  const random = new SeededRandom(seed);
  const seen: { delayHours: number; ageHours: number }[] = [];
  while (seen.length < wanted) {
    const ageHours = random.uniform() * 240;
    const delayHours = -meanHours * Math.log(1 - random.uniform());
    if (delayHours <= WINDOW_HOURS && delayHours <= ageHours) seen.push({ delayHours, ageHours });
  }
  return seen;
}

function truth(meanHours: number, hours: number): number {
  return (1 - Math.exp(-hours / meanHours)) / (1 - Math.exp(-WINDOW_HOURS / meanHours));
}

describe('the shipped delay curve', () => {
  it('is the log-normal of mean 2.5 days and sigma 1, complete at the window', () => {
    const curve = defaultDelayCurve(WINDOW_DAYS);
    expect(curve.map((point) => point.lagHours)).toEqual(
      Array.from({ length: 28 }, (_, index) => (index + 1) * 6),
    );
    expect(curve.at(-1)).toEqual({ lagHours: 168, cdf: 1, lo: 1, hi: 1 });
    // ln 36.39 is the median's place: half of all conversions, and 0.937 of them within the window.
    expect(cdfAt(curve, 36)).toBeCloseTo(0.4957 / 0.937, 2);
    expect(cdfAt(defaultDelayCurve(90), 36)).toBeCloseTo(0.4957, 2);
  });
});

describe('estimateDelay', () => {
  it('answers the prior when nothing has been seen', () => {
    const prior = defaultDelayCurve(WINDOW_DAYS);
    const curve = estimateDelay([], WINDOW_DAYS);
    curve.forEach((point, index) => expect(point.cdf).toBeCloseTo(prior[index]?.cdf ?? NaN, 12));
  });

  it.each([
    [40, 11],
    [90, 12],
    [18, 13],
  ])('recovers a mean delay of %i hours that the plain distribution gets wrong', (mean, seed) => {
    const seen = simulate(mean, 5000, seed);
    const curve = estimateDelay(seen, WINDOW_DAYS);
    let plainWorst = 0;
    for (const { lagHours, cdf } of curve) {
      expect(Math.abs(cdf - truth(mean, lagHours))).toBeLessThan(0.03);
      const plain = seen.filter((one) => one.delayHours <= lagHours).length / seen.length;
      plainWorst = Math.max(plainWorst, plain - truth(mean, lagHours));
    }
    // Long delays of recent clicks are not there yet: the observed ones look too short.
    expect(plainWorst).toBeGreaterThan(mean >= 40 ? 0.05 : 0.02);
  });

  it('covers the truth with its interval at most lags', () => {
    const runs = Array.from({ length: 40 }, (_, run) =>
      estimateDelay(simulate(60, 600, 100 + run), WINDOW_DAYS),
    );
    const inside = runs
      .flatMap((curve) => curve.slice(3, 24))
      .filter(({ lagHours, lo, hi }) => lo <= truth(60, lagHours) && truth(60, lagHours) <= hi);
    expect(inside.length / (40 * 21)).toBeGreaterThan(0.9);
  });

  it('never falls, stays within [0, 1] and inside its interval for any observations', () => {
    const observation = fc.record({
      delayHours: fc.double({ min: 0, max: 400, noNaN: true }),
      ageHours: fc.double({ min: 0, max: 2000, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(observation, { maxLength: 60 }),
        fc.integer({ min: 1, max: 90 }),
        (observations, windowDays) => {
          let previous = 0;
          for (const { cdf, lo, hi } of estimateDelay(observations, windowDays)) {
            expect(cdf).toBeGreaterThanOrEqual(previous);
            expect(0 <= lo && lo <= cdf && cdf <= hi && hi <= 1).toBe(true);
            previous = cdf;
          }
          expect(previous).toBe(1);
        },
      ),
    );
  });
});

describe('cdfAt', () => {
  it('is nothing at no age, linear between the lags, everything from the window on', () => {
    const curve = [
      { lagHours: 6, cdf: 0.4, lo: 0.4, hi: 0.4 },
      { lagHours: 12, cdf: 1, lo: 1, hi: 1 },
    ];
    expect([-1, 0, 3, 6, 9, 12, 500].map((age) => cdfAt(curve, age))).toEqual([
      0, 0, 0.2, 0.4, 0.7, 1, 1,
    ]);
    expect(cdfAt([], 3)).toBe(1);
  });
});

describe('lagMasses', () => {
  it('shares out everything, half of the first bin in the cohort of the click itself', () => {
    const masses = lagMasses(defaultDelayCurve(WINDOW_DAYS));
    expect(masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 12);
    expect(masses[0]).toBeCloseTo((defaultDelayCurve(WINDOW_DAYS)[0]?.cdf ?? NaN) / 2, 12);
  });
});
