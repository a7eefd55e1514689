// Many accounts' contributions made one number that may be shown: the hyper-parameters of a rate
// (mean, k, g0 of bandits section 3) or the factor of a pattern. null = below the privacy floor.
import { clip, sum } from '../belief/statistics.js';
import type { LiftShare, Metric, RateShare } from './contribution.js';
import {
  ACCOUNTS_MIN,
  SECRET_LOG_SD,
  cappedShares,
  roundedAccounts,
  settled,
  winsorised,
  type SecretDraw,
} from './privacy.js';

/** What others may see of a rate: Gamma-Poisson hyper-parameters. */
export interface SharedRate {
  accounts: number;
  mean: number;
  /** k: pseudo-events behind the prior of an ad (half of the estimate, as in one account). */
  strength: number;
  /** g0: pseudo-events behind the mean of an account. */
  accountStrength: number;
}

/** What others may see of a pattern. */
export interface SharedLift {
  accounts: number;
  /** Factor on the account's mean. */
  lift: number;
  /** Log sd of what is not known about it. */
  spread: number;
}

/** Factor from one published rate to the next; coarser grids for what says how sure we are. */
const RATE_GRID = 1.25;
const STRENGTH_GRID = 2;
const LIFT_GRID = 1.1;
const SPREAD_GRID = 1.5;
const BETWEEN_MIN = 0.05;
const BETWEEN_MAX = 4;
/** Log sd of patterns' true factors: most creative types move a rate by less than a third. */
const LIFT_LOG_SD = 0.3;
/** Log sd with which accounts differ in what a pattern does for them. */
const LIFT_BETWEEN_LOG_SD = 0.3;
const SECRET_VARIANCE = Math.exp(SECRET_LOG_SD ** 2) - 1;

export function shareRate(
  metric: Metric,
  shares: readonly RateShare[],
  secret: SecretDraw,
  published: SharedRate | null,
): SharedRate | null {
  if (shares.length < ACCOUNTS_MIN) return null;
  const rates = winsorised(
    shares.map(
      ({ accountId, rate }) =>
        rate * Math.exp(SECRET_LOG_SD * secret(accountId, metric) - SECRET_LOG_SD ** 2 / 2),
    ),
  );
  const chance = shares.map(({ variation, ads, events }) => variation / ads + 1 / (events + 1));
  const between = betweenAccounts(rates, chance);
  const weights = cappedShares(chance.map((own) => 1 / (between + own + SECRET_VARIANCE)));
  const mean = sum(rates.entries(), ([index, rate]) => (weights[index] ?? 0) * rate);
  if (!(mean > 0)) return null;
  const variation = sum(shares.entries(), ([index, one]) => (weights[index] ?? 0) * one.variation);
  return {
    accounts: roundedAccounts(shares.length),
    mean: settled(mean, RATE_GRID, published?.mean ?? null),
    strength: settled(1 / variation / 2, STRENGTH_GRID, published?.strength ?? null),
    accountStrength: settled(1 / between, STRENGTH_GRID, published?.accountStrength ?? null),
  };
}

/**
 * Inverse-variance mean of the log factors, shrunk to 1 by its own doubt (James-Stein; Dimmery,
 * Bakshy & Sekhon, KDD 2019): L = exp(trust·mean), trust = T²/(T² + variance).
 */
export function shareLift(
  quantity: string,
  shares: readonly LiftShare[],
  secret: SecretDraw,
  published: SharedLift | null,
): SharedLift | null {
  if (shares.length < ACCOUNTS_MIN) return null;
  const extra = LIFT_BETWEEN_LOG_SD ** 2 + SECRET_LOG_SD ** 2;
  const weights = cappedShares(shares.map(({ variance }) => 1 / (variance + extra)));
  let mean = 0;
  let variance = 0;
  shares.forEach((share, index) => {
    const weight = weights[index] ?? 0;
    mean += weight * (share.logRatio + SECRET_LOG_SD * secret(share.accountId, quantity));
    variance += weight ** 2 * (share.variance + extra);
  });
  const trust = LIFT_LOG_SD ** 2 / (LIFT_LOG_SD ** 2 + variance);
  const doubt = Math.sqrt((1 - trust) * LIFT_LOG_SD ** 2);
  return {
    accounts: roundedAccounts(shares.length),
    lift: settled(Math.exp(trust * mean), LIFT_GRID, published?.lift ?? null),
    spread: settled(doubt, SPREAD_GRID, published?.spread ?? null),
  };
}

/** CV² of true account means by moments: the observed one less chance and the secret factors. */
function betweenAccounts(rates: readonly number[], chance: readonly number[]): number {
  const mean = sum(rates, (rate) => rate) / rates.length;
  if (!(mean > 0)) return BETWEEN_MAX;
  const observed = sum(rates, (rate) => (rate / mean - 1) ** 2) / (rates.length - 1);
  const noise = sum(chance, (own) => own) / chance.length + SECRET_VARIANCE;
  return clip(observed - noise, BETWEEN_MIN, BETWEEN_MAX);
}
