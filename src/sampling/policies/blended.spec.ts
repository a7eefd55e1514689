import { describe, expect, it } from '@jest/globals';
import { anAd, anInput } from '../../../test/fixtures/allocation.js';
import { blended, classicScore, ctrWeight } from './blended.js';
import { drawArms } from '../split/draws.js';
import { finished } from '../../shared/steps.js';

describe('ctrWeight', () => {
  it.each([
    [-1, 1],
    [0, 1],
    [5.99, 1],
    [6, 1],
    [15, 0.85],
    [24, 0.7],
    [48, 0.5],
    [72, 0.3],
    [96, 0.3 * Math.exp(-0.1)],
    [10_000, 0.1],
  ])('at %d hours is %d', (hours, weight) => {
    expect(ctrWeight(hours)).toBeCloseTo(weight, 12);
  });
});

describe('classicScore', () => {
  it('blends, tires and boosts as the contract has it', () => {
    const ad = anAd('a', {}, { ageHours: 48, dna: 0.5, crossBoost: 1.1 });
    ad.totals = {
      impressions: 10_000,
      clicks: 250,
      spendMinor: 10_000,
      conversions: 3,
      revenueMinor: 9_000,
      pipelineMinor: 15_000,
    };
    const score = classicScore(ad);
    // CTR .025/.05 = .5, ROAS 1.5/3 = .5, so the blend is .5 at any weight.
    expect(score).toEqual({
      ctr: 0.025,
      pipelineRoas: 1.5,
      cashRoas: 0.9,
      ctrWeight: expect.closeTo(0.5, 12),
      roasWeight: expect.closeTo(0.5, 12),
      blended: expect.closeTo(0.5, 12),
      fatigue: Math.exp(-1),
      dnaBoost: 1.1,
      crossBoost: 1.1,
      final: expect.closeTo(0.5 * Math.exp(-1) * 1.21, 12),
    });
  });

  it('caps both parts at one and leaves what is not known null', () => {
    const rich = anAd('a', { impressions: 100, clicks: 90, conversions: 50 }, { ageHours: 48 });
    expect(classicScore(rich).blended).toBe(1);
    const unknown = anAd('b', { impressions: 0, clicks: 0, spendMinor: 0, conversions: null });
    expect(classicScore(unknown)).toMatchObject({
      ctr: null,
      pipelineRoas: null,
      cashRoas: null,
      blended: 0,
      final: 0,
    });
  });
});

describe('blended', () => {
  const poor = { clicks: 500, conversions: 1, spendMinor: 30_000 };
  const rich = { clicks: 500, conversions: 60, spendMinor: 30_000 };
  const verdictOn = (facts: object, changes: object = {}) =>
    blended.verdicts!(anInput([anAd('a', facts, changes)]))[0]?.action ?? null;

  it('pauses below a pipeline ROAS of 0.5 and scales above 3', () => {
    expect([verdictOn(poor), verdictOn(rich), verdictOn({})]).toEqual(['pause', 'scale', null]);
  });

  it('judges nothing that is younger than two days, of unknown age, or has hardly spent', () => {
    expect(verdictOn(poor, { ageHours: 47.9 })).toBeNull();
    expect(verdictOn(poor, { ageHours: null })).toBeNull();
    expect(verdictOn({ ...poor, spendMinor: 19_999 })).toBeNull();
  });

  it('spreads the rest by a softmax of one Beta draw, which never leaves the factor e', () => {
    const ads = ['a', 'b', 'c', 'd'].map((id, i) => anAd(id, { conversions: 2 + i }));
    const input = anInput(ads, { killMinSpendMinor: 1_000_000 });
    const shares = [...finished(blended.shares(input, finished(drawArms(ads, 1, 4_000, 10))))];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(Math.max(...shares) / Math.min(...shares)).toBeLessThan(Math.E);
  });

  it('gives a paused ad nothing and a scaled one at least its full step', () => {
    const ads = [anAd('low', poor), anAd('high', rich, { currentMinor: 2_000 }), anAd('mid')];
    const shares = finished(blended.shares(anInput(ads), finished(drawArms(ads, 1, 4_000, 10))));
    expect(shares[0]).toBe(0);
    expect(shares[1]! * 4_000).toBeGreaterThanOrEqual(2_400 - 1e-9);
  });
});
