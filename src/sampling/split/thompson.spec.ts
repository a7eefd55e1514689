import { describe, expect, it } from '@jest/globals';
import { anAd, anInput } from '../../../test/fixtures/allocation.js';
import { drawArms, isProper, meanWorth, type Draws } from './draws.js';
import { averageFill, delayCorrected, probabilityBest, probabilityUnfunded } from './thompson.js';
import { finished } from '../../shared/steps.js';

/** Two draws of two arms; in the second the arms have changed places. */
const mirrored: Draws = {
  arms: 2,
  count: 2,
  worth: Float64Array.from([4, 2, 2, 4]),
  scale: Float64Array.from([10, 10, 10, 10]),
  level: Float64Array.from([1, 1]),
};

describe('averageFill', () => {
  it('averages the water-filled shares of the draws', () => {
    // At a level of 1 a draw gives 30 and 10 of 40.
    expect([...finished(averageFill(mirrored))]).toEqual([0.5, 0.5]);
    expect([
      ...finished(averageFill({ ...mirrored, worth: Float64Array.from([4, 4, 2, 2]) })),
    ]).toEqual([0.75, 0.25]);
  });
});

describe('probabilityBest and probabilityUnfunded', () => {
  it('count the draws an arm wins, sharing ties, and those that leave it dry', () => {
    expect([...finished(probabilityBest(mirrored))]).toEqual([0.5, 0.5]);
    const tied = { ...mirrored, worth: Float64Array.from([4, 3, 2, 3]) };
    expect([...finished(probabilityBest(tied))]).toEqual([0.75, 0.25]);
    const scarce = { ...mirrored, level: Float64Array.from([2, 2]) };
    expect([...finished(probabilityUnfunded(scarce))]).toEqual([0.5, 0.5]);
  });
});

describe('delay_corrected', () => {
  it('spreads more widely while little is known than when much is', () => {
    const topShare = (factor: number): number => {
      const ads = [3, 5, 8].map((conversions, i) =>
        anAd(`ad-${i}`, {
          conversions: conversions * factor,
          clicks: 200 * factor,
          impressions: 20_000 * factor,
          spendMinor: 10_000 * factor,
        }),
      );
      const shares = finished(
        delayCorrected.shares(anInput(ads), finished(drawArms(ads, 3, 3_000, 400))),
      );
      return Math.max(...shares);
    };
    expect(topShare(1)).toBeLessThan(0.9);
    expect(topShare(20)).toBeGreaterThan(topShare(1) + 0.05);
  });
});

describe('drawArms', () => {
  it("draws around the belief's means, with each ad's draws its own", () => {
    const [a, b] = [anAd('a', { conversions: 50 }), anAd('b')];
    const alone = finished(drawArms([a], 9, 1_000, 4_000));
    const both = finished(drawArms([b, a], 9, 1_000, 4_000));
    expect(both.worth.subarray(4_000)).toEqual(alone.worth);
    const mean = alone.worth.reduce((sum, value) => sum + value, 0) / 4_000;
    // Log-normal noise of sd .11 lifts the mean by .6 %; four standard errors are 1.3 %.
    expect(Math.abs(mean / meanWorth(a.posterior) - 1)).toBeLessThan(0.02);
    expect(alone.scale.every((value) => value > 0)).toBe(true);
  });

  it('knows a belief that cannot be drawn from', () => {
    const { posterior } = anAd('a');
    expect(isProper(posterior)).toBe(true);
    expect(isProper({ ...posterior, ctr: { shape: 0, rate: 1 } })).toBe(false);
    expect(isProper({ ...posterior, value: { mean: Number.NaN, logSd: 0 } })).toBe(false);
  });
});
