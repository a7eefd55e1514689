// What an ad's creative lets hope for: how its likest own creatives earn, and what other accounts
// taught of creatives like it. Which creatives are alike and which pattern matches is slow to find
// and the same for long, so each ad is one look-up of the cache; what the likest earn is counted
// afresh every time. A question holds everything that decides its answer: what is found is what
// would be computed, unless it was found by meaning.
import { Inject, Injectable } from '@nestjs/common';
import type { Account, Ad } from '../../accounts/index.js';
import type { Totals } from '../../metrics/index.js';
import { Breather } from '../../shared/index.js';
import { mapped } from '../../shared/steps.js';
import type { CacheOutcome } from './cache-figures.js';
import type { LookUp } from './look-up.js';
import type { Fact, Question } from './question.js';
import { SemanticCache } from './semantic-cache.service.js';
import type { SharedKnowledge } from '../patterns/shared-knowledge.js';
import { traitsOf } from './creative-likeness.js';
import { OwnCreatives, isNeighbour, type Neighbour } from './own-creatives.js';

/** An ad that is looked up, or that others are compared with. */
export interface CreativeArm {
  ad: Pick<Ad, 'adId' | 'creative'>;
  totals: Totals;
  /** Spend before the account's present day began. */
  settledMinor: number;
}

/** What is remembered. */
interface Likeness {
  nearest: Neighbour[];
  /** 1 to 1.2. */
  crossBoost: number;
}

export interface CreativeInsight {
  /** 0 to 1. */
  dna: number;
  /** 1 to 1.2. */
  crossBoost: number;
  cache: CacheOutcome;
}

/** Raised when the same creative gets another answer than before among the same candidates. */
const MODEL_VERSION = '2';
const DNA_WEIGHT = 0.2;
const CROSS_BOOST_WEIGHT = 0.2;
@Injectable()
export class CreativeInsights {
  constructor(
    @Inject(SemanticCache) private readonly cache: Pick<SemanticCache, 'getOrComputeAll'>,
  ) {}

  /** By ad id, one look-up for each of `arms`; compared with all arms of the account. */
  async of(
    account: Pick<Account, 'accountId' | 'sharePatterns'>,
    arms: readonly Pick<CreativeArm, 'ad'>[],
    { all, knowledge }: { all: readonly CreativeArm[]; knowledge: SharedKnowledge },
  ): Promise<Map<string, CreativeInsight>> {
    const own = ownCreatives(all);
    const sharing = account.sharePatterns ? 'shares' : 'alone';
    const version = [MODEL_VERSION, own.version, knowledge.version, sharing].join(' ');
    const ads = arms.map(({ ad }) => ad).sort((left, right) => (left.adId < right.adId ? -1 : 1));
    const breather = new Breather();
    const lookUps = await breather.through(
      mapped(ads, (ad): LookUp<Likeness> => {
        const factor = ({ nearest, crossBoost }: Likeness) =>
          (1 + DNA_WEIGHT * own.dnaOf(ad.adId, nearest)) * crossBoost;
        return {
          question: questionOf(ad, { scope: account.accountId, version }),
          compute: () => Promise.resolve(likenessOf(ad, own, knowledge)),
          // In the part of the score that multiplies the rest.
          errorOf: (cached, fresh) => Math.abs(factor(cached) - factor(fresh)),
          isAnswer: isLikeness,
          // An ad with results of its own is known by its numbers; likeness could only blur them.
          meaning: own.isCandidate(ad.adId) ? 'teach' : 'ask',
        };
      }),
    );
    const answers = await this.cache.getOrComputeAll(lookUps);
    const insights = new Map<string, CreativeInsight>();
    for (const [index, { value, cache }] of answers.entries()) {
      const { adId } = ads[index]!;
      const { nearest, crossBoost } = value;
      insights.set(adId, { dna: own.dnaOf(adId, nearest), crossBoost, cache });
      if (breather.isDue) await breather.rest();
    }
    return insights;
  }
}

function isLikeness(value: unknown): value is Likeness {
  if (typeof value !== 'object' || value === null) return false;
  const { nearest, crossBoost } = value as Partial<Record<keyof Likeness, unknown>>;
  return Number.isFinite(crossBoost) && Array.isArray(nearest) && nearest.every(isNeighbour);
}

function ownCreatives(arms: readonly CreativeArm[]): OwnCreatives {
  // One kind of value for the whole account, so that the ads can be ranked by it.
  const paid = arms.some(({ totals }) => moneyOf(totals) !== null);
  return new OwnCreatives(
    arms.map(({ ad, totals, settledMinor }) => ({
      adId: ad.adId,
      creative: ad.creative,
      spendMinor: totals.spendMinor,
      settledMinor,
      value: paid ? moneyOf(totals) : totals.conversions,
    })),
  );
}

function moneyOf({ pipelineValueMinor, revenueMinor }: Totals): number | null {
  return pipelineValueMinor ?? revenueMinor;
}

/**
 * The text may be worded differently; every other trait, such as those of patterns, must be equal.
 */
function questionOf(
  { creative }: CreativeArm['ad'],
  asked: Pick<Question, 'scope' | 'version'>,
): Question {
  const { text, ...others } = creative;
  const hasText = typeof text === 'string';
  const traits: { [name: string]: Fact } = Object.fromEntries(
    traitsOf(hasText ? others : creative),
  );
  return { kind: 'creative', ...asked, facts: { traits }, ...(hasText ? { text } : {}) };
}

function likenessOf(
  { creative }: CreativeArm['ad'],
  own: OwnCreatives,
  knowledge: SharedKnowledge,
): Likeness {
  const matched = knowledge.findSimilarPatterns(creative).find(({ matches }) => matches);
  return {
    nearest: own.nearestTo(creative),
    crossBoost: matched ? 1 + CROSS_BOOST_WEIGHT * matched.percentile : 1,
  };
}
