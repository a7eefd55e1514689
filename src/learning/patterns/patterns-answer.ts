// GET /v1/learning/patterns in its own words.
import type { RateHyperPrior } from '../belief/empirical-bayes.js';
import { ACCOUNTS_MIN } from './privacy.js';
import type { SharedKnowledge, SimilarPattern } from './shared-knowledge.js';

export function showPatterns(
  { sharePatterns }: { sharePatterns: boolean },
  knowledge: SharedKnowledge,
  page: { items: ReturnType<typeof showPattern>[]; next_cursor: string | null },
) {
  const { prior, delay, beta } = knowledge;
  return {
    niche: knowledge.niche,
    share_patterns: sharePatterns,
    ...page,
    /** What a new ad of a new account is believed to do. */
    prior: {
      source: prior.source,
      accounts: prior.accounts,
      ctr: showRate(prior.ctr),
      cvr: showRate(prior.cvr),
      delay: {
        ...{ source: delay.source, accounts: delay.accounts },
        ...{ median_hours: delay.medianHours, sigma: delay.sigma },
      },
      coupling: beta,
      note: noteOn(sharePatterns, prior.accounts),
    },
  };
}

export function showPattern(pattern: SimilarPattern) {
  const { features, niche, similarity, matches, accounts, lift, ctr, cvr, percentile } = pattern;
  return {
    features,
    niche,
    similarity,
    matches,
    accounts,
    metric: 'cvr',
    mean: cvr.mean,
    interval: { lo: cvr.lo, hi: cvr.hi },
    ctr,
    cvr,
    lift,
    percentile,
    cross_boost: 1 + 0.2 * percentile,
  };
}

function showRate({ mean, strength, accountStrength }: RateHyperPrior) {
  return { mean, strength, account_strength: accountStrength };
}

export function noteOn(shares: boolean, accounts: number): string {
  if (!shares) {
    return 'The account does not share patterns, so it learns none: documented defaults serve.';
  }
  return accounts === 0
    ? `Fewer than ${ACCOUNTS_MIN} accounts share enough: documented defaults serve.`
    : `Learned from ${accounts} or more accounts, none above a quarter of the weight.`;
}

const RATE = { mean: 0.021, lo: 0.009, hi: 0.048 };

export const PATTERNS_EXAMPLE = {
  niche: 'pet_food',
  share_patterns: true,
  items: [
    {
      features: { format: 'video', hook_type: 'question' },
      niche: 'pet_food',
      similarity: 1,
      matches: true,
      accounts: 10,
      metric: 'cvr',
      mean: 0.021,
      interval: { lo: 0.009, hi: 0.048 },
      ctr: RATE,
      cvr: RATE,
      lift: { ctr: 1.1, cvr: 1.21 },
      percentile: 0.83,
      cross_boost: 1.166,
    },
  ],
  next_cursor: null,
  prior: {
    source: 'niche',
    accounts: 10,
    ctr: { mean: 0.012, strength: 2, account_strength: 4 },
    cvr: { mean: 0.018, strength: 2, account_strength: 4 },
    delay: { source: 'niche', accounts: 5, median_hours: 32.5, sigma: 1 },
    coupling: { beta: -0.5, source: 'global', accounts: 10 },
    note: 'Learned from 10 or more accounts, none above a quarter of the weight.',
  },
};
