// From counts to beliefs: every ad of an account gets conjugate posteriors of its click rate, its
// conversions per click, the value of a conversion and its cost curve, each shrunk to the account.
// Gamma-Poisson and not Beta, because delay-corrected and forgotten counts are fractional. Called
// by `account-survey` and `beliefs.service`; what comes out goes to sampling.
import { finished } from '../../shared/steps.js';
import { accountSteps, type AccountBelief } from './account-belief.js';
import { factsOf, spendOf } from './ad-facts.js';
import { gammaPrior } from './empirical-bayes.js';
import { defaultDelayCurve, type DelayCurve } from './delay.js';
import { driftsByAd, forgetting, type DriftRecord } from './forget.js';
import { ageingOf, exposureOf, type Exposure, type HalfLifeDays } from './exposure.js';
import type { AdEvidence, ArmPosterior, GammaPosterior } from './posterior.js';
import {
  NO_LIFT,
  VALUE_PRIOR_CONVERSIONS,
  type BeliefPrior,
  type PatternLift,
  type PriorSource,
} from './prior.js';
import { fitResponse } from './response.js';
import { clip } from './statistics.js';

/** The coupled prior mean stays within this factor of the account's. */
const COUPLING_FACTOR_MIN = 0.3;
const COUPLING_FACTOR_MAX = 3;
/** Variance of the log value of one conversion, divided by their number. */
const VALUE_LOG_VARIANCE = 0.25;

export interface FormPosteriorsInput {
  /** Conversions already credited to the cohorts of their clicks. */
  ads: readonly AdEvidence[];
  /** Unix milliseconds. */
  asOf: number;
  settings: { halfLifeDays: HalfLifeDays; attributionWindowDays: number };
  /** The account's delay curve; default the shipped one. */
  delay?: DelayCurve;
  /** What other accounts taught; default the shipped constants. */
  prior?: BeliefPrior;
  /** By ad: how a creative like its own fares against its account's mean elsewhere. */
  lifts?: ReadonlyMap<string, PatternLift>;
  /**
   * Proven changes; evidence from before one counts for less. Later ones than `asOf` are ignored.
   */
  drift?: readonly DriftRecord[];
  /** Total daily budget in minor units, the yardstick of saturation; default the daily spend. */
  budgetMinor?: number;
}

export interface AdBelief extends ArmPosterior {
  /** Discounted evidence behind the two rates. */
  effective: Exposure['effective'];
  /** The Gamma priors the evidence was added to. */
  priors: { ctr: GammaPosterior; cvr: GammaPosterior };
  /** Who is behind the prior of the conversion rate. */
  prior: PriorSource;
  /** Undiscounted matured clicks and impressions over cohorts with known conversions. */
  known: Exposure['known'];
  /** Present daily spend as the cost curve took it, minor units. */
  dailySpendMinor: number;
}

/**
 * Posteriors in the order of `ads`, and what is believed of the account. Every number is finite
 * for every input of finite non-negative counts, none at all included. Permuting the ads permutes
 * the answer exactly: sums run in the order of the ids.
 */
export function formPosteriors(input: FormPosteriorsInput): {
  posteriors: AdBelief[];
  account: AccountBelief;
} {
  const delay = input.delay ?? defaultDelayCurve(input.settings.attributionWindowDays);
  const ageing = ageingOf(input.asOf, delay, input.settings.halfLifeDays);
  const drifts = driftsByAd(input.drift ?? []);
  const exposures = new Map<AdEvidence, Exposure>();
  for (const ad of [...input.ads].sort((left, right) => (left.adId < right.adId ? -1 : 1))) {
    const ageingOfAd = forgetting(ageing, drifts.get(ad.adId), input.asOf);
    exposures.set(ad, exposureOf(ad, input.asOf, ageingOfAd));
  }
  const facts = [...exposures].map(([ad, exposure]) => factsOf(ad, exposure));
  const account = finished(accountSteps(facts, input.prior, input.budgetMinor, input.lifts));
  return {
    posteriors: input.ads.map((ad) =>
      beliefOf(ad.adId, exposures.get(ad) as Exposure, account, input.lifts?.get(ad.adId)),
    ),
    account,
  };
}

/** One ad's own evidence on what is believed of its account. */
export function beliefOf(
  adId: string,
  exposure: Exposure,
  account: AccountBelief,
  lift: PatternLift = NO_LIFT,
): AdBelief {
  const { evidence, effective } = exposure;
  const ctrPrior = gammaPrior(account.ctr.mean * lift.ctr, account.ctr.strength);
  // The coupling was learned on lifetime rates, so it is asked with the lifetime rate, shrunk; what
  // the pattern does to both rates is in the lifts already.
  const lifetimeCtr =
    (ctrPrior.shape + evidence.clicks) /
    (ctrPrior.rate + exposure.shown) /
    (account.ctr.mean * lift.ctr);
  const factor = clip(
    lifetimeCtr ** account.coupling.applied,
    COUPLING_FACTOR_MIN,
    COUPLING_FACTOR_MAX,
  );
  const cvrPrior = gammaPrior(account.cvr.mean * lift.cvr * factor, account.cvr.strength);
  const spend = spendOf(exposure, account);
  return {
    adId,
    ctr: updated(ctrPrior, effective.clicks, effective.impressions),
    cvr: updated(cvrPrior, effective.conversions, effective.maturedClicks),
    value: valueOf(exposure, account),
    response: fitResponse(spend.days, account.responsePrior),
    evidence,
    effective,
    priors: { ctr: ctrPrior, cvr: cvrPrior },
    prior:
      lift.accounts > 0
        ? { ...account.prior, source: 'pattern', accounts: lift.accounts }
        : account.prior,
    known: exposure.known,
    dailySpendMinor: spend.dailySpendMinor,
  };
}

function updated(prior: GammaPosterior, events: number, exposure: number): GammaPosterior {
  return { shape: prior.shape + events, rate: prior.rate + exposure };
}

/** v = (revenue + 10·v_account)/(conversions + 10); a unit value is a convention, without noise. */
function valueOf(exposure: Exposure, account: AccountBelief): ArmPosterior['value'] {
  const { meanMinor, source } = account.value;
  if (source === 'unit') return { mean: meanMinor, logSd: 0 };
  const { conversions, revenueMinor } = exposure.valued;
  const weight = conversions + VALUE_PRIOR_CONVERSIONS;
  return {
    mean: (revenueMinor + VALUE_PRIOR_CONVERSIONS * meanMinor) / weight,
    logSd: Math.sqrt(VALUE_LOG_VARIANCE / weight),
  };
}
