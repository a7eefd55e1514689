import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../shared/random.js';
import type { CouplingPoint } from '../belief/coupling.js';
import { contributionOf, type Contribution } from './contribution.js';
import type { PublishedNumber } from './published-number.js';
import { changesDue, sharedNumbers } from './publish.js';
import { SharedKnowledge } from './shared-knowledge.js';
import { betaShareOf, delayShareOf, shareBeta, shareDelay } from './shared-shapes.js';

const NOW = new Date(Date.UTC(2026, 10, 1));
/** No secret factor: what the numbers converge to. */
const OPEN = () => 0;

/** Conversions of long ago, seen through the account's own window. */
function delays(medianHours: number, windowDays: number, wanted = 200) {
  const random = new SeededRandom(3);
  const seen: { delayHours: number; ageHours: number }[] = [];
  while (seen.length < wanted) {
    const delayHours = medianHours * Math.exp(random.normal(0, 1));
    if (delayHours <= windowDays * 24) seen.push({ delayHours, ageHours: 9999 });
  }
  return seen;
}

/** Ten ads whose sales per click go as the click rate to the power of beta. */
function points(beta: number): CouplingPoint[] {
  return Array.from({ length: 10 }, (_, index) => {
    const deviation = 0.6 + index * 0.1;
    const clicks = Math.round(1000 * deviation);
    const conversions = Math.round(clicks * 0.05 * deviation ** beta);
    return { campaignId: '', impressions: 1e5, clicks, maturedImpressions: 1e5, conversions };
  });
}

function account(index: number, niche = 'Pets', windowDays = index % 2 ? 7 : 28): Contribution {
  const accountId = `account-${index}`;
  const ads = points(-0.8).map((point) => ({
    ...point,
    creative: {},
    maturedClicks: point.clicks,
  }));
  return contributionOf(
    accountId,
    niche,
    ads,
    delayShareOf(accountId, delays(80, windowDays), windowDays),
  );
}

const accounts = (count: number) => Array.from({ length: count }, (_, index) => account(index));
const published = (numbers: ReturnType<typeof sharedNumbers>): PublishedNumber[] =>
  numbers.map((number) => ({ ...number, refreshedAt: NOW }));

describe('what an account says of its delays and its coupling', () => {
  it('is nothing while it rests on chance', () => {
    expect(delayShareOf('a', delays(30, 7, 19), 7)).toBeNull();
    expect(delayShareOf('a', delays(30, 7, 20), 7)?.conversions).toBe(20);
    expect(betaShareOf('a', points(-0.8).slice(0, 7))).toBeNull();
    expect(betaShareOf('a', points(-0.8))?.beta ?? 0).toBeLessThan(-0.5);
  });
});

describe('delays and coupling among accounts', () => {
  it('are shared by five, not by four, and counted for each niche', () => {
    const metrics = (all: Contribution[], niche: string) =>
      sharedNumbers(all, OPEN, [])
        .filter((number) => number.niche === niche)
        .map(({ metric }) => metric)
        .filter((metric) => metric === 'delay' || metric === 'beta');
    expect(metrics(accounts(4), '')).toEqual([]);
    expect(metrics(accounts(5), '')).toEqual(['delay', 'beta']);
    expect(metrics(accounts(5), 'pets')).toEqual(['delay', 'beta']);
    const mixed = [...accounts(4), account(9, 'Garden')];
    expect([metrics(mixed, 'pets'), metrics(mixed, '')]).toEqual([[], ['delay', 'beta']]);
  });

  it('are one truth whatever the windows through which the accounts look', () => {
    const { delay, beta, prior } = new SharedKnowledge(
      sharedNumbers(accounts(8), OPEN, []),
      'pets',
    );
    expect(delay).toMatchObject({ source: 'niche', accounts: 5 });
    expect(Math.abs(Math.log(delay.medianHours / 80))).toBeLessThan(0.25);
    expect(delay.sigma).toBeCloseTo(1, 1);
    expect(beta).toEqual({ source: 'niche', accounts: 5, beta: -0.75 });
    expect(prior.beta).toBe(-0.75);
  });

  it('serve from all niches where the own one is below the floor, and are shipped without any', () => {
    const numbers = sharedNumbers(accounts(6), OPEN, []);
    const { delay, beta } = new SharedKnowledge(numbers, 'garden');
    expect([delay.source, delay.accounts, beta.source]).toEqual(['global', 5, 'global']);
    const nothing = new SharedKnowledge([], 'garden');
    expect(nothing.delay).toMatchObject({ source: 'global', accounts: 0 });
    expect(nothing.delay.medianHours).toBeCloseTo(36.4, 1);
    expect(nothing.beta).toEqual({ source: 'global', accounts: 0, beta: 0 });
  });

  it('let nobody decide alone: a quarter of the weight and five times the median at most', () => {
    const usual = Array.from({ length: 5 }, (_, index) => ({
      ...{ accountId: `a${index}`, medianHours: 30, sigma: 1, conversions: 30 },
    }));
    const loud = { accountId: 'loud', medianHours: 1440, sigma: 1, conversions: 1e9 };
    const { medianHours } = shareDelay([...usual, loud], OPEN, null) ?? { medianHours: NaN };
    expect(medianHours).toBeLessThanOrEqual(30 * 5 ** 0.25 * 1.12);
    const flat = usual.map(({ accountId }) => ({ accountId, beta: 0, variance: 1 }));
    const { beta } = shareBeta(
      [...flat, { accountId: 'loud', beta: -1.5, variance: 0 }],
      OPEN,
      null,
    ) ?? {
      beta: NaN,
    };
    expect(beta).toBeGreaterThanOrEqual(-0.5);
  });

  it('keep their published value while the new one is near, and rest for a day', () => {
    const first = sharedNumbers(accounts(6), OPEN, []);
    const moved = accounts(6).map((one) => ({
      ...one,
      delay: one.delay && { ...one.delay, medianHours: one.delay.medianHours * 3 },
      beta: one.beta && { ...one.beta, beta: 0.5 },
    }));
    const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
    const due = (all: Contribution[], hours: number) =>
      changesDue(sharedNumbers(all, OPEN, published(first)), published(first), later(hours)).map(
        ({ metric }) => metric,
      );
    expect(due(moved, 3)).toEqual([]);
    expect(new Set(due(moved, 24))).toEqual(new Set(['delay', 'beta']));
    const near = accounts(6).map((one) => ({
      ...one,
      delay: one.delay && { ...one.delay, medianHours: one.delay.medianHours * 1.03 },
      beta: one.beta && { ...one.beta, beta: one.beta.beta + 0.1 },
    }));
    expect(due(near, 24)).toEqual([]);
  });
});
