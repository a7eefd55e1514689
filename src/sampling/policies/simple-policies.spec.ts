import { describe, expect, it } from '@jest/globals';
import { anAd, anInput } from '../../../test/fixtures/allocation.js';
import { drawArms } from '../split/draws.js';
import { POLICIES, policyNamed } from './policies.js';
import { greedy, observedThompson, uniform } from './simple-policies.js';
import { finished } from '../../shared/steps.js';

const ads = [
  anAd('plain', { conversions: 10, clicks: 1_000 }),
  anAd('good', { conversions: 40, clicks: 1_000 }),
  anAd('new', { impressions: 0, clicks: 0, conversions: 0, spendMinor: 0 }),
];
const input = anInput(ads);
const draws = finished(drawArms(ads, input.seed, input.totalMinor, 400));

describe('the policies', () => {
  it('are found by name, the default first', () => {
    expect(POLICIES.map(({ name }) => name)).toEqual([
      'delay_corrected',
      'thompson',
      'blended',
      'greedy',
      'uniform',
    ]);
    expect(policyNamed('greedy')).toBe(greedy);
    expect(policyNamed('lucky')).toBeNull();
  });

  it('share out exactly one, in shares that are not negative', () => {
    for (const policy of POLICIES) {
      const shares = [...finished(policy.shares(input, draws))];
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    }
  });

  it('uniform gives every ad the same', () => {
    expect([...finished(uniform.shares(input, draws))]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('greedy feeds the best means alone while money is scarce', () => {
    const scarce = [ads[0]!, ads[1]!];
    expect([
      ...finished(greedy.shares(anInput(scarce), finished(drawArms(scarce, 1, 2_000, 5)))),
    ]).toEqual([0, 1]);
  });

  it('thompson matches the probability of the best observed ROAS and still tries the new ad', () => {
    const [plain, good, fresh] = finished(observedThompson.shares(input, draws));
    expect(plain).toBeLessThan(0.01);
    expect(good).toBeGreaterThan(0.5);
    expect(fresh).toBeGreaterThan(0.05);
  });
});
