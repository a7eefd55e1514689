import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { observe, writeAd } from './observe.js';
import { responseCurve } from './step-ad.js';
import { DAY_MS, HOUR_MS, STEP_MS, STEPS_PER_ADVANCE_MAX, WORLD_SPECS } from './world-spec.js';
import { advanceWorld, createWorld, type SandboxWorld } from './world.js';

const START = Date.UTC(2026, 2, 1);

const ecom = (seed: number, days = 0): SandboxWorld =>
  advanceWorld(
    createWorld({ seed, world: 'ecom', adCount: 12, startAt: START, currency: 'EUR' }),
    START + days * DAY_MS,
  );
const activeBudget = (world: SandboxWorld): number =>
  world.ads.reduce((sum, ad) => sum + (ad.status === 'active' ? ad.dailyBudgetMinor : 0), 0);

/** One given ad with known truths, so that expectations can be worked out by hand. */
const single = (seed: number, dailyBudgetMinor: number): SandboxWorld =>
  createWorld({
    seed,
    world: 'ecom',
    startAt: START,
    currency: 'EUR',
    totalDailyBudgetMinor: 100_000,
    ads: [
      {
        adId: '7',
        campaignId: '1',
        dailyBudgetMinor,
        truth: { ctr: 0.01, cvr: 0.05, valueMinor: 5000, costMinor: 1 },
      },
    ],
  });

describe('createWorld', () => {
  it('starts eight of twelve ads, splits the money evenly and launches four in the first half', () => {
    const world = ecom(5);
    expect(world.ads.filter((ad) => ad.launched).map((ad) => ad.dailyBudgetMinor)).toEqual(
      Array(8).fill(12_500),
    );
    const late = world.ads.filter((ad) => !ad.launched);
    expect(late).toHaveLength(4);
    late.forEach(({ launchAt }) => {
      expect(launchAt).toBeGreaterThan(START);
      expect(launchAt).toBeLessThanOrEqual(START + 14 * DAY_MS);
    });
  });

  it('gives every ad its own id, name and campaign, and another seed other ids', () => {
    const { ads } = ecom(1);
    expect(new Set(ads.map((ad) => ad.adId)).size).toBe(12);
    expect(new Set(ads.map((ad) => ad.name)).size).toBe(12);
    expect(new Set(ads.map((ad) => ad.campaignId)).size).toBe(3);
    ads.forEach((ad) => expect(ad.adId).toMatch(/^\d{18}$/));
    const others = new Set(ecom(2).ads.map((ad) => ad.adId));
    expect(ads.filter((ad) => others.has(ad.adId))).toEqual([]);
  });

  it('draws rates whose averages over many seeds are those of the table', () => {
    const ads = Array.from({ length: 400 }, (_, seed) => ecom(seed + 1).ads).flat();
    const mean = (of: (ad: (typeof ads)[number]) => number): number =>
      ads.reduce((sum, ad) => sum + of(ad), 0) / ads.length;
    expect(mean((ad) => ad.hidden.ctr) / WORLD_SPECS.ecom.ctr).toBeCloseTo(1, 1);
    expect(mean((ad) => ad.hidden.cvr) / WORLD_SPECS.ecom.cvr).toBeCloseTo(1, 1);
    expect(mean((ad) => ad.hidden.valueMinor) / 6000).toBeCloseTo(1, 1);
    expect(mean((ad) => (ad.hidden.breakAt === null ? 0 : 1))).toBeCloseTo(0.15, 1);
  });

  it('opposes click and conversion rates in the kag world', () => {
    const logs = Array.from({ length: 100 }, (_, seed) =>
      createWorld({ seed: seed + 1, world: 'kag', startAt: START, currency: 'USD' }).ads.map(
        ({ hidden }): [number, number] => [Math.log(hidden.ctr), Math.log(hidden.cvr)],
      ),
    );
    // Within accounts, since the account's own effects are independent of each other.
    const centred = logs.flatMap((rows) => {
      const means = [0, 1].map((k) => rows.reduce((sum, row) => sum + (row[k] ?? 0), 0) / 12);
      return rows.map(([x, y]) => [x - (means[0] ?? 0), y - (means[1] ?? 0)] as const);
    });
    const dot = (i: 0 | 1, j: 0 | 1): number => centred.reduce((s, row) => s + row[i] * row[j], 0);
    const correlation = dot(0, 1) / Math.sqrt(dot(0, 0) * dot(1, 1));
    expect(correlation).toBeGreaterThan(-0.76);
    expect(correlation).toBeLessThan(-0.64);
  });

  it('gives a given ad the same truths whatever stands beside it', () => {
    const ads = ['a', 'b', 'c'].map((adId) => ({ adId, campaignId: '1', dailyBudgetMinor: 1000 }));
    const base = { seed: 3, world: 'service', startAt: START, currency: 'USD' } as const;
    const forwards = createWorld({ ...base, ads });
    const backwards = createWorld({ ...base, ads: [...ads].reverse() });
    expect([...backwards.ads].reverse()).toEqual(forwards.ads);
  });

  it('counts in whole units where the currency has no cents', () => {
    const world = createWorld({ seed: 1, world: 'ecom', startAt: START, currency: 'JPY' });
    expect(activeBudget(world)).toBe(1000);
    observe(advanceWorld(world, START + 3 * DAY_MS)).forEach(({ spendMinor, revenueMinor }) => {
      expect(Number.isSafeInteger(spendMinor)).toBe(true);
      expect(Number.isSafeInteger(revenueMinor)).toBe(true);
    });
  });
});

describe('advanceWorld', () => {
  it('gives the same world for the same seed and another for another', () => {
    expect(ecom(11, 5)).toEqual(ecom(11, 5));
    expect(observe(ecom(11, 5))).not.toEqual(observe(ecom(12, 5)));
  });

  it('does not depend on how the time is chopped, nor on being stored as JSON in between', () => {
    const whole = ecom(21, 14);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 14 * 24 - 1 }), { maxLength: 12 }),
        (hours) => {
          let world = ecom(21);
          for (const hour of hours.sort((one, other) => one - other)) {
            const stored = JSON.stringify(advanceWorld(world, START + hour * HOUR_MS));
            world = JSON.parse(stored) as SandboxWorld;
          }
          expect(advanceWorld(world, START + 14 * DAY_MS)).toEqual(whole);
        },
      ),
      { seed: 4, numRuns: 8 },
    );
  });

  it('takes whole steps only, never goes back and leaves its argument alone', () => {
    const world = ecom(1, 1);
    const before = structuredClone(world);
    expect(advanceWorld(world, START + DAY_MS + STEP_MS - 1)).toEqual(before);
    expect(advanceWorld(world, START)).toEqual(before);
    expect(advanceWorld(world, START + DAY_MS + STEP_MS).clockAt).toBe(START + DAY_MS + STEP_MS);
    expect(world).toEqual(before);
  });

  it('refuses a jump of more than a year and a time that is none', () => {
    const tooFar = START + (STEPS_PER_ADVANCE_MAX + 1) * STEP_MS;
    expect(() => advanceWorld(ecom(1), tooFar)).toThrow(RangeError);
    expect(() => advanceWorld(ecom(1), Number.NaN)).toThrow(RangeError);
  });

  it('keeps the total of the daily budgets when ads are launched', () => {
    const world = ecom(31, 15);
    expect(world.ads.every((ad) => ad.launched && ad.dailyBudgetMinor > 0)).toBe(true);
    expect(activeBudget(world)).toBe(100_000);
  });

  it('never lets a total fall', () => {
    let world = ecom(41);
    for (let day = 1; day <= 20; day += 1) {
      const next = advanceWorld(world, START + day * DAY_MS);
      next.ads.forEach(({ totals }, index) => {
        const before = world.ads[index]?.totals;
        expect(totals.impressions).toBeGreaterThanOrEqual(before?.impressions ?? 0);
        expect(totals.clicks).toBeGreaterThanOrEqual(before?.clicks ?? 0);
        expect(totals.spendMinor).toBeGreaterThanOrEqual(before?.spendMinor ?? 0);
        expect(totals.conversions).toBeGreaterThanOrEqual(before?.conversions ?? 0);
        expect(totals.revenueMinor).toBeGreaterThanOrEqual(before?.revenueMinor ?? 0);
      });
      world = next;
    }
  });

  it('spends the budget on average, within the demand noise', () => {
    const spent = ecom(51, 60).ads.reduce((sum, ad) => sum + ad.totals.spendMinor, 0);
    // 240 steps of 5 % common and 7.5/√12 % own noise: a standard error of .35 %.
    expect(spent / 6_000_000).toBeGreaterThan(0.985);
    expect(spent / 6_000_000).toBeLessThan(1.015);
  });

  it('spends nothing on a paused ad and changes no other ad by pausing one', () => {
    const [first] = ecom(61, 16).ads;
    const adId = first?.adId ?? '';
    const paused = writeAd(ecom(61, 16), { adId, changeType: 'status', value: 'paused' });
    const after = advanceWorld(paused, START + 20 * DAY_MS);
    const without = ecom(61, 20);
    expect(after.ads[0]?.totals.spendMinor).toBe(first?.totals.spendMinor);
    expect(after.ads[0]?.totals.clicks).toBe(first?.totals.clicks);
    expect(after.ads[0]?.hidden.cvrWalk).toBe(without.ads[0]?.hidden.cvrWalk);
    expect(after.ads.slice(1)).toEqual(without.ads.slice(1));
  });

  it('buys ever fewer impressions per money as an ad is fed', () => {
    const perMoney = [10_000, 100_000, 400_000].map((budget) => {
      const [ad] = advanceWorld(single(71, budget), START + 40 * DAY_MS).ads;
      return (ad?.totals.impressions ?? 0) / (ad?.totals.spendMinor ?? 1);
    });
    // (s/b)·ln(1 + b/s) at b/s = .1, 1 and 4, cost 1 minor unit per impression.
    [0.953, 0.693, 0.402].forEach((expected, index) => {
      expect((perMoney[index] ?? 0) / expected).toBeCloseTo(1, 1);
    });
    const truth = single(71, 1).ads[0]?.hidden;
    if (truth) expect(responseCurve(truth, 100_000)).toBeCloseTo(100_000 * Math.LN2, 6);
  });
});
