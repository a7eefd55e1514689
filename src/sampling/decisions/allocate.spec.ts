import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allocate } from './allocate.js';
import { accounts, anAd, anInput } from '../../../test/fixtures/allocation.js';
import { blended } from '../policies/blended.js';
import {
  isRefusal,
  type AllocationInput,
  type AllocationResult,
} from '../split/allocation-types.js';
import { POLICIES } from '../policies/policies.js';
import type { Policy } from '../split/policy.js';
import { uniform } from '../policies/simple-policies.js';
import { delayCorrected } from '../split/thompson.js';

function answered(input: AllocationInput, policy: Policy = delayCorrected): AllocationResult {
  const outcome = allocate(input, policy);
  if (isRefusal(outcome)) throw new Error(outcome.detail);
  return outcome;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(numbersIn);
}

const budgetsOf = ({ recommendations }: AllocationResult): number[] =>
  recommendations.map(({ recommendedMinor }) => recommendedMinor);
const sumOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Checks answers about random accounts; most must be answers, or the property would say nothing.
 */
const each = (
  runs: number,
  seed: number,
  check: (outcome: AllocationResult, input: AllocationInput, policy: Policy) => void,
) => {
  let answers = 0;
  fc.assert(
    fc.property(accounts, fc.constantFrom(...POLICIES), (input, policy) => {
      const outcome = allocate(input, policy);
      if (isRefusal(outcome)) return;
      answers += 1;
      check(outcome, input, policy);
    }),
    { seed, numRuns: runs },
  );
  expect(answers).toBeGreaterThan(runs / 2);
};

describe('allocate', () => {
  it('gives whole minor units that sum to the total, or says what is over or missing', () => {
    each(700, 1, (outcome, input) => {
      const budgets = budgetsOf(outcome);
      expect(budgets.every((budget) => Number.isSafeInteger(budget) && budget >= 0)).toBe(true);
      expect(sumOf(budgets) + (outcome.unallocated?.amountMinor ?? 0)).toBe(input.totalMinor);
      expect(outcome.unallocated?.amountMinor).not.toBe(0);
    });
  });

  it('keeps every budget within its step, and within floor and ceiling where the step allows', () => {
    each(700, 2, (outcome, input) => {
      for (const { adId, recommendedMinor: budget, reason } of outcome.recommendations) {
        const ad = input.ads.find((known) => known.adId === adId)!;
        const { currentMinor, minMinor, maxMinor } = ad;
        if (reason.includes('is under 0.5: the rule is to pause it')) {
          expect(budget).toBe(0);
          continue;
        }
        const step = currentMinor && input.maxStepPct !== null ? input.maxStepPct / 100 : Infinity;
        const current = currentMinor ?? 0;
        const least = step < Infinity ? current * (1 - step) : 0;
        const most = step < Infinity ? current * (1 + step) : Infinity;
        if (step < Infinity) {
          expect(budget).toBeGreaterThanOrEqual(least - 1e-6);
          expect(budget).toBeLessThanOrEqual(most + 1e-6);
        }
        if (ad.learningPhase && budget === currentMinor) continue;
        if (maxMinor !== null && maxMinor >= least) expect(budget).toBeLessThanOrEqual(maxMinor);
        if (minMinor !== null && minMinor <= Math.floor(most)) {
          expect(budget).toBeGreaterThanOrEqual(minMinor);
        }
      }
    });
  });

  it('never answers NaN or infinity; shares, probabilities and confidences lie in [0, 1]', () => {
    each(500, 3, (outcome) => {
      expect(numbersIn(outcome).every(Number.isFinite)).toBe(true);
      expect(JSON.stringify(outcome)).not.toMatch(/NaN|Infinity|undefined/);
      for (const { propensity, probabilityBest, confidence } of outcome.recommendations) {
        for (const share of [propensity, probabilityBest, confidence]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
      const shares = sumOf(outcome.recommendations.map(({ propensity }) => propensity));
      const allOff = outcome.recommendations.every(({ reason }) => reason.includes(': paused'));
      expect(shares).toBeCloseTo(allOff ? 0 : 1, 9);
    });
  });

  it('answers the same bytes for the same input, and permutes with its ads', () => {
    each(150, 4, (outcome, input, policy) => {
      expect(JSON.stringify(allocate(input, policy))).toBe(JSON.stringify(outcome));
      const turned = allocate({ ...input, ads: input.ads.toReversed() }, policy);
      if (isRefusal(turned)) throw new Error(turned.detail);
      const back = {
        ...turned,
        recommendations: turned.recommendations.toReversed(),
        leftOut: turned.leftOut.toReversed(),
      };
      expect(JSON.stringify(back)).toBe(JSON.stringify(outcome));
    });
  });

  it('never gives an ad less for more conversions on the same clicks, all else equal', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 1, max: 4_294_967_295 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.constantFrom(...POLICIES.filter(({ name }) => name !== 'blended')),
        (conversions, seed, totalMinor, policy) => {
          const ads = conversions.map((count, i) => anAd(`ad-${i}`, { conversions: count }));
          const { recommendations } = answered(
            anInput(ads, { seed, totalMinor, maxStepPct: null, draws: 50 }),
            policy,
          );
          const ranked = recommendations
            .map(({ recommendedMinor }, i) => ({ budget: recommendedMinor, of: conversions[i]! }))
            .toSorted((left, right) => left.of - right.of);
          ranked.forEach(({ budget, of }, i) => {
            const fewer = ranked.slice(0, i).filter((other) => other.of < of);
            for (const other of fewer) expect(budget).toBeGreaterThanOrEqual(other.budget);
          });
        },
      ),
      { seed: 5, numRuns: 150 },
    );
  });

  it('narrows the relative interval of what an ad earns as evidence of an equal rate grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 10, max: 60 }),
        fc.integer({ min: 1, max: 4_294_967_295 }),
        (conversions, clicksEach, seed) => {
          const grown = (times: number) => {
            const sold = conversions * times;
            const clicks = sold * clicksEach;
            const facts = { conversions: sold, clicks, impressions: clicks * 100 };
            const ad = anAd('a', { ...facts, spendMinor: clicks * 50 });
            const { mean, lo, hi } = answered(anInput([ad, anAd('b')], { seed, draws: 400 }))
              .recommendations[0]!.marginal;
            return (hi - lo) / mean;
          };
          expect(grown(8)).toBeLessThan(grown(1));
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  it('is nearly sure of the better of two ads after 200 conversions against 100', () => {
    const { recommendations } = answered(
      anInput([
        anAd('good', { clicks: 4_000, impressions: 400_000, conversions: 200 }),
        anAd('plain', { clicks: 4_000, impressions: 400_000, conversions: 100 }),
      ]),
    );
    expect(recommendations[0]!.probabilityBest).toBeGreaterThan(0.95);
    expect(recommendations[0]!.action).toBe('scale');
    expect(recommendations[0]!.confidence).toBeGreaterThan(0.95);
    expect(recommendations[0]!.gainMinor.lo).toBeGreaterThan(0);
  });

  it('explains a move with its value, interval, evidence and limit', () => {
    const { recommendations, expected } = answered(
      anInput([anAd('a', { conversions: 30 }), anAd('b', { conversions: 2 })]),
    );
    expect(recommendations[0]).toMatchObject({
      currentMinor: 1_000,
      recommendedMinor: 1_200,
      changePct: 20,
      action: 'scale',
    });
    expect(recommendations[0]!.reason).toMatch(
      /^The next 1\.0 spent here earns [\d.]+ \(80 % interval [\d.]+–[\d.]+\) against [\d.]+ for the account's marginal unit\. 30 conversions from 200 clicks behind it\. Raised 20 %: the policy wants [\d.]+ % of the money here \(now 50 %\); capped at \+20 %\.$/,
    );
    expect(recommendations[1]!.action).toBe('reduce');
    expect(expected.proposedMinorPerDay).toBeGreaterThan(expected.currentMinorPerDay!);
    expect(expected.pBetter).toBeGreaterThan(0.9);
    expect(expected.uncappedMinorPerDay).toBeGreaterThan(expected.proposedMinorPerDay);
  });

  it('says that it explores when the split is expected to earn less', () => {
    const { expected, recommendations, notes } = answered(
      anInput([
        anAd('best', { conversions: 60, clicks: 1_000 }, { currentMinor: 9_000 }),
        anAd('worse', { conversions: 6, clicks: 1_000 }, { currentMinor: 1_000 }),
      ]),
      uniform,
    );
    expect(expected.proposedMinorPerDay).toBeLessThan(expected.currentMinorPerDay!);
    expect(recommendations.map(({ explores }) => explores)).toEqual([false, true]);
    expect(recommendations[1]!.reason).toContain('This move explores');
    expect(notes[0]).toMatch(/expected to earn [\d.]+ % less than the current one/);
  });

  it('flags at least one ad whenever the split is expected to lose', () => {
    let losing = 0;
    each(150, 6, (outcome) => {
      const loses = outcome.notes.some((note) => note.includes('it explores'));
      losing += Number(loses);
      expect(outcome.recommendations.some(({ explores }) => explores)).toBe(
        loses && outcome.recommendations.some(({ recommendedMinor }) => recommendedMinor > 0),
      );
    });
    expect(losing).toBeGreaterThan(5);
  });

  it('scales what the classic rule scales, also where all others have to give', () => {
    const rich = { clicks: 500, conversions: 60, spendMinor: 30_000 };
    const small = ['b', 'c', 'd', 'e', 'f'].map((id) => anAd(id, {}, { currentMinor: 100 }));
    const ads = [anAd('rich', rich), anAd('large', {}, { currentMinor: 10_000 }), ...small];
    const { recommendations } = answered(anInput(ads, { totalMinor: 9_700 }), blended);
    expect(recommendations[0]).toMatchObject({ recommendedMinor: 1_200, action: 'scale' });
    expect(recommendations[0]!.reason).toContain('is above 3: the rule is to scale it.');
  });

  it('names the total where the part of the money alone would say the opposite', () => {
    const ads = [anAd('a', { conversions: 30 }), anAd('b', { conversions: 2 })];
    const reasons = answered(anInput(ads, { totalMinor: 1_600 })).recommendations;
    expect(reasons.map(({ action }) => action)).toEqual(['reduce', 'reduce']);
    expect(reasons[0]!.reason).toContain('(now 50 %) of a total that is 20 % smaller than');
    expect(reasons[1]!.reason).not.toContain('of a total');
  });

  it('tells a locked budget from one that no move is sure enough for', () => {
    const ads = [anAd('a', {}, { locked: true }), anAd('b', {}, { unsure: true }), anAd('c')];
    const reasons = answered(anInput(ads)).recommendations.map(({ reason }) => reason);
    expect(reasons[0]).toContain('Held: its budget is locked.');
    expect(reasons[1]).toContain('Held: no move of it is as sure as the plan asks for.');
  });

  it('does not touch an ad in its learning phase that may still deserve money', () => {
    const ads = [
      anAd('learns', { conversions: 8 }, { learningPhase: true }),
      anAd('other', { conversions: 9 }),
      anAd('third', { conversions: 2 }),
    ];
    const learns = answered(anInput(ads)).recommendations[0]!;
    expect([learns.recommendedMinor, learns.action]).toEqual([1_000, 'hold']);
    expect(learns.reason).toContain('still learning to deliver');
  });
});

describe('allocate with bad input', () => {
  it('refuses when there is no ad, or none that is live', () => {
    expect(allocate(anInput([]), delayCorrected)).toEqual({
      code: 'sampling.no_ads',
      detail: 'There is no ad. No ad can receive the budget.',
    });
    const paused = [anAd('a', {}, { status: 'paused' }), anAd('b', {}, { status: 'archived' })];
    expect(allocate(anInput(paused), delayCorrected)).toMatchObject({ code: 'sampling.no_ads' });
  });

  it('refuses floors above the total and beliefs that cannot be drawn from', () => {
    const ads = [anAd('a', {}, { minMinor: 600 }), anAd('b', {}, { minMinor: 500 })];
    expect(allocate(anInput(ads, { totalMinor: 1_000 }), delayCorrected)).toEqual({
      code: 'sampling.below_floors',
      detail: 'The floors of 2 ads sum to 1100 minor units, above the total of 1000.',
    });
    const broken = anAd('a');
    broken.posterior.cvr.rate = 0;
    expect(allocate(anInput([broken]), delayCorrected)).toMatchObject({
      code: 'sampling.improper_belief',
    });
  });

  it('gives one ad the whole total, up to its step', () => {
    const ad = anAd('only');
    expect(answered(anInput([ad])).recommendations[0]).toMatchObject({
      recommendedMinor: 1_000,
      action: 'hold',
      propensity: 1,
      probabilityBest: 1,
    });
    const capped = answered(anInput([ad], { totalMinor: 5_000 }));
    expect(budgetsOf(capped)).toEqual([1_200]);
    expect(capped.unallocated).toEqual({
      amountMinor: 3_800,
      reason:
        'Every ad stands at the most it may get (step limit); the rest of the total is not given out.',
    });
  });

  it('lets every budget fall its full step when the steps keep the sum above the total', () => {
    const outcome = answered(anInput([anAd('a'), anAd('b')], { totalMinor: 500 }));
    expect(budgetsOf(outcome)).toEqual([800, 800]);
    expect(outcome.unallocated?.amountMinor).toBe(-1_100);
  });

  it('leaves paused ads out with a reason and without asking for a belief', () => {
    const broken = anAd('paused', {}, { status: 'paused' });
    broken.posterior.ctr.rate = Number.NaN;
    const outcome = answered(anInput([broken, anAd('live')], { maxStepPct: null }));
    expect(outcome.recommendations.map(({ adId }) => adId)).toEqual(['live']);
    expect(outcome.leftOut).toEqual([
      { adId: 'paused', reason: 'The ad is paused: it gets no money.' },
    ]);
  });

  it('answers ads without spend, evidence, value or budgets', () => {
    const nothing = { impressions: 0, clicks: 0, conversions: null, spendMinor: 0 };
    const ads = [
      anAd('new', nothing, { currentMinor: null, ageHours: null }),
      anAd('zero', { ...nothing, conversions: 0 }, { currentMinor: 0 }),
      anAd('worthless', { valueMinor: 0, spendMinor: 0 }, { currentMinor: null }),
    ];
    for (const policy of POLICIES) {
      const outcome = answered(anInput(ads, { totalMinor: 999 }), policy);
      expect(sumOf(budgetsOf(outcome))).toBe(999);
      expect(outcome.expected).toMatchObject({ currentMinorPerDay: null, pBetter: null });
      expect(numbersIn(outcome).every(Number.isFinite)).toBe(true);
    }
  });

  it('answers when no ad is worth anything, and when there is no money', () => {
    const ads = [anAd('a', { valueMinor: 0 }), anAd('b', { valueMinor: 0 })];
    expect(budgetsOf(answered(anInput(ads, { maxStepPct: null })))).toEqual([1_000, 1_000]);
    const poor = answered(anInput([anAd('a'), anAd('b')], { totalMinor: 0, maxStepPct: null }));
    expect(budgetsOf(poor)).toEqual([0, 0]);
    expect(poor.recommendations.map(({ action }) => action)).toEqual(['pause', 'pause']);
  });

  it('keeps the sum to the unit for a thousand million won', () => {
    const ads = Array.from({ length: 7 }, (_, i) =>
      anAd(
        `ad-${i}`,
        { conversions: i, spendMinor: 90_000_000, valueMinor: 3_000_000, saturation: 150_000_000 },
        { currentMinor: null, ageHours: 24 },
      ),
    );
    for (const policy of POLICIES) {
      const outcome = answered(anInput(ads, { totalMinor: 1_000_000_000 }), policy);
      expect(sumOf(budgetsOf(outcome))).toBe(1_000_000_000);
      expect(outcome.unallocated).toBeNull();
    }
  });

  it('measures moves from the split of spend where no budget is known, without a step limit', () => {
    const ads = [
      anAd('a', { spendMinor: 30_000, conversions: 1 }, { currentMinor: null }),
      anAd('b', { spendMinor: 10_000, conversions: 40 }, { currentMinor: null }),
    ];
    const outcome = answered(anInput(ads, { totalMinor: 4_000 }));
    expect(outcome.recommendations.map(({ referenceMinor }) => referenceMinor)).toEqual([
      3_000, 1_000,
    ]);
    expect(outcome.recommendations[1]!.changePct).toBeGreaterThan(100);
    expect(outcome.expected.pBetter).toBeGreaterThan(0.9);
  });

  it('fails loudly on an ad that is in the input twice', () => {
    expect(() => allocate(anInput([anAd('a'), anAd('a')]), delayCorrected)).toThrow(/twice/);
  });
});
