// What an account's beliefs start from: each number of its own niche, else over all niches, else
// the shipped constant, and who is behind it.
import { DEFAULT_BETA } from '../belief/coupling.js';
import { SHIPPED_DELAY, type DelayShape } from '../belief/delay-shape.js';
import { SHIPPED_PRIOR, type BeliefPrior } from '../belief/prior.js';
import { METRICS } from './contribution.js';
import {
  ANY_NICHE,
  betaOf,
  delayOf,
  type SharedMetric,
  type SharedNumber,
} from './published-number.js';

/** 0 accounts = the shipped constants. */
interface PriorOrigin {
  source: 'niche' | 'global';
  accounts: number;
}

export type DelayPrior = DelayShape & PriorOrigin;
export type BetaPrior = { beta: number } & PriorOrigin;

/** CVR decides what the prior is called: it is the rate that a new ad knows least of. */
export function priorFrom(numbers: readonly SharedNumber[]): BeliefPrior {
  const prior: BeliefPrior = { ...SHIPPED_PRIOR };
  for (const metric of METRICS) {
    const best = nearest(numbers, metric);
    if (!best) continue;
    prior[metric] = {
      mean: best.mean ?? SHIPPED_PRIOR[metric].mean,
      strength: best.strength ?? SHIPPED_PRIOR[metric].strength,
      accountStrength: best.accountStrength ?? SHIPPED_PRIOR[metric].accountStrength,
    };
    if (metric !== 'cvr') continue;
    Object.assign(prior, originOf(best));
  }
  prior.beta = betaPriorFrom(numbers).beta;
  return prior;
}

/** The delays that an account's own curve starts from. */
export function delayPriorFrom(numbers: readonly SharedNumber[]): DelayPrior {
  const best = nearest(numbers, 'delay');
  const { medianHours, sigma } = delayOf(best) ?? SHIPPED_DELAY;
  return { medianHours, sigma, ...originOf(best) };
}

export function betaPriorFrom(numbers: readonly SharedNumber[]): BetaPrior {
  const best = nearest(numbers, 'beta');
  return { beta: betaOf(best)?.beta ?? DEFAULT_BETA, ...originOf(best) };
}

function nearest(numbers: readonly SharedNumber[], metric: SharedMetric): SharedNumber | undefined {
  const candidates = numbers.filter((number) => number.metric === metric);
  return candidates.find(({ niche }) => niche !== ANY_NICHE) ?? candidates[0];
}

function originOf(number: SharedNumber | undefined): PriorOrigin {
  if (!number) return { source: 'global', accounts: 0 };
  return {
    source: number.niche === ANY_NICHE ? 'global' : 'niche',
    accounts: number.accounts ?? 0,
  };
}
