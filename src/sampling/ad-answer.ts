// The ad of contract section 2, put together from what three rooms know.
import type { Account, Ad } from '../accounts/index.js';
import {
  summariseBelief,
  summariseResponse,
  type AccountPrior,
  type AdBelief,
  type ShownBeliefs,
} from '../learning/index.js';
import type { Totals } from '../metrics/index.js';
import { randomStream, toMajor, withValues, type Random } from '../shared/index.js';
import { ageHours } from './decisions/allocation-input.js';

/** Intervals that come from draws use this seed, so that looking twice shows the same numbers. */
const VIEW_SEED = 1;

/** A function that shows any ad of the account as of that instant. */
export function showAd(account: Account, beliefs: ShownBeliefs, asOf: Date) {
  const { currency } = account;
  const arms = new Map(beliefs.arms.map((arm) => [arm.ad.adId, arm]));
  const major = (minor: number | null) => (minor === null ? null : toMajor(minor, currency));
  return (ad: Ad) => {
    const arm = arms.get(ad.adId);
    const totals = arm?.totals ?? beliefs.reports.totals.get(ad.adId);
    const random = randomStream(VIEW_SEED, ad.adId);
    return {
      ad_id: ad.adId,
      entity_type: ad.entityType,
      campaign_id: ad.campaignId,
      parent_id: ad.parentId,
      budget_owner_id: beliefs.reports.owners.get(ad.adId) ?? null,
      name: ad.name,
      status: ad.status,
      simulated: account.simulated,
      daily_budget: major(ad.dailyBudgetMinor),
      min_budget: major(ad.minBudgetMinor),
      max_budget: major(ad.maxBudgetMinor),
      learning_phase: ad.learningPhase,
      started_at: ad.startedAt?.toISOString() ?? null,
      age_hours: ad.startedAt === null ? null : ageHours(ad.startedAt, asOf),
      creative: ad.creative,
      as_of: asOf.toISOString(),
      totals: totals === undefined ? null : showTotals(totals, currency),
      // An object that owns no budget is no arm: its numbers speak for its owner.
      belief: arm ? shownBelief(arm.belief, beliefs.prior, currency, random) : null,
      response: arm ? summariseResponse(arm.belief, beliefs.prior.account, currency, random) : null,
    };
  };
}

/** The prior is the account's as of an instant of its own: a little earlier for a large account. */
function shownBelief(belief: AdBelief, prior: AccountPrior, currency: string, random: Random) {
  const shown = summariseBelief(belief, prior.account, currency, random);
  return { ...shown, prior: { ...shown.prior, as_of: prior.asOf.toISOString() } };
}

function showTotals(totals: Totals, currency: string) {
  const major = (minor: number | null) => (minor === null ? null : toMajor(minor, currency));
  // Without any report nothing is known; zero would say that somebody looked.
  const measured = totals.observedAt !== null;
  return {
    impressions: measured ? totals.impressions : null,
    clicks: measured ? totals.clicks : null,
    spend: measured ? toMajor(totals.spendMinor, currency) : null,
    conversions: totals.conversions,
    leads: totals.leads,
    revenue: major(totals.revenueMinor),
    pipeline_value: major(totals.pipelineValueMinor),
    observed_at: totals.observedAt?.toISOString() ?? null,
  };
}

const INTERVAL = { mean: 0.021, lo: 0.017, hi: 0.026 };

const AD_VALUES = {
  entity_type: ['campaign', 'adset', 'ad'],
  status: ['active', 'paused', 'archived'],
};

export const AD_EXAMPLE = withValues(AD_VALUES, {
  ad_id: '23842000000000001',
  entity_type: 'adset',
  campaign_id: '23842000000000900',
  parent_id: null,
  budget_owner_id: '23842000000000001',
  name: 'Spring, video 15 s',
  status: 'active',
  simulated: false,
  daily_budget: 50,
  min_budget: null,
  max_budget: null,
  learning_phase: false,
  started_at: '2026-11-01T00:00:00.000Z',
  age_hours: 512,
  creative: { hook_type: 'question', format: 'video', duration_s: 15 },
  as_of: '2026-11-22T08:00:00.000Z',
  totals: {
    impressions: 120000,
    clicks: 1800,
    spend: 640.5,
    conversions: 41,
    leads: null,
    revenue: 3280,
    pipeline_value: null,
    observed_at: '2026-11-22T08:00:00.000Z',
  },
  belief: {
    ctr: INTERVAL,
    cvr: INTERVAL,
    value_per_conversion: INTERVAL,
    roas: INTERVAL,
    evidence: { impressions: 120000, clicks: 1800, conversions: 41, matured_clicks: 1611.4 },
    prior: withValues(
      { source: ['pattern', 'niche', 'account', 'global'] },
      { source: 'account', accounts: 1, strength: 2, as_of: '2026-11-22T08:00:00.000Z' },
    ),
  },
  response: {
    saturation: 220,
    lo: 90,
    hi: 540,
    curve: [{ budget: 50, value: 190.2, lo: 141.7, hi: 251.3 }],
  },
});
