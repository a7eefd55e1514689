// What stands between an account's figures and a number that others see. Five measures, since each
// alone can be got round: at least five accounts; nobody above a quarter of the weight; a secret
// factor on every contribution that stays the same for ever, so that asking again or from several
// sides does not average it away (permanent randomisation as in RAPPOR, Erlingsson et al., CCS
// 2014); coarse rounding; and hysteresis with a daily beat, so that a number cannot be walked over
// a rounding step.
import { createHmac } from 'node:crypto';
import { SeededRandom } from '../../shared/random.js';
import { quantile, sum } from '../belief/statistics.js';

/** Accounts behind any published number. */
export const ACCOUNTS_MIN = 5;
/** Of the weight of a published number, for any one account. */
export const SHARE_MAX = 0.25;
/** Log sd of the secret factor: a median error of 0.67·0.35 = 24 % even if all else were undone. */
export const SECRET_LOG_SD = 0.35;
/** How far a new value must be from the published one, in rounding steps, to take its place. */
const HYSTERESIS_STEPS = 0.75;
/** A contribution further than this factor from the median is an accident or an attack. */
const WINSOR_FACTOR = 5;

/** Standard normal, fixed for ever for an account and a quantity under one server's secret. */
export type SecretDraw = (accountId: string, quantity: string) => number;

export function secretDraws(secret: string): SecretDraw {
  return (accountId, quantity) => {
    const digest = createHmac('sha256', secret).update(`${accountId}\u0000${quantity}`).digest();
    return new SeededRandom(Math.max(1, digest.readUInt32BE(0))).normal(0, 1);
  };
}

/**
 * Shares of the weight, summing to 1, with none above a quarter: the cap that does it is found by
 * lowering the largest weights to a common height. At least five weights, all positive.
 */
export function cappedShares(weights: readonly number[]): number[] {
  const descending = [...weights].sort((left, right) => right - left);
  let cap = descending[0] ?? 0;
  // With the j largest at height c: c = SHARE_MAX·(j·c + rest), rest the sum of the others, summed
  // anew each time: subtracting a huge weight would leave its rounding error.
  for (let j = 0; j < descending.length && j * SHARE_MAX < 1; j += 1) {
    const rest = sum(descending.slice(j), (weight) => weight);
    const height = (SHARE_MAX * rest) / (1 - j * SHARE_MAX);
    if ((descending[j] ?? 0) > height) continue;
    cap = Math.min(cap, height);
    break;
  }
  const capped = weights.map((weight) => Math.min(weight, cap));
  const total = sum(capped, (weight) => weight);
  return capped.map((weight) => weight / total);
}

/** Pulled to within a factor of five of their median. */
export function winsorised(values: readonly number[]): number[] {
  const median = quantile(
    [...values].sort((left, right) => left - right),
    0.5,
  );
  if (median <= 0) return [...values];
  return values.map((value) =>
    Math.min(median * WINSOR_FACTOR, Math.max(median / WINSOR_FACTOR, value)),
  );
}

/**
 * Rounded on a grid of equal factors (1.25: about 25 % from one value to the next), unless the
 * value that was published before is still near.
 */
export function settled(value: number, factor: number, published: number | null): number {
  const step = Math.log(factor);
  if (published !== null && Math.abs(Math.log(value / published)) < HYSTERESIS_STEPS * step) {
    return published;
  }
  return Number(Math.exp(Math.round(Math.log(value) / step) * step).toPrecision(6));
}

/** The same on a grid of equal steps, for numbers that may be 0 or less. */
export function settledStep(value: number, step: number, published: number | null): number {
  if (published !== null && Math.abs(value - published) < HYSTERESIS_STEPS * step) {
    return published;
  }
  // Adding 0 makes -0 a plain zero.
  return Number((Math.round(value / step) * step).toPrecision(6)) + 0;
}

/** Rounded down to fives, so that the number does not tell that one account has come or gone. */
export function roundedAccounts(accounts: number): number {
  return Math.floor(accounts / ACCOUNTS_MIN) * ACCOUNTS_MIN;
}
