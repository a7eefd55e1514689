// Draws what is hidden: the account's effects and each ad's true rates. An ad draws from a stream
// of its own id, so it has the same truths whatever stands beside it and whatever the budgets are.
import { randomStream } from '../../shared/random.js';
import { toMinor } from '../../shared/money.js';
import {
  ACCOUNT_CTR_LOG_SD,
  ACCOUNT_CVR_LOG_SD,
  BREAK_PROBABILITY,
  COST_LOG_SD,
  DAY_MS,
  DEFAULT_HORIZON_DAYS,
  DELAY_MEAN_LOG_SD,
  FATIGUE_LOG_SD,
  floorToStep,
  VALUE_LOG_SD,
  type WorldSpec,
} from './world-spec.js';
import type { AdTruth, GivenAd } from './world-state.js';

interface AccountEffects {
  ctrFactor: number;
  cvrFactor: number;
  delayFactor: number;
}

export function drawAccount(seed: number): AccountEffects {
  const chance = randomStream(seed, 'account');
  return {
    ctrFactor: logNormal(chance.normal(0, 1), ACCOUNT_CTR_LOG_SD),
    cvrFactor: logNormal(chance.normal(0, 1), ACCOUNT_CVR_LOG_SD),
    delayFactor: Math.exp(chance.normal(0, DELAY_MEAN_LOG_SD)),
  };
}

/** What an ad's truths depend on besides its own id. */
export interface TruthContext {
  seed: number;
  spec: WorldSpec;
  currency: string;
  total: number;
  adCount: number;
  horizonDays: number;
  startAt: number;
  account: AccountEffects;
}

/** `known` truths take the place of drawn ones; the others are drawn as they would be anyway. */
export function drawTruth(
  context: TruthContext,
  adId: string,
  known: NonNullable<GivenAd['truth']> = {},
): AdTruth {
  const { spec, total, account } = context;
  const chance = randomStream(context.seed, `truth ${adId}`);
  const forClicks = chance.normal(0, 1);
  const rho = spec.ctrCvrCorrelation;
  const forSales = rho * forClicks + Math.sqrt(1 - rho * rho) * chance.normal(0, 1);
  const minorPerMajor = toMinor(1, context.currency);
  const costPerImpression = spec.costPerClick * spec.ctr * minorPerMajor;
  const drawnCost = costPerImpression * logNormal(chance.normal(0, 1), COST_LOG_SD);
  const costMinor = known.costMinor ?? drawnCost;
  const drawnValue =
    spec.valuePerConversion * minorPerMajor * logNormal(chance.normal(0, 1), VALUE_LOG_SD);
  // In impressions of an even share, so that fatigue means the same at every size of account.
  const evenImpressions = (total / context.adCount / costMinor) * DEFAULT_HORIZON_DAYS;
  const fatigue =
    (spec.fatigueAfter28Days / evenImpressions) * Math.exp(chance.normal(0, FATIGUE_LOG_SD));
  const breaks = chance.uniform() < BREAK_PROBABILITY;
  const breakAt = floorToStep(context.startAt + chance.uniform() * context.horizonDays * DAY_MS);
  return {
    ctr: known.ctr ?? spec.ctr * account.ctrFactor * logNormal(forClicks, spec.ctrLogSd),
    cvr: known.cvr ?? spec.cvr * account.cvrFactor * logNormal(forSales, spec.cvrLogSd),
    cvrWalk: 0,
    breakAt: breaks ? breakAt : null,
    valueMinor: known.valueMinor ?? drawnValue,
    costMinor,
    saturationMinor: spec.saturationShare * total,
    fatigue,
    expectedValueMinor: 0,
  };
}

/** Mean 1, so that a world's average rates are those of its table. */
function logNormal(standardNormal: number, logSd: number): number {
  return Math.exp(logSd * standardNormal - (logSd * logSd) / 2);
}
