// Beliefs as people and callers read them: means with 95 % credible intervals, money in major
// units, null where nothing is known. The shape is the `belief` of an ad's answer.
import gammaQuantile from '@stdlib/stats-base-dists-gamma-quantile';
import { Z95 } from '../../shared/normal.js';
import { toMajor } from '../../shared/money.js';
import type { Random } from '../../shared/random.js';
import type { AccountBelief } from './account-belief.js';
import type { AdBelief } from './belief.js';
import type { GammaPosterior } from './posterior.js';
import { meanCost } from './response.js';
import { drawEarnings, responseCurve } from './response-curve.js';
import { quantile } from './statistics.js';

/** The curve's budgets in parts of the present daily spend. */
const CURVE_STEPS = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];

export interface Interval {
  mean: number;
  lo: number;
  hi: number;
}

export interface BeliefSummary {
  ctr: Interval;
  /** null when nobody reports conversions for the account and no other account taught anything. */
  cvr: Interval | null;
  /** Major units; null when no revenue is known. */
  value_per_conversion: Interval | null;
  /** Value per unit of spend at the present daily spend; null without value or spend. */
  roas: Interval | null;
  evidence: {
    impressions: number;
    clicks: number;
    conversions: number | null;
    matured_clicks: number;
    effective_impressions: number;
    effective_clicks: number;
    effective_matured_clicks: number;
    effective_conversions: number | null;
  };
  prior: AccountBelief['prior'];
}

export interface ResponseSummary {
  /** Major units per day at which the marginal cost has doubled, 95 % interval lo to hi. */
  saturation: number;
  lo: number;
  hi: number;
  /** Value per day in major units; null when no revenue is known. */
  curve: { budget: number; value: number | null; lo: number | null; hi: number | null }[];
}

/** The interval of `roas` comes from joint draws, so give an ad a random stream of its own. */
export function summariseBelief(
  belief: AdBelief,
  account: AccountBelief,
  currency: string,
  random: Random,
): BeliefSummary {
  const { evidence, effective, value } = belief;
  const valueKnown = account.conversionsKnown && account.value.source !== 'unit';
  const unknown = evidence.conversions === null;
  const taught = belief.prior.accounts > 0;
  return {
    ctr: rateInterval(belief.ctr),
    cvr: account.conversionsKnown || taught ? rateInterval(belief.cvr) : null,
    value_per_conversion: valueKnown
      ? {
          mean: toMajor(value.mean, currency),
          lo: toMajor(value.mean * Math.exp(-Z95 * value.logSd), currency),
          hi: toMajor(value.mean * Math.exp(Z95 * value.logSd), currency),
        }
      : null,
    roas: valueKnown && evidence.spendMinor > 0 ? returnOnSpend(belief, random) : null,
    evidence: {
      impressions: evidence.impressions,
      clicks: evidence.clicks,
      conversions: evidence.conversions,
      matured_clicks: evidence.maturedClicks,
      effective_impressions: effective.impressions,
      effective_clicks: effective.clicks,
      effective_matured_clicks: effective.maturedClicks,
      effective_conversions: unknown ? null : effective.conversions,
    },
    prior: belief.prior,
  };
}

export function summariseResponse(
  belief: AdBelief,
  account: AccountBelief,
  currency: string,
  random: Random,
): ResponseSummary {
  const { response, dailySpendMinor } = belief;
  const valueKnown = account.conversionsKnown && account.value.source !== 'unit';
  // An ad that does not spend yet is shown around an average ad's spend.
  const unit = dailySpendMinor > 0 ? dailySpendMinor : account.responsePrior.spendMinor;
  const budgets = CURVE_STEPS.map((step) => Math.round(step * unit));
  const major = (minor: number) => (valueKnown ? toMajor(minor, currency) : null);
  return {
    saturation: toMajor(response.saturation, currency),
    lo: toMajor(response.saturationLo, currency),
    hi: toMajor(response.saturationHi, currency),
    curve: responseCurve(belief, dailySpendMinor, budgets, random).map((point) => ({
      budget: toMajor(point.budgetMinor, currency),
      value: major(point.value),
      lo: major(point.lo),
      hi: major(point.hi),
    })),
  };
}

/** Mean and central 95 % of a Gamma posterior. */
export function gammaInterval({ shape, rate }: GammaPosterior): Interval {
  return {
    mean: shape / rate,
    lo: gammaQuantile(0.025, shape, 1) / rate,
    hi: gammaQuantile(0.975, shape, 1) / rate,
  };
}

function returnOnSpend(belief: AdBelief, random: Random, draws = 500): Interval {
  const { ctr, cvr, value, response, dailySpendMinor } = belief;
  const cost = meanCost(response, dailySpendMinor);
  const ratios = Float64Array.from(
    { length: draws },
    () => drawEarnings(belief, random) / (cost * Math.exp(random.normal(0, response.costLogSd))),
  ).sort();
  return {
    mean: ((ctr.shape / ctr.rate) * (cvr.shape / cvr.rate) * value.mean) / cost,
    lo: quantile(ratios, 0.025),
    hi: quantile(ratios, 0.975),
  };
}

/** Gamma has no upper end, a rate does. */
function rateInterval(rate: GammaPosterior): Interval {
  const { mean, lo, hi } = gammaInterval(rate);
  return { mean: Math.min(1, mean), lo: Math.min(1, lo), hi: Math.min(1, hi) };
}
