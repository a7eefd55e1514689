import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formPosteriors, type AdBelief } from './belief.js';
import { COHORT_MS } from './cohorts.js';
import { cdfAt, defaultDelayCurve } from './delay.js';
import type { AdEvidence, Cohort } from './posterior.js';
import { gammaInterval } from './summary.js';

const NOW = Date.UTC(2026, 2, 1);
const DAY = 24 * 3_600_000;
const SETTINGS = { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 };

function cohort(daysAgo: number, counts: Partial<Cohort> = {}): Cohort {
  return {
    // Its middle, where its clicks are, is exactly `daysAgo` old.
    at: NOW - daysAgo * DAY - COHORT_MS / 2,
    impressions: 0,
    clicks: 0,
    spendMinor: 0,
    conversions: 0,
    revenueMinor: 0,
    ...counts,
  };
}

function ad(adId: string, cohorts: Cohort[], undated = false): AdEvidence {
  return { adId, campaignId: 'campaign', cohorts, undated };
}

function form(ads: AdEvidence[], asOf = NOW) {
  return formPosteriors({ ads, asOf, settings: SETTINGS });
}

function only(ads: AdEvidence[], asOf = NOW): AdBelief {
  return form(ads, asOf).posteriors[0] as AdBelief;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(numbersIn);
}

describe('formPosteriors', () => {
  it('adds forgotten clicks and delay-corrected, forgotten conversions to the priors', () => {
    const belief = only([
      ad('a', [
        cohort(28, { impressions: 1000, clicks: 40, conversions: 4, revenueMinor: 4000 }),
        cohort(3, { impressions: 2000, clicks: 60, conversions: 1, revenueMinor: 2000 }),
      ]),
    ]);
    const arrived = cdfAt(defaultDelayCurve(7), 72);
    const old = 2 ** (-28 / 3);
    const recent = 2 ** (-3 / 28);
    const { ctr, cvr, priors } = belief;
    expect(ctr.shape - priors.ctr.shape).toBeCloseTo(30 + 40 * old, 9);
    expect(ctr.rate - priors.ctr.rate).toBeCloseTo(1000 + 1000 * old, 9);
    expect(cvr.shape - priors.cvr.shape).toBeCloseTo(2 + recent, 9);
    expect(cvr.rate - priors.cvr.rate).toBeCloseTo(20 + 60 * recent * arrived, 9);
    expect(belief.value.mean).toBeCloseTo((6000 + 10 * 1200) / 15, 9);
    expect(belief.value.logSd).toBeCloseTo(Math.sqrt(0.25 / 15), 12);
    expect(belief.evidence).toEqual({
      impressions: 3000,
      clicks: 100,
      spendMinor: 0,
      conversions: 5,
      revenueMinor: 6000,
      maturedClicks: 40 + 60 * arrived,
    });
  });

  it('counts undated clicks as matured and does not forget them', () => {
    const counts = { impressions: 1000, clicks: 40, conversions: 4, revenueMinor: 4000 };
    const ages = [0.1, 400].map((days) => only([ad('a', [cohort(days, counts)], true)]));
    expect(ages[0]).toEqual(ages[1]);
    expect(ages[0]?.evidence.maturedClicks).toBe(40);
    expect(ages[0]?.effective).toEqual({
      impressions: 1000,
      clicks: 40,
      maturedClicks: 40,
      conversions: 4,
    });
    expect(only([ad('a', [{ ...cohort(400, counts), undated: true }])]).effective).toEqual(
      ages[0]?.effective,
    );
  });

  it('does not call recent clicks barren before their conversions can have arrived', () => {
    const counts = { impressions: 10_000, clicks: 300 };
    const mean = ({ cvr }: AdBelief) => cvr.shape / cvr.rate;
    const fresh = only([ad('a', [cohort(0.2, counts)])]);
    const old = only([ad('a', [cohort(8, counts)])]);
    expect(mean(fresh)).toBeGreaterThan(3 * mean(old));
  });

  it('does not see the future', () => {
    const past = ad('a', [cohort(5, { impressions: 100, clicks: 4 })]);
    const both = ad('a', [...past.cohorts, cohort(-1, { impressions: 900, clicks: 90 })]);
    expect(only([both])).toEqual(only([past]));
  });

  it('keeps unreported conversions apart from none: they move no rate', () => {
    const nobody = { conversions: null, revenueMinor: null };
    const clicks = { impressions: 10_000, clicks: 500 };
    const { posteriors, account } = form([ad('a', [cohort(9, { ...clicks, ...nobody })])]);
    expect(posteriors[0]?.evidence.conversions).toBeNull();
    expect(posteriors[0]?.cvr).toEqual(posteriors[0]?.priors.cvr);
    expect(account.conversionsKnown).toBe(false);
    expect(account.value).toEqual({ meanMinor: 100, source: 'unit' });
    expect(account.prior).toEqual({ source: 'global', accounts: 0, strength: 2 });
    const none = form([ad('a', [cohort(9, clicks)])]);
    expect(none.posteriors[0]?.evidence.conversions).toBe(0);
    expect(none.account.prior.source).toBe('account');
  });

  it('lets a learned negative coupling lower the hopes for a new ad that is much clicked', () => {
    const history = Array.from({ length: 40 }, (_, index) => {
      const clicks = 200 + 10 * index;
      const conversions = Math.round(24 - clicks / 50);
      return ad(`h${index}`, [cohort(9, { impressions: 20_000, clicks, conversions })]);
    });
    const newcomers = [100, 800].map((clicks) =>
      ad(`n${clicks}`, [cohort(0, { impressions: 20_000, clicks })]),
    );
    const { posteriors, account } = form([...newcomers, ...history]);
    expect(account.coupling.beta).toBeLessThan(-1);
    const [dull, catchy] = posteriors.map(({ priors }) => priors.cvr.shape / priors.cvr.rate);
    expect(dull ?? NaN).toBeGreaterThan(2 * (catchy ?? NaN));
    expect((dull ?? NaN) / account.cvr.mean).toBeLessThanOrEqual(3 + 1e-9);
    expect((catchy ?? NaN) / account.cvr.mean).toBeGreaterThanOrEqual(0.3 - 1e-9);
  });

  it('takes a prior from other accounts and yields to own evidence', () => {
    const prior = {
      source: 'niche' as const,
      accounts: 7,
      ctr: { mean: 0.03, strength: 4, accountStrength: 6 },
      cvr: { mean: 0.08, strength: 3, accountStrength: 6 },
      valueMinor: 7500,
      beta: -0.4,
    };
    const input = { asOf: NOW, settings: SETTINGS, prior };
    const fresh = formPosteriors({ ...input, ads: [ad('a', [])] });
    expect(fresh.account.prior).toEqual({ source: 'niche', accounts: 7, strength: 3 });
    expect(fresh.posteriors[0]?.cvr).toEqual({ shape: 3, rate: 3 / 0.08 });
    expect(fresh.posteriors[0]?.value.mean).toBe(7500);
    expect(fresh.account.coupling.applied).toBe(-0.4);
    const ads = Array.from({ length: 9 }, (_, index) =>
      ad(`a${index}`, [cohort(9, { impressions: 9000, clicks: 900, conversions: 9 })]),
    );
    const told = formPosteriors({ ...input, ads });
    expect(told.account.prior).toMatchObject({ source: 'account', accounts: 1 });
    expect(told.account.cvr.mean).toBeLessThan(0.03);
  });

  it('measures saturation against the budget it is given, else against the daily spend', () => {
    const days = Array.from({ length: 112 }, (_, index) =>
      cohort(27.875 - index / 4, { impressions: 1250, clicks: 12, spendMinor: 750 }),
    );
    const ads = [ad('a', days), ad('b', days)];
    expect(form(ads).account.budgetMinor).toBeCloseTo(6000, 6);
    expect(form(ads).posteriors[0]?.dailySpendMinor).toBeCloseTo(3000, 6);
    const given = formPosteriors({ ads, asOf: NOW, settings: SETTINGS, budgetMinor: 50_000 });
    expect(given.account.responsePrior.saturation).toBe(25_000);
    const undated = ads.map((one) => ({ ...one, undated: true }));
    const shared = formPosteriors({
      ads: undated,
      asOf: NOW,
      settings: SETTINGS,
      budgetMinor: 9000,
    });
    expect(shared.posteriors.map((one) => one.dailySpendMinor)).toEqual([4500, 4500]);
  });

  it('permutes its answer with the ads, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(counts(), { maxLength: 12 }), fc.nat(), (rows, turn) => {
        const ads = rows.map((cohorts, index) => ad(`a${index}`, cohorts, index % 5 === 4));
        const cut = ads.length === 0 ? 0 : turn % ads.length;
        const turned = [...ads.slice(cut), ...ads.slice(0, cut)].reverse();
        const byId = new Map(form(turned).posteriors.map((one) => [one.adId, one]));
        const { posteriors, account } = form(ads);
        expect(posteriors).toEqual(ads.map(({ adId }) => byId.get(adId)));
        expect(account).toEqual(form(turned).account);
      }),
      { numRuns: 60 },
    );
  });

  it('is finite everywhere: nothing shown, more clicks than showings, more sales than clicks', () => {
    fc.assert(
      fc.property(fc.array(counts(), { maxLength: 12 }), fc.boolean(), (rows, undated) => {
        const ads = rows.map((cohorts, index) => ad(`a${index}`, cohorts, undated));
        const { posteriors, account } = form(ads);
        expect(numbersIn([posteriors, account]).every(Number.isFinite)).toBe(true);
        for (const { ctr, cvr, value, response } of posteriors) {
          const positive = [ctr, cvr, response, value.mean].flatMap(numbersIn);
          expect(Math.min(...positive)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
    expect(form([]).posteriors).toEqual([]);
  });

  it('grows more certain with more evidence at the same rates', () => {
    const row = fc.record({
      clicks: fc.integer({ min: 0, max: 200 }),
      conversions: fc.integer({ min: 0, max: 20 }),
      times: fc.integer({ min: 2, max: 50 }),
      daysAgo: fc.integer({ min: 0, max: 20 }),
    });
    const width = ({ mean, lo, hi }: { mean: number; lo: number; hi: number }) => (hi - lo) / mean;
    fc.assert(
      fc.property(row, ({ clicks, conversions, times, daysAgo }) => {
        const [little, much] = [1, times].map((factor) =>
          only([
            ad('a', [
              cohort(daysAgo, {
                impressions: factor * 5000,
                clicks: factor * (clicks + 1),
                conversions: factor * (conversions + 1),
              }),
            ]),
          ]),
        ) as [AdBelief, AdBelief];
        expect(width(gammaInterval(much.ctr))).toBeLessThan(width(gammaInterval(little.ctr)));
        expect(width(gammaInterval(much.cvr))).toBeLessThan(width(gammaInterval(little.cvr)));
      }),
    );
  });
});

function counts(): fc.Arbitrary<Cohort[]> {
  const row = fc.record({
    daysAgo: fc.integer({ min: 0, max: 60 }),
    impressions: fc.nat(100_000),
    clicks: fc.nat(2000),
    spendMinor: fc.nat(100_000),
    conversions: fc.option(fc.nat(3000)),
    revenueMinor: fc.option(fc.nat(1_000_000)),
  });
  return fc
    .array(row, { maxLength: 8 })
    .map((rows) =>
      rows
        .sort((left, right) => right.daysAgo - left.daysAgo)
        .map(({ daysAgo, ...rest }) => cohort(daysAgo, rest)),
    );
}
