// Delays in two numbers, the form in which accounts tell each other of theirs: a whole curve would
// be a number for every lag, and its end would depend on the account's attribution window.

/** The delays of all clicks that convert, without a window: log-normal. */
export interface DelayShape {
  medianHours: number;
  /** Standard deviation of the log of the delay. */
  sigma: number;
}

/** The shipped mean delay: 2.5 days, between shops (under a day) and services (about six). */
const DEFAULT_DELAY_MEAN_HOURS = 60;
/**
 * Shipped log-normal sigma. 1 gives a coefficient of variation of 1.3, a heavier tail than the
 * exponential's 1: many convert the same day, some after a week (6 % fall beyond day 7 and are cut
 * off by the usual window). Mean 60 h then means a median of 36 h.
 */
const DEFAULT_DELAY_SIGMA = 1;

export const SHIPPED_DELAY: DelayShape = {
  medianHours: DEFAULT_DELAY_MEAN_HOURS * Math.exp(-(DEFAULT_DELAY_SIGMA ** 2) / 2),
  sigma: DEFAULT_DELAY_SIGMA,
};

/** Shorter than a lag bin or longer than two months nobody's delays are. */
export const MEDIAN_HOURS_MIN = 1;
export const MEDIAN_HOURS_MAX = 1440;
export const SIGMA_MIN = 0.3;
export const SIGMA_MAX = 2.5;
