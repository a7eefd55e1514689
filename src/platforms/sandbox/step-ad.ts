// One six-hour step of one ad: money out, impressions, clicks and delayed conversions in. The draws
// that do not depend on the budget come first in the ad's stream, so two policies on one seed meet
// the same demand and the same drift and differ only by what they did (common random numbers).
import type { Random } from '../../shared/random.js';
import { ReseedableRandom } from '../../shared/reseedable-random.js';
import {
  AD_DEMAND_LOG_SD,
  BREAK_FACTOR,
  COMMON_DEMAND_LOG_SD,
  CONVERSION_DRAWS_MAX,
  CONVERSION_VALUE_LOG_SD,
  CVR_WALK_DAYS,
  CVR_WALK_LOG_SD,
  DELAY_DAYS_MAX,
  FATIGUE_FLOOR,
  STEP_MS,
  STEPS_PER_DAY,
  type DelaySpec,
} from './world-spec.js';
import type { AdTruth, SandboxAd } from './world-state.js';

/** Every stream is started anew by its name, so sharing the generator shares no chance. */
const generator = new ReseedableRandom();

const WALK_STEP_SD = CVR_WALK_LOG_SD / Math.sqrt(CVR_WALK_DAYS * STEPS_PER_DAY);
/** Variance of half the log demand noise: half shows in the pace of spending, half in the price. */
const HALF_DEMAND_VARIANCE = (AD_DEMAND_LOG_SD ** 2 + COMMON_DEMAND_LOG_SD ** 2) / 4;

interface StepContext {
  seed: number;
  /** Number of the step since the epoch. */
  step: number;
  delay: DelaySpec;
  /** Log demand noise common to all ads of the account. */
  commonDemand: number;
}

/** Changes `ad` in place; the caller works on a copy. */
export function stepAd(ad: SandboxAd, context: StepContext): void {
  const { seed, step, delay } = context;
  const chance = generator.start(seed, `step ${step} of ${ad.adId}`);
  const walk = chance.normal(0, WALK_STEP_SD);
  const halfDemand = (chance.normal(0, AD_DEMAND_LOG_SD) + context.commonDemand) / 2;
  const roundings: [number, number] = [chance.uniform(), chance.uniform()];
  if (ad.launched && ad.status === 'active' && ad.dailyBudgetMinor > 0) {
    const conversions = deliver(ad, step, halfDemand, roundings, chance);
    enqueueConversions(ad, conversions, step, delay, chance);
  }
  ad.hidden.cvrWalk += walk;
  reportDue(ad, step);
}

/** Clicks per impression after the impressions shown so far: ctr·max(.4, e^(−f·n)). */
export function currentCtr(ad: SandboxAd): number {
  const { ctr, fatigue } = ad.hidden;
  return Math.min(1, ctr * Math.max(FATIGUE_FLOOR, Math.exp(-fatigue * ad.totals.impressions)));
}

/** Conversions per click at an instant, all delays waited out. */
export function currentCvr(ad: SandboxAd, atMs: number): number {
  const { cvr, cvrWalk, breakAt } = ad.hidden;
  const broken = breakAt !== null && atMs >= breakAt ? BREAK_FACTOR : 1;
  return Math.min(1, cvr * Math.exp(cvrWalk) * broken);
}

/** Impressions per day for a daily budget: (s/c)·ln(1 + b/s), marginal cost c·(1 + b/s). */
export function responseCurve(truth: AdTruth, budgetMinor: number): number {
  const { saturationMinor, costMinor } = truth;
  return (saturationMinor / costMinor) * Math.log1p(budgetMinor / saturationMinor);
}

/** Days from click to conversion. */
export function drawDelayDays(delay: DelaySpec, chance: Random): number {
  if (delay.kind === 'exponential') return -Math.log(1 - chance.uniform()) * delay.meanDays;
  const logMean = Math.log(delay.meanDays) - delay.logSd ** 2 / 2;
  return Math.exp(chance.normal(logMean, delay.logSd));
}

function deliver(
  ad: SandboxAd,
  step: number,
  halfDemand: number,
  [spendRounding, impressionRounding]: [number, number],
  chance: Random,
): number {
  const { totals, hidden } = ad;
  // Both factors, and their product, have mean 1 over the noise.
  const pace = Math.exp(halfDemand - HALF_DEMAND_VARIANCE / 2);
  const yieldFactor = Math.exp(halfDemand - (3 * HALF_DEMAND_VARIANCE) / 2);
  const spend = roundAtRandom((ad.dailyBudgetMinor / STEPS_PER_DAY) * pace, spendRounding);
  const daily = responseCurve(hidden, spend * STEPS_PER_DAY) * yieldFactor;
  const impressions = roundAtRandom(daily / STEPS_PER_DAY, impressionRounding);
  const ctr = currentCtr(ad);
  const cvr = currentCvr(ad, step * STEP_MS);
  // Click rates are a few per cent at most: Poisson and binomial cannot be told apart.
  const clicks = Math.min(impressions, chance.poisson(impressions * ctr));
  totals.spendMinor += spend;
  totals.impressions += impressions;
  totals.clicks += clicks;
  hidden.expectedValueMinor += impressions * ctr * cvr * hidden.valueMinor;
  return chance.binomial(clicks, cvr);
}

function enqueueConversions(
  ad: SandboxAd,
  conversions: number,
  step: number,
  delay: DelaySpec,
  chance: Random,
): void {
  const groups = Math.min(conversions, CONVERSION_DRAWS_MAX);
  for (let group = 0; group < groups; group += 1) {
    const size = Math.floor((conversions + group) / groups);
    const days = Math.min(DELAY_DAYS_MAX, drawDelayDays(delay, chance));
    const due = Math.floor(step + chance.uniform() + days * STEPS_PER_DAY);
    const value =
      ad.hidden.valueMinor *
      Math.exp(chance.normal(0, CONVERSION_VALUE_LOG_SD) - CONVERSION_VALUE_LOG_SD ** 2 / 2);
    addPending(ad, due, size, size * Math.round(value));
  }
}

function addPending(ad: SandboxAd, step: number, conversions: number, revenueMinor: number): void {
  const at = ad.pending.findIndex((bucket) => bucket.step >= step);
  const found = at < 0 ? undefined : ad.pending[at];
  if (found?.step === step) {
    found.conversions += conversions;
    found.revenueMinor += revenueMinor;
  } else {
    ad.pending.splice(at < 0 ? ad.pending.length : at, 0, { step, conversions, revenueMinor });
  }
}

function reportDue(ad: SandboxAd, step: number): void {
  while (ad.pending[0] !== undefined && ad.pending[0].step <= step) {
    const due = ad.pending.shift();
    ad.totals.conversions += due?.conversions ?? 0;
    ad.totals.revenueMinor += due?.revenueMinor ?? 0;
  }
}

/** Up or down with the chance that keeps the mean, so that a budget of one cent is not lost. */
function roundAtRandom(amount: number, uniform: number): number {
  return Math.floor(amount + uniform);
}
