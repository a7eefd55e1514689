// Who plays: our policies with and without the daily step of 20 %, and what people use instead.
import type { AllocationAd } from '../../src/sampling/pure.js';
import { waterFill } from '../../src/shared/water-filling.js';

export interface Player {
  name: string;
  /** A policy of ours; null = `choose`, or nothing at all (hold). */
  policy: string | null;
  maxStepPct: number | null;
  /** The account's gate on P(better); left out = the shipped default. */
  gate?: number;
  isOracle?: boolean;
  /** Never decides anything. */
  isIdle?: boolean;
  choose?: (turn: Turn) => number[];
}

/** What a rival sees: attributed value and spend of the last days, per ad in order. */
export interface Turn {
  ads: readonly AllocationAd[];
  totalMinor: number;
  recent: { spendMinor: number; revenueMinor: number; conversions: number }[];
}

const CAP = 20;

export const PLAYERS: readonly Player[] = [
  { name: 'oracle', policy: null, maxStepPct: null, isOracle: true },
  { name: 'oracle_capped', policy: null, maxStepPct: CAP, isOracle: true },
  { name: 'hold', policy: null, maxStepPct: 0, isIdle: true },
  { name: 'uniform', policy: 'uniform', maxStepPct: null },
  { name: 'blended', policy: 'blended', maxStepPct: null },
  { name: 'greedy', policy: 'greedy', maxStepPct: null },
  { name: 'thompson', policy: 'thompson', maxStepPct: null },
  { name: 'delay_corrected', policy: 'delay_corrected', maxStepPct: null },
  { name: 'blended_capped', policy: 'blended', maxStepPct: CAP },
  { name: 'greedy_capped', policy: 'greedy', maxStepPct: CAP },
  { name: 'thompson_capped', policy: 'thompson', maxStepPct: CAP },
  { name: 'delay_corrected_capped', policy: 'delay_corrected', maxStepPct: CAP },
  ...[0.5, 0.6, 0.7, 0.8, 0.9].map((gate) => ({
    ...{ name: `gate_${gate}`, policy: 'delay_corrected', maxStepPct: CAP, gate },
  })),
  { name: 'campaign_budget', policy: null, maxStepPct: null, choose: campaignBudget },
  { name: 'three_rules', policy: null, maxStepPct: null, choose: threeRules },
];

/**
 * A stand-in for the platform's own campaign budget: it feeds what its attribution shows to earn
 * most over the last days, with one average conversion of doubt per ad and returns that diminish
 * alike.
 */
function campaignBudget({ ads, totalMinor, recent }: Turn): number[] {
  const spend = recent.reduce((sum, ad) => sum + ad.spendMinor, 0);
  const revenue = recent.reduce((sum, ad) => sum + ad.revenueMinor, 0);
  const conversions = recent.reduce((sum, ad) => sum + ad.conversions, 0);
  if (conversions === 0) return ads.map(() => totalMinor / ads.length);
  const [value, price] = [revenue / conversions, spend / conversions];
  const arms = recent.map((ad) => ({
    worth: (ad.revenueMinor + value) / (ad.spendMinor + price),
    scale: totalMinor / 2,
  }));
  return waterFill(arms, totalMinor);
}

/** "ROAS below x: −20 %, above y: +20 %, nothing sold for three prices of a sale: −20 %." */
function threeRules({ ads, totalMinor, recent }: Turn): number[] {
  const spend = recent.reduce((sum, ad) => sum + ad.spendMinor, 0);
  const revenue = recent.reduce((sum, ad) => sum + ad.revenueMinor, 0);
  const conversions = recent.reduce((sum, ad) => sum + ad.conversions, 0);
  const budgets = ads.map(({ currentMinor }, index) => {
    const current = currentMinor || totalMinor / ads.length;
    const ad = recent[index];
    if (!ad || ad.spendMinor === 0 || conversions === 0) return current;
    const relative = ad.revenueMinor / ad.spendMinor / (revenue / spend);
    const barren = ad.conversions === 0 && ad.spendMinor > (3 * spend) / conversions;
    if (barren || relative < 0.7) return current * 0.8;
    return relative > 1.3 ? current * 1.2 : current;
  });
  const sum = budgets.reduce((total, budget) => total + budget, 0);
  return budgets.map((budget) => (budget / sum) * totalMinor);
}
