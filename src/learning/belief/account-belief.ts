// What an account's ads say together: the means and strengths of the priors of its rates, the value
// of a conversion, the click-to-sale coupling, and the yardsticks of cost and budget. Where the
// account is silent the given prior speaks, and where that is silent too, the shipped constants.
import type { AdFacts } from './ad-facts.js';
import {
  couplingByCampaign,
  estimateCoupling,
  type Coupling,
  type CouplingPoint,
} from './coupling.js';
import { ratePrior, type RatePrior } from './empirical-bayes.js';
import {
  NO_LIFT,
  SHIPPED_PRIOR,
  VALUE_PRIOR_CONVERSIONS,
  type BeliefPrior,
  type PatternLift,
  type PriorSource,
} from './prior.js';
import type { ResponsePrior } from './response.js';
import { sum } from './statistics.js';

export interface AccountBelief {
  ctr: RatePrior;
  cvr: RatePrior;
  /** `unit`: no revenue is known, every conversion counts the same and money values say nothing. */
  value: { meanMinor: number; source: 'account' | 'prior' | 'unit' };
  /** Whether anybody reports conversions for any ad. */
  conversionsKnown: boolean;
  coupling: Coupling & { byCampaign: (Coupling & { campaignId: string })[] };
  /** Daily budget the saturation is measured against, minor units. */
  budgetMinor: number;
  /** Total spend of the ads whose days are not known: their split stands for the current one. */
  undatedSpendMinor: number;
  responsePrior: ResponsePrior;
  /** Where the prior of the conversion rate is from: `account` once own evidence outweighs it. */
  prior: PriorSource;
}

/** Value of a conversion where none is known: equal for all ads, so ranking goes by conversions. */
const UNIT_VALUE_MINOR = 100;
/** Cost of an impression where nothing was ever spent: ten major units per thousand. */
const DEFAULT_COST_MINOR = 1;
/** Daily budget where none is given or spent. */
const DEFAULT_BUDGET_MINOR = 10_000;

/** `ads` in the order in which to sum. */
export function* accountSteps(
  ads: readonly AdFacts[],
  prior: BeliefPrior = SHIPPED_PRIOR,
  budgetMinor?: number,
  lifts: ReadonlyMap<string, PatternLift> = new Map(),
): Generator<void, AccountBelief> {
  const withConversions = ads.filter(({ evidence }) => evidence.conversions !== null);
  yield;
  // What an ad owes to its pattern is not the account's: exposure counts by what it should bring.
  const liftOf = (adId: string) => lifts.get(adId) ?? NO_LIFT;
  const ctr = ratePrior(
    ads.map(({ adId, evidence, shown }) => ({
      events: evidence.clicks,
      exposure: shown * liftOf(adId).ctr,
    })),
    prior.ctr,
  );
  yield;
  const cvr = ratePrior(
    withConversions.map(({ adId, evidence, known }) => ({
      events: evidence.conversions ?? 0,
      exposure: known.clicks * liftOf(adId).cvr,
    })),
    prior.cvr,
  );
  yield;
  const points = withConversions.map(couplingPoint);
  yield;
  const coupling = estimateCoupling(points, prior.beta);
  yield;
  const byCampaign = couplingByCampaign(points, coupling.applied);
  yield;
  const value = accountValue(ads, prior.valueMinor);
  yield;
  const { own } = cvr;
  return {
    ctr,
    cvr,
    value,
    conversionsKnown: withConversions.length > 0,
    coupling: { ...coupling, byCampaign },
    ...(yield* spending(ads, budgetMinor)),
    prior: {
      source: own ? 'account' : prior.source,
      accounts: own ? 1 : prior.accounts,
      strength: cvr.strength,
    },
  };
}

function couplingPoint({ campaignId, evidence, shown, known }: AdFacts): CouplingPoint {
  return {
    campaignId,
    impressions: shown,
    clicks: evidence.clicks,
    maturedImpressions: known.impressions,
    conversions: evidence.conversions ?? 0,
  };
}

function accountValue(ads: readonly AdFacts[], given: number | null): AccountBelief['value'] {
  const conversions = sum(ads, ({ valued }) => valued.conversions);
  const revenue = sum(ads, ({ valued }) => valued.revenueMinor);
  const told = conversions > 0 && revenue > 0;
  if (given !== null && given > 0) {
    const weight = conversions + VALUE_PRIOR_CONVERSIONS;
    return {
      meanMinor: (revenue + VALUE_PRIOR_CONVERSIONS * given) / weight,
      source: told ? 'account' : 'prior',
    };
  }
  // Revenue of nothing on every sale ranks no ad above another: better to count the sales.
  if (!told) return { meanMinor: UNIT_VALUE_MINOR, source: 'unit' };
  return { meanMinor: revenue / conversions, source: 'account' };
}

function* spending(
  ads: readonly AdFacts[],
  budgetMinor: number | undefined,
): Generator<void, Pick<AccountBelief, 'budgetMinor' | 'undatedSpendMinor' | 'responsePrior'>> {
  const running = ads.map((ad) => ad.presentSpendMinor).filter((spend) => spend > 0);
  const dated = sum(running, (spend) => spend);
  yield;
  const earlier = sum(ads, (ad) => ad.meanSpendMinor);
  const undated = ads.filter(({ isDated }) => !isDated);
  const undatedSpendMinor = sum(undated, ({ evidence }) => evidence.spendMinor);
  yield;
  const budget = [budgetMinor ?? 0, dated, earlier, undatedSpendMinor].find((amount) => amount > 0);
  const total = budget ?? DEFAULT_BUDGET_MINOR;
  const spend = sum(ads, ({ evidence }) => evidence.spendMinor);
  const impressions = sum(ads, ({ evidence }) => evidence.impressions);
  const sharers = running.length || ads.length || 1;
  return {
    budgetMinor: total,
    undatedSpendMinor,
    responsePrior: {
      cost: spend > 0 && impressions > 0 ? spend / impressions : DEFAULT_COST_MINOR,
      spendMinor: (dated || earlier || total) / sharers,
      saturation: total / 2,
    },
  };
}
