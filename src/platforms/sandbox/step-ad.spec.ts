import { describe, expect, it } from '@jest/globals';
import lognormalCdf from '@stdlib/stats-base-dists-lognormal-cdf';
import { SeededRandom } from '../../shared/random.js';
import { advanceWorld, createWorld, type SandboxAd } from './world.js';
import { currentCtr, currentCvr, drawDelayDays, stepAd } from './step-ad.js';
import { STEP_MS, type DelaySpec } from './world-spec.js';

const START = Date.UTC(2026, 2, 1);
const STEP = START / STEP_MS;

/** An ad that buys about 25,000 clicks a step at a known rate, so that samples are large. */
const busyAd = (seed: number, changes: Partial<SandboxAd['hidden']> = {}): SandboxAd => {
  const [ad] = createWorld({
    seed,
    world: 'ecom',
    startAt: START,
    currency: 'EUR',
    ads: [{ adId: '7', campaignId: '1', dailyBudgetMinor: 1_000_000 }],
  }).ads;
  if (ad === undefined) throw new Error('the world has one ad');
  const known = { ctr: 0.1, cvr: 0.02, costMinor: 1, valueMinor: 5000, fatigue: 0, breakAt: null };
  return { ...ad, hidden: { ...ad.hidden, saturationMinor: 1e9, ...known, ...changes } };
};

describe('delays', () => {
  it.each<[string, DelaySpec, (days: number) => number]>([
    ['exponential', { kind: 'exponential', meanDays: 0.7 }, (days) => 1 - Math.exp(-days / 0.7)],
    [
      'log-normal',
      { kind: 'lognormal', meanDays: 6, logSd: 1 },
      (days) => lognormalCdf(days, Math.log(6) - 0.5, 1),
    ],
  ])('are drawn from the %s distribution with the stated mean', (_, delay, cdf) => {
    const chance = new SeededRandom(8);
    const draws = Array.from({ length: 20_000 }, () => drawDelayDays(delay, chance));
    for (const days of [0.25, 1, 3, 7, 14]) {
      const share = draws.filter((draw) => draw <= days).length / draws.length;
      expect(Math.abs(share - cdf(days))).toBeLessThan(0.012);
    }
  });

  it('report the share of conversions that the delay distribution says', () => {
    const delay: DelaySpec = { kind: 'lognormal', meanDays: 2.5, logSd: 1 };
    const ad = busyAd(1);
    // Ten days of clicks, looked at while the younger ones are still bringing conversions.
    const cohorts = 40;
    for (let step = 0; step < cohorts; step += 1) {
      stepAd(ad, { seed: 1, step: STEP + step, delay, commonDemand: 0 });
    }
    const waiting = ad.pending.reduce((sum, bucket) => sum + bucket.conversions, 0);
    const all = ad.totals.conversions + waiting;
    // Clicks are spread evenly over their step: the age of cohort k is k + u steps.
    const logMean = Math.log(2.5) - 0.5;
    let expected = 0;
    for (let part = 0; part < cohorts * 10; part += 1) {
      expected += lognormalCdf((part + 0.5) / 40, logMean, 1) / (cohorts * 10);
    }
    expect(all).toBeGreaterThan(15_000);
    expect(Math.abs(ad.totals.conversions / all - expected)).toBeLessThan(0.015);
  });

  it('keep what is waiting in one bucket per step, ascending and not yet due', () => {
    const ad = busyAd(2);
    const delay: DelaySpec = { kind: 'lognormal', meanDays: 6, logSd: 1 };
    for (let step = 0; step < 30; step += 1) {
      stepAd(ad, { seed: 2, step: STEP + step, delay, commonDemand: 0 });
    }
    const steps = ad.pending.map((bucket) => bucket.step);
    expect(steps).toEqual([...new Set(steps)].sort((one, other) => one - other));
    expect(steps[0]).toBeGreaterThan(STEP + 29);
    // 60 days after the last click at the latest.
    expect(steps.at(-1)).toBeLessThanOrEqual(STEP + 30 + 240);
    expect(steps.length).toBeLessThanOrEqual(241);
  });
});

describe('rates', () => {
  it('convert clicks at the hidden rate and at the hidden mean value', () => {
    const ad = busyAd(3);
    const delay: DelaySpec = { kind: 'exponential', meanDays: 1e-9 };
    for (let step = 0; step < 40; step += 1) {
      ad.hidden.cvrWalk = 0;
      stepAd(ad, { seed: 3, step: STEP + step, delay, commonDemand: 0 });
    }
    const { impressions, clicks, conversions, revenueMinor } = ad.totals;
    expect(ad.pending).toEqual([]);
    expect(clicks / impressions / 0.1).toBeCloseTo(1, 2);
    expect(conversions / clicks / 0.02).toBeCloseTo(1, 1);
    expect(revenueMinor / conversions / 5000).toBeCloseTo(1, 1);
    expect(revenueMinor / ad.hidden.expectedValueMinor).toBeCloseTo(1, 1);
  });

  it('tire with the impressions shown, down to four tenths', () => {
    const tired = (impressions: number): number => {
      const ad = busyAd(4, { fatigue: 1e-6 });
      return currentCtr({ ...ad, totals: { ...ad.totals, impressions } });
    };
    expect(tired(0)).toBeCloseTo(0.1, 12);
    expect(tired(500_000)).toBeCloseTo(0.1 * Math.exp(-0.5), 12);
    expect(tired(5_000_000)).toBeCloseTo(0.04, 12);
  });

  it('show the tiredness in the clicks', () => {
    const world = createWorld({
      seed: 5,
      world: 'ecom',
      startAt: START,
      currency: 'EUR',
      ads: [{ adId: '7', campaignId: '1', dailyBudgetMinor: 100_000, truth: { ctr: 0.05 } }],
    });
    const month = advanceWorld(world, START + 120 * STEP_MS).ads[0]?.totals;
    const longer = advanceWorld(world, START + 240 * STEP_MS).ads[0]?.totals;
    const early = (month?.clicks ?? 0) / (month?.impressions ?? 1);
    const late =
      ((longer?.clicks ?? 0) - (month?.clicks ?? 0)) /
      ((longer?.impressions ?? 1) - (month?.impressions ?? 0));
    expect(late).toBeLessThan(early * 0.97);
  });

  it('halve the conversion rate at the hidden break and drift with the walk', () => {
    const ad = busyAd(6, { breakAt: START + STEP_MS, cvrWalk: 0.1 });
    expect(currentCvr(ad, START)).toBeCloseTo(0.02 * Math.exp(0.1), 12);
    expect(currentCvr(ad, START + STEP_MS)).toBeCloseTo(0.01 * Math.exp(0.1), 12);
  });

  it('walk with a standard deviation of .15 in 28 days', () => {
    const ends = Array.from({ length: 150 }, (_, seed) => {
      const ad = busyAd(7);
      ad.status = 'paused';
      const delay: DelaySpec = { kind: 'exponential', meanDays: 1 };
      for (let step = 0; step < 28; step += 1) {
        stepAd(ad, { seed: seed + 1, step: STEP + step, delay, commonDemand: 0 });
      }
      return ad.hidden.cvrWalk;
    });
    // A quarter of the time: half the standard deviation.
    const sd = Math.sqrt(ends.reduce((sum, end) => sum + end * end, 0) / ends.length);
    expect(sd).toBeGreaterThan(0.062);
    expect(sd).toBeLessThan(0.089);
  });

  it('loses no budget of a few cents to rounding', () => {
    const ad = busyAd(8);
    ad.dailyBudgetMinor = 1;
    const delay: DelaySpec = { kind: 'exponential', meanDays: 1 };
    for (let step = 0; step < 2000; step += 1) {
      stepAd(ad, { seed: 8, step: STEP + step, delay, commonDemand: 0 });
    }
    expect(ad.totals.spendMinor).toBeGreaterThan(430);
    expect(ad.totals.spendMinor).toBeLessThan(570);
  });
});
