import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../shared/random.js';
import { contributionOf, type ContributingAd, type Contribution } from './contribution.js';
import { changesDue, sharedNumbers } from './publish.js';
import type { PublishedNumber, SharedNumber } from './published-number.js';
import { SharedKnowledge } from './shared-knowledge.js';
import { SHIPPED_PRIOR } from '../belief/prior.js';

const DAY = 24 * 3_600_000;
const NOW = new Date(Date.UTC(2026, 10, 1));
/** No secret factor: what the numbers converge to. */
const OPEN = () => 0;

const ad = (hook: string, cvr: number, clicks = 1000): ContributingAd => ({
  creative: { hook_type: hook },
  impressions: clicks * 100,
  clicks,
  maturedClicks: clicks,
  maturedImpressions: clicks * 100,
  conversions: Math.round(clicks * cvr),
});

/** Half of its ads ask a question and sell twice as well as the others. */
const account = (index: number, cvr = 0.03, niche: string | null = 'Pets'): Contribution =>
  contributionOf(`account-${index}`, niche, [
    ...[1, 2, 3].map(() => ad('question', cvr * (4 / 3))),
    ...[1, 2, 3].map(() => ad('offer', cvr * (2 / 3))),
  ]);

const accounts = (count: number) => Array.from({ length: count }, (_, index) => account(index));

const asPublished = (numbers: SharedNumber[], refreshedAt = NOW): PublishedNumber[] =>
  numbers.map((number) => ({ ...number, refreshedAt }));

describe('contributionOf', () => {
  it('compares the ads of a pattern with the mean of their own account', () => {
    const { rates, lifts } = account(1);
    expect(rates.cvr?.rate).toBeCloseTo(0.03, 3);
    expect(Math.exp(lifts.cvr.get('hook_type=question')?.logRatio ?? 0)).toBeCloseTo(4 / 3, 1);
    expect(Math.exp(lifts.cvr.get('hook_type=offer')?.logRatio ?? 0)).toBeCloseTo(2 / 3, 1);
  });

  it('says nothing of a pattern that all its ads have, and nothing on little exposure', () => {
    const uniform = contributionOf('a', null, [ad('question', 0.02), ad('question', 0.03)]);
    expect(uniform.lifts.cvr.size).toBe(0);
    expect(uniform.rates.cvr).toBeDefined();
    const small = contributionOf('a', null, [ad('question', 0.02, 5), ad('offer', 0.03, 4)]);
    expect(small.rates).toEqual({});
    const silent = contributionOf('a', null, [{ ...ad('offer', 0), conversions: null }]);
    expect(silent.rates.cvr).toBeUndefined();
    expect(silent.rates.ctr).toBeDefined();
  });
});

describe('sharedNumbers', () => {
  it('are none below five accounts, counted for each niche and pattern', () => {
    expect(sharedNumbers(accounts(4), OPEN, [])).toEqual([]);
    const mixed = [...accounts(4), account(9, 0.03, 'Garden')];
    expect(new Set(sharedNumbers(mixed, OPEN, []).map(({ niche }) => niche))).toEqual(
      new Set(['']),
    );
  });

  it('come near the truth when many accounts share, secret factors and all', () => {
    const random = new SeededRandom(4);
    const secret = () => random.normal(0, 1);
    const numbers = sharedNumbers(accounts(60), secret, []);
    const rate = numbers.find(({ metric, pattern }) => metric === 'cvr' && pattern === '');
    expect((rate?.mean ?? NaN) / 0.03).toBeGreaterThan(0.75);
    expect((rate?.mean ?? NaN) / 0.03).toBeLessThan(1.33);
    expect(rate?.accounts).toBe(60);
    const { prior, ...knowledge } = new SharedKnowledge(numbers, 'pets');
    expect(prior.source).toBe('niche');
    expect(knowledge.niche).toBe('pets');
    const lift = new SharedKnowledge(numbers, 'pets').liftOf({ hook_type: 'Question' });
    expect(lift?.cvr).toBeGreaterThan(1.15);
    expect(lift?.cvr).toBeLessThan(1.45);
  });
});

describe('changesDue', () => {
  it('lets a published number rest for a day and near ones stay for ever', () => {
    const first = sharedNumbers(accounts(6), OPEN, []);
    expect(changesDue(first, [], NOW)).toEqual(first);
    const published = asPublished(first);
    const doubled = Array.from({ length: 6 }, (_, index) => account(index, 0.06));
    const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
    const moved = sharedNumbers(doubled, OPEN, published);
    expect(changesDue(moved, published, later(3))).toEqual([]);
    const due = changesDue(moved, published, later(24));
    expect(due.map(({ metric, pattern }) => `${metric}${pattern}`)).toContain('cvr');
    const near = Array.from({ length: 6 }, (_, index) => account(index, 0.031));
    expect(changesDue(sharedNumbers(near, OPEN, published), published, later(24))).toEqual([]);
  });

  it('withdraws at once what fell below the floor, and brings it back a day later', () => {
    const first = sharedNumbers(accounts(5), OPEN, []);
    const soon = new Date(NOW.getTime() + 1000);
    const withdrawn = changesDue([], asPublished(first), soon);
    expect(withdrawn).toHaveLength(first.length);
    expect(withdrawn.every(({ accounts: behind, mean }) => behind === null && mean === null)).toBe(
      true,
    );
    const rows = asPublished(withdrawn, soon);
    const again = sharedNumbers(accounts(5), OPEN, rows);
    expect(changesDue(again, rows, new Date(soon.getTime() + DAY / 2))).toEqual([]);
    expect(changesDue(again, rows, new Date(soon.getTime() + DAY))).toEqual(again);
  });
});

describe('SharedKnowledge', () => {
  it('without numbers is the shipped prior, and finds nothing', () => {
    const nothing = new SharedKnowledge([], 'pets');
    expect(nothing.prior).toEqual(SHIPPED_PRIOR);
    expect(nothing.findSimilarPatterns({ hook_type: 'offer' })).toEqual([]);
    expect(nothing.liftOf({ hook_type: 'offer' })).toBeNull();
  });

  it('ranks patterns by likeness, prefers the own niche, and knows which is better', () => {
    const knowledge = new SharedKnowledge(sharedNumbers(accounts(6), OPEN, []), 'pets');
    const [own, anywhere, ...rest] = knowledge.findSimilarPatterns({
      hook_type: 'question',
      format: 'video',
    });
    expect(own).toMatchObject({ niche: 'pets', similarity: 0.5, matches: true, accounts: 5 });
    expect(anywhere).toMatchObject({ niche: null, similarity: 0.5, matches: true });
    expect(rest).toEqual([]);
    expect(own?.percentile).toBe(0.75);
    expect(knowledge.matchedPattern({ hook_type: 'offer' })?.percentile).toBe(0.25);
    expect(knowledge.findSimilarPatterns(null)).toHaveLength(4);
  });

  it('falls back to all niches where the own one is below the floor', () => {
    const knowledge = new SharedKnowledge(sharedNumbers(accounts(6), OPEN, []), 'garden');
    expect(knowledge.prior).toMatchObject({ source: 'global', accounts: 5 });
    expect(knowledge.matchedPattern({ hook_type: 'offer' })?.niche).toBeNull();
  });
});
