// The attack that the privacy measures are made for: somebody owns every account but one, knows all of
// their figures, and compares what is published with and without the one that is not theirs.
import { describe, expect, it } from '@jest/globals';
import { randomStream, type Random } from '../../shared/random.js';
import type { RateShare } from './contribution.js';
import { secretDraws, type SecretDraw } from './privacy.js';
import { shareRate } from './shared-numbers.js';

const WORLDS = 200;
/** Accounts differ by a log sd of 0.6: a mere guess of the others' mean is 40 % off. */
const ACCOUNT_LOG_SD = 0.6;

function accountOf(random: Random, index: number): RateShare {
  const rate = 0.02 * Math.exp(random.normal(0, ACCOUNT_LOG_SD));
  const clicks = Math.round(2000 * Math.exp(random.normal(0, 1)));
  const events = random.poisson(rate * clicks);
  return {
    accountId: `account-${index}`,
    rate: (events + 0.5) / clicks,
    ads: 8,
    events,
    variation: 0.25,
  };
}

function world(seed: number, accounts: number): RateShare[] {
  const random = randomStream(seed, 'attack');
  return Array.from({ length: accounts }, (_, index) => accountOf(random, index));
}

function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

const plainMean = (shares: readonly RateShare[]) =>
  shares.reduce((total, { rate }) => total + rate, 0) / shares.length;

/**
 * The middle of the victim's rates for which `publish` says what was seen: both edges of the rounding
 * step by bisection on a log scale, between rates that are possible at all.
 */
function inverted(seen: number, publish: (victimRate: number) => number): number {
  const edge = (isBelow: (said: number) => boolean) => {
    let low = 0.001;
    let high = 0.2;
    for (let round = 0; round < 13; round += 1) {
      const middle = Math.sqrt(low * high);
      if (isBelow(publish(middle))) low = middle;
      else high = middle;
    }
    return Math.sqrt(low * high);
  };
  return Math.sqrt(edge((said) => said < seen) * edge((said) => said <= seen));
}

/** The server's secret as the attacker knows it: all factors but the victim's. Drawn once each. */
function knownTo(secret: SecretDraw, victim: RateShare): SecretDraw {
  const drawn = new Map<string, number>([[victim.accountId, 0]]);
  return (accountId, quantity) => {
    const factor = drawn.get(accountId) ?? secret(accountId, quantity);
    drawn.set(accountId, factor);
    return factor;
  };
}

/**
 * Relative errors of the best that the attacker can do with the published number: it knows our code,
 * all figures and even the secret factors of its own accounts, and runs the publication for every
 * possible victim until the answer fits (the victim's own factor is what it cannot know).
 */
function errors(accounts: number, publish: (shares: RateShare[], secret: SecretDraw) => number) {
  return Array.from({ length: WORLDS }, (_, index) => {
    const shares = world(index + 1, accounts);
    const victim = shares[0] as RateShare;
    const others = shares.slice(1);
    const secret = secretDraws(`secret ${index}`);
    const known = knownTo(secret, victim);
    const guess = inverted(publish(shares, secret), (rate) =>
      publish([{ ...victim, rate }, ...others], known),
    );
    return Math.abs(guess / victim.rate - 1);
  });
}

const published = (shares: RateShare[], secret: SecretDraw) =>
  shareRate('cvr', shares, secret, null)?.mean ?? NaN;

describe('whoever owns all accounts but one', () => {
  it('reads the last one exactly from plain averages', () => {
    const broken = errors(6, plainMean);
    expect(median(broken)).toBeLessThan(0.001);
  });

  it.each([5, 6, 10, 20])('is at least 20 %% off with ours among %d accounts', (accounts) => {
    expect(median(errors(accounts, published))).toBeGreaterThanOrEqual(0.2);
  });

  it('learns no more by asking from many sides: the secret factor is the same on each', () => {
    // The victim among forty different crowds, every published number inverted, the median guess:
    // rounding errors average away, the secret factor does not.
    const relative = Array.from({ length: 40 }, (_, index) => {
      const victim = world(index + 1, 1)[0] as RateShare;
      const secret = secretDraws(`secret ${index}`);
      const known = knownTo(secret, victim);
      const guesses = Array.from({ length: 40 }, (__, crowd) => {
        const others = world(index + 1000 * (crowd + 1), 6)
          .slice(1)
          .map((share) => ({ ...share, accountId: `${share.accountId}/${crowd}` }));
        return inverted(published([victim, ...others], secret), (rate) =>
          published([{ ...victim, rate }, ...others], known),
        );
      });
      return Math.abs(median(guesses) / victim.rate - 1);
    });
    expect(median(relative)).toBeGreaterThanOrEqual(0.2);
  });
});
