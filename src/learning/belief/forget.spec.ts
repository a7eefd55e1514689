import { describe, expect, it } from '@jest/globals';
import { formPosteriors } from './belief.js';
import { COHORT_MS } from './cohorts.js';
import type { AdEvidence, Cohort } from './posterior.js';
import type { DriftRecord } from './forget.js';

const NOW = Date.UTC(2026, 2, 1);
const SETTINGS = { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 };

const cohort = (at: number, undated = false): Cohort => ({
  at,
  impressions: 1000,
  clicks: 40,
  spendMinor: 500,
  conversions: 4,
  revenueMinor: 4000,
  ...(undated ? { undated } : {}),
});

/** Cohorts that begin so many six-hour steps before NOW. */
const ad = (adId: string, steps: number[]): AdEvidence => ({
  adId,
  campaignId: 'one',
  cohorts: steps.map((step) => cohort(NOW - step * COHORT_MS)),
  undated: false,
});

function form(ads: AdEvidence[], drift: DriftRecord[] = [], asOf = NOW) {
  return formPosteriors({ ads, asOf, settings: SETTINGS, drift }).posteriors;
}

const at = (step: number) => NOW - step * COHORT_MS;

describe('a drift', () => {
  it('discounts what came before it and leaves the raw evidence and other ads alone', () => {
    const ads = [ad('a', [40, 4]), ad('b', [40, 4])];
    const [before, other] = form(ads);
    const [after, same] = form(ads, [{ adId: 'a', at: at(20), keep: 0.1, rate: 'ctr' }]);
    const [recent] = form([ad('a', [4])]);
    const old = (before?.effective.clicks ?? 0) - (recent?.effective.clicks ?? 0);
    expect(after?.effective.clicks).toBeCloseTo((recent?.effective.clicks ?? 0) + 0.1 * old, 9);
    expect(after?.evidence).toEqual(before?.evidence);
    expect(same).toEqual(other);
  });

  it('makes the belief wider', () => {
    const [before] = form([ad('a', [40, 30, 20, 4])]);
    const [after] = form(
      [ad('a', [40, 30, 20, 4])],
      [{ adId: 'a', at: at(10), keep: 0, rate: 'ctr' }],
    );
    expect(after?.ctr.shape ?? NaN).toBeLessThan(before?.ctr.shape ?? NaN);
    expect(after?.cvr.rate ?? NaN).toBeLessThan(before?.cvr.rate ?? NaN);
  });

  it('within a cohort discounts only its earlier part', () => {
    const [whole] = form([ad('a', [4])]);
    const half = NOW - 3.5 * COHORT_MS;
    const [cut] = form([ad('a', [4])], [{ adId: 'a', at: half, keep: 0, rate: 'ctr' }]);
    expect(cut?.effective.clicks).toBeCloseTo((whole?.effective.clicks ?? 0) / 2, 9);
  });

  it('whose cohort was counted up to it moves the mean to the new rate', () => {
    // Of 10,000 impressions with 300 clicks the first 5,000 had 200: 4 %, then 2 %.
    const evidence = {
      ...ad('a', [3]),
      cohorts: [{ ...cohort(at(3)), impressions: 10_000, clicks: 300 }],
    };
    const fell = { adId: 'a', at: at(2.5), keep: 0.01, rate: 'ctr' as const };
    const [evenly] = form([evidence], [fell]);
    const counted = { ...fell, cohort: { impressions: 5000, clicks: 200 } };
    const [split] = form([evidence], [counted]);
    const rate = (one: typeof split) =>
      (one?.effective.clicks ?? NaN) / (one?.effective.impressions ?? NaN);
    expect(rate(evenly)).toBeCloseTo(0.03, 9);
    expect(rate(split)).toBeCloseTo((200 * 0.01 + 100) / (5000 * 0.01 + 5000), 9);
  });

  it('that lies after the instant of the belief is not known yet', () => {
    const ads = [ad('a', [40, 30])];
    const drift: DriftRecord[] = [{ adId: 'a', at: at(10), keep: 0, rate: 'ctr' }];
    expect(form(ads, drift, at(20))).toEqual(form(ads, [], at(20)));
  });

  it('discounts clicks without a date, which came before everything', () => {
    const undated: AdEvidence = {
      ...ad('a', [4]),
      cohorts: [cohort(at(4), true), cohort(at(4))],
    };
    const [plain] = form([undated]);
    const [drifted] = form([undated], [{ adId: 'a', at: at(4), keep: 0.25, rate: 'ctr' }]);
    expect((plain?.effective.clicks ?? 0) - (drifted?.effective.clicks ?? 0)).toBeCloseTo(30, 9);
  });

  it('multiplies with others, in whatever order they are told', () => {
    const ads = [ad('a', [40, 30, 20, 4])];
    const drift: DriftRecord[] = [
      { adId: 'a', at: at(25), keep: 0.3, rate: 'ctr' },
      { adId: 'a', at: at(10), keep: 0.7, rate: 'ctr' },
      { adId: 'a', at: at(35), keep: 0.9, rate: 'ctr' },
    ];
    expect(form(ads, [...drift].reverse())).toEqual(form(ads, drift));
  });

  it('of the conversion rate alone leaves the click rate as sure as it was', () => {
    const ads = [ad('a', [40, 4])];
    const [plain] = form(ads);
    const [sales] = form(ads, [{ adId: 'a', at: at(20), keep: 0.1, rate: 'cvr' }]);
    expect(sales?.ctr).toEqual(plain?.ctr);
    expect(sales?.effective.conversions ?? 9).toBeLessThan(plain?.effective.conversions ?? 0);
    expect(sales?.effective.maturedClicks ?? 9).toBeLessThan(plain?.effective.maturedClicks ?? 0);
  });
});
