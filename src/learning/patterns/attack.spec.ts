// The attack that the privacy measures are made for: somebody owns every account but one, knows all
// of their figures, and compares what is published with and without the one that is not theirs.
import { describe, expect, it } from '@jest/globals';
import { randomStream, type Random } from '../../shared/random.js';
import type { RateShare } from './contribution.js';
import { secretDraws, type SecretDraw } from './privacy.js';
import { shareRate } from './shared-rates.js';
import { shareBeta, shareDelay, type BetaShare, type DelayShare } from './shared-shapes.js';

const WORLDS = 200;
/** Accounts differ by a log sd of 0.6: a mere guess of the others' mean is 40 % off. */
const ACCOUNT_LOG_SD = 0.6;

interface Share {
  accountId: string;
}

/** One published number and what an account's part in it is. */
interface Quantity<S extends Share = Share> {
  name: string;
  accountOf(random: Random, accountId: string): S;
  valueOf(share: S): number;
  withValue(share: S, value: number): S;
  published(shares: S[], secret: SecretDraw): number;
  /** Values that are possible at all, in ascending order for positions from 0 to 1. */
  possible(position: number): number;
}

const between = (low: number, high: number) => (position: number) => low * (high / low) ** position;

const RATE: Quantity<RateShare> = {
  name: 'a rate',
  accountOf: (random, accountId) => {
    const rate = 0.02 * Math.exp(random.normal(0, ACCOUNT_LOG_SD));
    const clicks = Math.round(2000 * Math.exp(random.normal(0, 1)));
    const events = random.poisson(rate * clicks);
    return { accountId, rate: (events + 0.5) / clicks, ads: 8, events, variation: 0.25 };
  },
  valueOf: ({ rate }) => rate,
  withValue: (share, rate) => ({ ...share, rate }),
  published: (shares, secret) => shareRate('cvr', shares, secret, null)?.mean ?? NaN,
  possible: between(0.001, 0.2),
};

const delayAccount = (random: Random, accountId: string): DelayShare => ({
  accountId,
  medianHours: 36 * Math.exp(random.normal(0, ACCOUNT_LOG_SD)),
  sigma: Math.exp(random.normal(0, 0.3)),
  conversions: Math.round(20 + 200 * Math.exp(random.normal(0, 1))),
});

const MEDIAN_DELAY: Quantity<DelayShare> = {
  name: 'the median delay',
  accountOf: delayAccount,
  valueOf: ({ medianHours }) => medianHours,
  withValue: (share, medianHours) => ({ ...share, medianHours }),
  published: (shares, secret) => shareDelay(shares, secret, null)?.medianHours ?? NaN,
  possible: between(1, 1440),
};

const DELAY_SPREAD: Quantity<DelayShare> = {
  name: 'the spread of delays',
  accountOf: delayAccount,
  valueOf: ({ sigma }) => sigma,
  withValue: (share, sigma) => ({ ...share, sigma }),
  published: (shares, secret) => shareDelay(shares, secret, null)?.sigma ?? NaN,
  possible: between(0.3, 2.5),
};

const COUPLING: Quantity<BetaShare> = {
  name: 'the coupling',
  accountOf: (random, accountId) => ({
    accountId,
    beta: Math.min(1, Math.max(-1.5, random.normal(-0.5, 0.5))),
    variance: 0.05 * Math.exp(random.normal(0, 1)),
  }),
  valueOf: ({ beta }) => beta,
  withValue: (share, beta) => ({ ...share, beta }),
  published: (shares, secret) => shareBeta(shares, secret, null)?.beta ?? NaN,
  possible: (position) => -1.5 + 2.5 * position,
};

/** Each as a quantity of shares of which nothing more need be known. */
const QUANTITIES = [RATE, MEDIAN_DELAY, DELAY_SPREAD, COUPLING] as unknown as Quantity[];

function world(quantity: Quantity, seed: number, accounts: number) {
  const random = randomStream(seed, 'attack');
  return Array.from({ length: accounts }, (_, index) =>
    quantity.accountOf(random, `account-${index}`),
  );
}

function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

/**
 * The middle of the victim's values for which `publish` says what was seen: both edges of the
 * rounding step by bisection, between values that are possible at all.
 */
function inverted(quantity: Quantity, seen: number, publish: (value: number) => number): number {
  const edge = (isBelow: (said: number) => boolean) => {
    let low = 0;
    let high = 1;
    for (let round = 0; round < 14; round += 1) {
      const middle = (low + high) / 2;
      if (isBelow(publish(quantity.possible(middle)))) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return quantity.possible((edge((said) => said < seen) + edge((said) => said <= seen)) / 2);
}

/** The server's secret as the attacker knows it: all factors but the victim's. Drawn once each. */
function knownTo(secret: SecretDraw, victimId: string): SecretDraw {
  const drawn = new Map<string, number>();
  return (accountId, quantity) => {
    if (accountId === victimId) return 0;
    const key = `${accountId} ${quantity}`;
    const factor = drawn.get(key) ?? secret(accountId, quantity);
    drawn.set(key, factor);
    return factor;
  };
}

type Publish = Quantity['published'];

/**
 * Relative errors of the best that the attacker can do with the published number: it knows our
 * code, all figures and even the secret factors of its own accounts, and runs the publication for
 * every possible victim until the answer fits (the victim's own factor is what it cannot know).
 */
function errors(quantity: Quantity, accounts: number, publish: Publish = quantity.published) {
  return Array.from({ length: WORLDS }, (_, index) => {
    const shares = world(quantity, index + 1, accounts);
    const [victim, ...others] = shares as [Share, ...Share[]];
    const secret = secretDraws(`secret ${index}`);
    const known = knownTo(secret, victim.accountId);
    const guess = inverted(quantity, publish(shares, secret), (value) =>
      publish([quantity.withValue(victim, value), ...others], known),
    );
    const truth = quantity.valueOf(victim);
    return Math.abs((guess - truth) / truth);
  });
}

const plainMean =
  (quantity: Quantity): Publish =>
  (shares) =>
    shares.reduce((total, share) => total + quantity.valueOf(share), 0) / shares.length;

describe.each(QUANTITIES)('whoever owns all accounts but one, of $name', (quantity) => {
  it('reads the last one exactly from plain averages', () => {
    expect(median(errors(quantity, 6, plainMean(quantity)))).toBeLessThan(0.001);
  });

  it.each([5, 6, 10, 20])('is at least 20 %% off with ours among %d accounts', (accounts) => {
    expect(median(errors(quantity, accounts))).toBeGreaterThanOrEqual(0.2);
  });

  it('learns no more by asking from many sides: the secret factor is the same on each', () => {
    // The victim among forty different crowds, every published number inverted, the median guess:
    // rounding errors average away, the secret factor does not.
    const relative = Array.from({ length: 40 }, (_, index) => {
      const [victim] = world(quantity, index + 1, 1) as [Share];
      const secret = secretDraws(`secret ${index}`);
      const known = knownTo(secret, victim.accountId);
      const guesses = Array.from({ length: 40 }, (__, crowd) => {
        const others = world(quantity, index + 1000 * (crowd + 1), 6)
          .slice(1)
          .map((share) => ({ ...share, accountId: `${share.accountId}/${crowd}` }));
        return inverted(quantity, quantity.published([victim, ...others], secret), (value) =>
          quantity.published([quantity.withValue(victim, value), ...others], known),
        );
      });
      const truth = quantity.valueOf(victim);
      return Math.abs((median(guesses) - truth) / truth);
    });
    expect(median(relative)).toBeGreaterThanOrEqual(0.2);
  });
});
