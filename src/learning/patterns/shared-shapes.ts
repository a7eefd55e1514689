// Two more things that accounts tell each other: how long conversions take (the prior F0 of every
// account's delay curve) and how sales go with clicks (the prior of β). Same floor, same measures.
import {
  BETA_MAX,
  BETA_MIN,
  BETA_PRIOR_VARIANCE,
  measureCoupling,
  type CouplingPoint,
} from '../belief/coupling.js';
import type { DelayObservation } from '../belief/delay-bins.js';
import { fitDelay } from '../belief/delay-fit.js';
import {
  MEDIAN_HOURS_MAX,
  MEDIAN_HOURS_MIN,
  SIGMA_MAX,
  SIGMA_MIN,
  type DelayShape,
} from '../belief/delay-shape.js';
import { clip, sum } from '../belief/statistics.js';
import {
  ACCOUNTS_MIN,
  SECRET_LOG_SD,
  cappedShares,
  roundedAccounts,
  settled,
  settledStep,
  winsorised,
  type SecretDraw,
} from './privacy.js';

export interface DelayShare extends DelayShape {
  accountId: string;
  /** Conversions whose click is known. */
  conversions: number;
}

export interface BetaShare {
  accountId: string;
  beta: number;
  /** Of `beta`, by the account's own ads. */
  variance: number;
}

/** What others may see of delays. */
export interface SharedDelay extends DelayShape {
  accounts: number;
}

/** What others may see of the coupling. */
export interface SharedBeta {
  accounts: number;
  beta: number;
}

/** Fewer are chance, as with rates; the shipped shape is worth as many. */
const CONVERSIONS_MIN = 20;
/** Log sd with which accounts' medians differ: shops under a day, services six. */
const DELAY_BETWEEN_LOG_SD = 0.7;
const BETA_BETWEEN_SD = 0.5;
/**
 * Sd of the secret added to an account's β: at the end of the range (−1.5) still a median error of
 * 0.67·0.45/1.5 = 20 %, above it more.
 */
const BETA_SECRET_SD = 0.45;
const DELAY_GRID = 1.25;
const BETA_STEP = 0.25;

/** null = too few conversions to say anything. */
export function delayShareOf(
  accountId: string,
  observations: readonly DelayObservation[],
  windowDays: number,
): DelayShare | null {
  const fitted = fitDelay(observations, windowDays);
  return fitted && fitted.conversions >= CONVERSIONS_MIN ? { accountId, ...fitted } : null;
}

/** null = too few matured ads to say anything. */
export function betaShareOf(accountId: string, points: readonly CouplingPoint[]): BetaShare | null {
  const { slope, variance } = measureCoupling(points);
  return slope === null ? null : { accountId, beta: clip(slope, BETA_MIN, BETA_MAX), variance };
}

/**
 * Weighted geometric means of the two numbers. The secret stretches an account's time, so that no
 * point of the curve tells more than any other: within the family only the product is ever seen.
 */
export function shareDelay(
  shares: readonly DelayShare[],
  secret: SecretDraw,
  published: SharedDelay | null,
): SharedDelay | null {
  if (shares.length < ACCOUNTS_MIN) return null;
  const weights = cappedShares(
    shares.map(
      ({ sigma, conversions }) =>
        1 / (DELAY_BETWEEN_LOG_SD ** 2 + SECRET_LOG_SD ** 2 + sigma ** 2 / conversions),
    ),
  );
  const mean = (quantity: string, valueOf: (share: DelayShare) => number) => {
    const hidden = shares.map(
      (share) => valueOf(share) * Math.exp(SECRET_LOG_SD * secret(share.accountId, quantity)),
    );
    const logs = winsorised(hidden).map(Math.log);
    return Math.exp(sum(logs.entries(), ([index, log]) => (weights[index] ?? 0) * log));
  };
  const medianHours = mean('delay', (share) => share.medianHours);
  const sigma = mean('delay sigma', (share) => share.sigma);
  return {
    accounts: roundedAccounts(shares.length),
    medianHours: settled(
      clip(medianHours, MEDIAN_HOURS_MIN, MEDIAN_HOURS_MAX),
      DELAY_GRID,
      published?.medianHours ?? null,
    ),
    sigma: settled(clip(sigma, SIGMA_MIN, SIGMA_MAX), DELAY_GRID, published?.sigma ?? null),
  };
}

/** Inverse-variance mean, shrunk to independence by its own doubt (James-Stein). */
export function shareBeta(
  shares: readonly BetaShare[],
  secret: SecretDraw,
  published: SharedBeta | null,
): SharedBeta | null {
  if (shares.length < ACCOUNTS_MIN) return null;
  const doubts = shares.map(
    ({ variance }) => variance + BETA_BETWEEN_SD ** 2 + BETA_SECRET_SD ** 2,
  );
  const weights = cappedShares(doubts.map((doubt) => 1 / doubt));
  let mean = 0;
  let variance = 0;
  shares.forEach(({ accountId, beta }, index) => {
    const weight = weights[index] ?? 0;
    mean += weight * (beta + BETA_SECRET_SD * secret(accountId, 'beta'));
    variance += weight ** 2 * (doubts[index] ?? 0);
  });
  const trust = BETA_PRIOR_VARIANCE / (BETA_PRIOR_VARIANCE + variance);
  const beta = clip(trust * mean, BETA_MIN, BETA_MAX);
  return {
    accounts: roundedAccounts(shares.length),
    beta: settledStep(beta, BETA_STEP, published?.beta ?? null),
  };
}
