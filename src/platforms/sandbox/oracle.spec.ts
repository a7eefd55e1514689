import { describe, expect, it } from '@jest/globals';
import { writeAd } from './observe.js';
import {
  earnedValue,
  expectedEarnedValue,
  oracleBudgets,
  trueConversions,
  trueValue,
} from './oracle.js';
import { DAY_MS, type WorldName } from './world-spec.js';
import { advanceWorld, createWorld, type SandboxWorld } from './world.js';

const START = Date.UTC(2026, 2, 1);
const aged = (world: WorldName, seed: number, days: number): SandboxWorld =>
  advanceWorld(
    createWorld({ seed, world, startAt: START, currency: 'USD' }),
    START + days * DAY_MS,
  );
const split = (world: SandboxWorld): Record<string, number> =>
  Object.fromEntries(world.ads.map((ad) => [ad.adId, ad.dailyBudgetMinor]));
const sumOf = (budgets: Record<string, number>): number =>
  Object.values(budgets).reduce((sum, budget) => sum + budget, 0);

describe('the oracle', () => {
  it('hands out whole minor units that sum to the total', () => {
    const budgets = oracleBudgets(aged('service', 3, 20), 29_999);
    expect(sumOf(budgets)).toBe(29_999);
    expect(Object.values(budgets).every((budget) => Number.isInteger(budget))).toBe(true);
  });

  it.each<WorldName>(['kag', 'service', 'ecom'])(
    'is worth more than the even split in every %s world, and no small move improves it',
    (name) => {
      for (let seed = 1; seed <= 4; seed += 1) {
        const world = aged(name, seed, 15);
        const even = split(world);
        const best = oracleBudgets(world, sumOf(even));
        const value = trueValue(world, best);
        expect(value).toBeGreaterThan(trueValue(world, even));
        const ids = Object.keys(best);
        for (const from of ids.filter((id) => (best[id] ?? 0) > 100)) {
          for (const to of ids.filter((id) => id !== from)) {
            const moved = { ...best, [from]: (best[from] ?? 0) - 100, [to]: (best[to] ?? 0) + 100 };
            expect(trueValue(world, moved)).toBeLessThanOrEqual(value * (1 + 1e-9));
          }
        }
      }
    },
  );

  it('feeds neither paused ads nor ads that are not there yet', () => {
    const world = aged('ecom', 4, 0);
    const adId = world.ads[0]?.adId ?? '';
    const paused = writeAd(world, { adId, changeType: 'status', value: 'paused' });
    expect(Object.keys(oracleBudgets(paused, 1000))).toEqual(
      world.ads.slice(1, 8).map((ad) => ad.adId),
    );
    expect(trueValue(paused, { [adId]: 1000 })).toBe(0);
  });

  it('foresees what a day earns on average', () => {
    let foreseen = 0;
    let earned = 0;
    for (let seed = 1; seed <= 25; seed += 1) {
      const world = aged('ecom', seed, 15);
      foreseen += trueValue(world, split(world));
      const next = advanceWorld(world, START + 16 * DAY_MS);
      earned += expectedEarnedValue(next) - expectedEarnedValue(world);
    }
    expect(earned / foreseen).toBeGreaterThan(0.96);
    expect(earned / foreseen).toBeLessThan(1.04);
  });
});

describe('the accounts of a policy', () => {
  it('count conversions that are not reported yet', () => {
    const world = aged('service', 5, 20);
    const reported = world.ads.reduce((sum, ad) => sum + ad.totals.conversions, 0);
    const revenue = world.ads.reduce((sum, ad) => sum + ad.totals.revenueMinor, 0);
    expect(trueConversions(world)).toBeGreaterThan(reported);
    expect(earnedValue(world)).toBeGreaterThan(revenue);
  });

  it('agree with the expected value in the long run', () => {
    let earned = 0;
    let expected = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const world = aged('ecom', seed, 20);
      earned += earnedValue(world);
      expected += expectedEarnedValue(world);
    }
    // About 8,000 conversions: a standard error of 1.3 %.
    expect(earned / expected).toBeGreaterThan(0.96);
    expect(earned / expected).toBeLessThan(1.04);
  });
});
