import { describe, expect, it } from '@jest/globals';
import { adviseCells, type AdviceAd } from './advice.js';
import { mergeEvidence } from './cell-evidence.js';
import { chooseLevel } from './levels.js';

/** Undated totals of an ad, as an export without dates gives them. */
function ad(index: number, gender: string, clicks: number, conversions: number): AdviceAd {
  const adId = `ad-${index}`;
  const cohort = {
    at: 0,
    impressions: clicks * 100,
    clicks,
    spendMinor: clicks * 100,
    conversions,
  };
  return {
    adId,
    campaignId: 'c',
    name: null,
    creative: { gender },
    spendMinor: cohort.spendMinor,
    clicks,
    conversions,
    currentMinor: null,
    evidence: {
      adId,
      campaignId: 'c',
      cohorts: [{ ...cohort, revenueMinor: null, undated: true }],
      undated: true,
    },
  };
}

const ads = Array.from({ length: 40 }, (_, index) =>
  index % 2 ? ad(index, 'F', 100, 1) : ad(index, 'M', 100, 5),
);
const level = chooseLevel(ads)!;
const request = {
  ads,
  cells: level.cells,
  asOf: Date.UTC(2026, 0, 5),
  seed: 1,
  totalMinor: 400_000,
  currency: 'USD',
  settings: { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 },
};

describe('adviseCells', () => {
  it('moves a step from the cell that sells less to the one that sells more', () => {
    expect(level.name).toBe('gender');
    const answer = adviseCells(request);
    const budgets = answer?.recommendations.map(
      ({ ad_id, current_budget, recommended_budget }) => ({
        ad_id,
        current_budget,
        recommended_budget,
      }),
    );
    expect(budgets).toEqual([
      { ad_id: 'gender M', current_budget: 2000, recommended_budget: 2400 },
      { ad_id: 'gender F', current_budget: 2000, recommended_budget: 1600 },
    ]);
    for (const { expected_gain: gain } of answer?.recommendations ?? []) {
      expect(gain.lo).toBeGreaterThan(0);
    }
  });

  it('gives the same answer for the same seed', () => {
    expect(adviseCells(request)).toEqual(adviseCells(request));
  });

  it('takes known budgets as they are', () => {
    const known = ads.map((one) => ({ ...one, currentMinor: 500 }));
    const answer = adviseCells({ ...request, ads: known });
    expect(answer?.recommendations.map((item) => item.current_budget)).toEqual([100, 100]);
  });

  it('has nothing to say without cells', () => {
    expect(adviseCells({ ...request, cells: [] })).toBeNull();
  });
});

describe('mergeEvidence', () => {
  it('lays cohorts side by side in time and loses none', () => {
    const [one, two] = [ad(1, 'F', 10, 1), ad(2, 'F', 20, 2)];
    const dated = {
      ...two.evidence,
      undated: false,
      cohorts: two.evidence.cohorts.map((c) => ({ ...c, at: -5, undated: false })),
    };
    const merged = mergeEvidence('cell', 'c', [one.evidence, dated]);
    expect(merged).toMatchObject({ adId: 'cell', campaignId: 'c', undated: false });
    expect(merged.cohorts.map(({ at, undated, clicks }) => ({ at, undated, clicks }))).toEqual([
      { at: -5, undated: false, clicks: 20 },
      { at: 0, undated: true, clicks: 10 },
    ]);
  });
});
