// The yardstick: it reads the hidden truths, so nothing that decides may import it. It judges what
// a policy earned and says what the best split of the moment would have been.
import { waterFill } from '../../shared/water-filling.js';
import { currentCtr, currentCvr, responseCurve } from './step-ad.js';
import type { SandboxAd, SandboxWorld } from './world-state.js';

/** Daily budgets in minor units by ad id. */
export type Budgets = Record<string, number>;

/**
 * Budgets that maximise the expected value of the coming day at the rates of this instant, summing
 * to `totalMinor` exactly. Myopic: it does not foresee fatigue, drift or launches, so over weeks a
 * policy could in principle beat it; over a step it is the best. Only active launched ads are fed.
 */
export function oracleBudgets(world: SandboxWorld, totalMinor: number): Budgets {
  const ads = deliveringAds(world);
  const arms = ads.map((ad) => ({
    worth: worthOf(world, ad),
    scale: ad.hidden.saturationMinor,
  }));
  const shares = wholeUnits(waterFill(arms, totalMinor), totalMinor);
  return Object.fromEntries(ads.map((ad, index) => [ad.adId, shares[index] ?? 0]));
}

/** Expected value per day of a split at the rates of this instant, minor units (not rounded). */
export function trueValue(world: SandboxWorld, budgets: Budgets): number {
  return deliveringAds(world).reduce((sum, ad) => {
    const impressions = responseCurve(ad.hidden, budgets[ad.adId] ?? 0);
    return sum + impressions * valuePerImpression(world, ad);
  }, 0);
}

/** What all clicks so far have truly earned, conversions still unreported included; minor units. */
export function earnedValue(world: SandboxWorld): number {
  return world.ads.reduce(
    (sum, ad) =>
      sum +
      ad.totals.revenueMinor +
      ad.pending.reduce((waiting, bucket) => waiting + bucket.revenueMinor, 0),
    0,
  );
}

/**
 * The same without the luck of single clicks and orders: each impression bought counts with its
 * true expected value. Same mean as `earnedValue`, far less noise: prefer it to compare policies.
 */
export function expectedEarnedValue(world: SandboxWorld): number {
  return world.ads.reduce((sum, ad) => sum + ad.hidden.expectedValueMinor, 0);
}

/** Conversions that have happened in truth, reported or not: what the delay still hides. */
export function trueConversions(world: SandboxWorld): number {
  return world.ads.reduce(
    (sum, ad) =>
      sum +
      ad.totals.conversions +
      ad.pending.reduce((waiting, bucket) => waiting + bucket.conversions, 0),
    0,
  );
}

function deliveringAds(world: SandboxWorld): SandboxAd[] {
  return world.ads.filter((ad) => ad.launched && ad.status === 'active');
}

function valuePerImpression(world: SandboxWorld, ad: SandboxAd): number {
  return currentCtr(ad) * currentCvr(ad, world.clockAt) * ad.hidden.valueMinor;
}

/** Value of the first unit of money. */
function worthOf(world: SandboxWorld, ad: SandboxAd): number {
  return valuePerImpression(world, ad) / ad.hidden.costMinor;
}

/** Rounds down and hands the units left over to the largest remainders. */
function wholeUnits(amounts: number[], total: number): number[] {
  const whole = amounts.map((amount) => Math.floor(amount));
  const left = total - whole.reduce((sum, amount) => sum + amount, 0);
  const byRemainder = amounts
    .map((amount, index) => ({ index, remainder: amount - Math.floor(amount) }))
    .sort((one, other) => other.remainder - one.remainder || one.index - other.index);
  for (const { index } of byRemainder.slice(0, left)) whole[index] = (whole[index] ?? 0) + 1;
  return whole;
}
