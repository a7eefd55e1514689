import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { couplingByCampaign, estimateCoupling, type CouplingPoint } from './coupling.js';

/** Ads with log-normal click rates (sd 0.3) and conversions per click going as ctr^beta. */
function simulate(ads: number, beta: number, seed: number, clicks = 300): CouplingPoint[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: ads }, (_, index) => {
    const deviation = Math.exp(random.normal(-0.045, 0.3));
    const impressions = clicks * 100;
    const count = random.poisson(impressions * 0.01 * deviation);
    const rate = Math.min(1, 0.05 * deviation ** beta * Math.exp(random.normal(-0.02, 0.2)));
    return {
      campaignId: index % 2 === 0 ? 'even' : 'odd',
      impressions,
      clicks: count,
      maturedImpressions: impressions,
      conversions: random.binomial(count, rate),
    };
  });
}

describe('estimateCoupling', () => {
  it.each([0, -0.5, -1])('recovers a coupling of %d from many ads', (beta) => {
    const coupling = estimateCoupling(simulate(1500, beta, 7));
    expect(Math.abs(coupling.beta - beta)).toBeLessThan(0.15);
    expect(coupling.lo ?? NaN).toBeLessThan(coupling.beta);
    expect(coupling.hi ?? NaN).toBeGreaterThan(coupling.beta);
    expect(coupling.ads).toBe(1500);
  });

  it('equals the noise-corrected formula of its source', () => {
    const points = simulate(40, -0.7, 3);
    const clickRate =
      points.reduce((sum, ad) => sum + ad.clicks, 0) /
      points.reduce((sum, ad) => sum + ad.impressions, 0);
    const saleRate =
      points.reduce((sum, ad) => sum + ad.conversions, 0) /
      points.reduce((sum, ad) => sum + ad.maturedImpressions, 0);
    const mean = (of: (ad: CouplingPoint) => number) =>
      points.reduce((sum, ad) => sum + of(ad), 0) / points.length;
    const x = (ad: CouplingPoint) => ad.clicks / ad.impressions / clickRate - 1;
    const y = (ad: CouplingPoint) => ad.conversions / ad.maturedImpressions / saleRate - 1;
    const noise = mean((ad) => 1 / (ad.impressions * clickRate));
    const squares = mean((ad) => x(ad) ** 2);
    const gamma = (mean((ad) => x(ad) * y(ad)) - noise) / (squares - noise);
    const reliability = (squares - noise) / squares;
    expect(estimateCoupling(points).beta).toBeCloseTo(reliability * (gamma - 1), 9);
  });

  it('covers independence with its jackknife interval about nineteen times in twenty', () => {
    const covered = Array.from({ length: 200 }, (_, run) => {
      const { lo, hi } = estimateCoupling(simulate(60, 0, 1000 + run, 100));
      return lo !== null && hi !== null && lo <= 0 && 0 <= hi;
    }).filter(Boolean).length;
    expect(covered / 200).toBeGreaterThan(0.88);
  });

  it('says independent, without an interval, when ads or sales are too few', () => {
    const none = { beta: 0, lo: null, hi: null, applied: 0 };
    expect(estimateCoupling([])).toEqual({ ...none, ads: 0 });
    expect(estimateCoupling(simulate(5, -1, 1))).toEqual({ ...none, ads: 5 });
    const unsold = simulate(50, -1, 1).map((ad) => ({ ...ad, conversions: 0 }));
    expect(estimateCoupling(unsold)).toEqual({ ...none, ads: 50 });
  });

  it('leaves out ads with few expected clicks and ads whose sales have not had time', () => {
    const points = simulate(30, -0.5, 2);
    const tiny = { ...(points[0] as CouplingPoint), impressions: 50, maturedImpressions: 50 };
    const young = { ...(points[1] as CouplingPoint), maturedImpressions: 10 };
    expect(estimateCoupling([...points, tiny, young]).ads).toBe(30);
  });

  it('applies less of an uncertain coupling than of a certain one', () => {
    const certain = estimateCoupling(simulate(1500, -1, 4));
    expect(certain.applied).toBeCloseTo(certain.beta, 1);
    const doubtful = estimateCoupling(simulate(10, -1, 4, 30));
    expect(Math.abs(doubtful.applied)).toBeLessThanOrEqual(Math.abs(doubtful.beta));
  });

  it('reports each campaign by its own rates, in the order of their ids', () => {
    const campaigns = couplingByCampaign(simulate(100, -0.5, 6));
    expect(campaigns.map(({ campaignId, ads }) => [campaignId, ads])).toEqual([
      ['even', 50],
      ['odd', 50],
    ]);
  });

  it('stays finite and within its bounds for any counts', () => {
    const point = fc.record({
      campaignId: fc.constant('one'),
      impressions: fc.nat(5000),
      clicks: fc.nat(5000),
      maturedImpressions: fc.nat(5000),
      conversions: fc.nat(500),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), (points) => {
        const { beta, lo, hi, applied } = estimateCoupling(points);
        for (const value of [beta, lo ?? beta, hi ?? beta, applied]) {
          expect(value >= -1.5 && value <= 1).toBe(true);
        }
        expect((lo ?? beta) <= beta && beta <= (hi ?? beta)).toBe(true);
      }),
    );
  });
});
