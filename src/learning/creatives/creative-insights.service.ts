// What an ad's creative lets hope for: how its likest own creatives earn, and what other accounts taught
// of creatives like it. Both are slow to find and the same for long, so each ad is one look-up of the
// cache. A question holds everything that decides its answer: what is found is what would be computed,
// unless it was found by meaning.
import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Account } from '../../accounts/index.js';
import type { AccountBeliefs, BelievedArm } from '../beliefs.service.js';
import type { CacheOutcome } from '../cache/cache-figures.js';
import type { Fact, Question } from '../cache/question.js';
import { SemanticCache, type LookUp } from '../cache/semantic-cache.service.js';
import type { SharedKnowledge } from '../cross/shared-knowledge.js';
import { traitsOf } from './creative-likeness.js';
import { OwnCreatives } from './own-creatives.js';

interface Insight {
  /** 0 to 1. */
  dna: number;
  /** 1 to 1.2. */
  crossBoost: number;
}

export interface CreativeInsight extends Insight {
  cache: CacheOutcome;
}

/** Raised when the same creative and the same experience get another answer than before. */
const MODEL_VERSION = '1';
const DNA_WEIGHT = 0.2;
const CROSS_BOOST_WEIGHT = 0.2;
/**
 * Look-ups of one allocation that may be answered by meaning: with an embeddings endpoint each is a
 * call, and without one a search, that a thousand new ads need not wait for.
 */
const BY_MEANING_MAX = 100;
/** Computing is arithmetic of about a millisecond; others are served after so many ads. */
const ADS_PER_TURN = 50;

@Injectable()
export class CreativeInsights {
  constructor(private readonly cache: SemanticCache) {}

  /** By ad id, one look-up for each of `arms`; compared with all arms of the account. */
  async of(
    { accountId, sharePatterns }: Pick<Account, 'accountId' | 'sharePatterns'>,
    arms: readonly BelievedArm[],
    { arms: all, knowledge }: Pick<AccountBeliefs, 'arms' | 'knowledge'>,
  ): Promise<Map<string, CreativeInsight>> {
    const own = ownCreatives(all);
    const sharing = sharePatterns ? 'shares' : 'alone';
    const version = [MODEL_VERSION, own.version, knowledge.version, sharing].join(' ');
    const found = new Map<string, CreativeInsight>();
    let notExact = 0;
    // In one order, one after another: which of two new ads is the model of the other must not be chance.
    for (const { ad } of [...arms].sort((left, right) => (left.ad.adId < right.ad.adId ? -1 : 1))) {
      const isNew = !own.isCandidate(ad.adId);
      const { value, cache } = await this.cache.getOrCompute<Insight>({
        question: questionOf(ad, own, { scope: accountId, version }),
        compute: () => Promise.resolve({ dna: own.dnaOf(ad), crossBoost: boostOf(ad, knowledge) }),
        errorOf: boostError,
        // An ad with results of its own is known by its numbers; likeness could only blur them.
        byMeaning: isNew && notExact < BY_MEANING_MAX,
      } satisfies LookUp<Insight>);
      found.set(ad.adId, { ...value, cache });
      if (isNew && cache !== 'exact') notExact += 1;
      if (found.size % ADS_PER_TURN === 0) await nextTurn();
    }
    return found;
  }
}

function ownCreatives(arms: readonly BelievedArm[]): OwnCreatives {
  // One kind of value for the whole account, so that the ads can be ranked by it.
  const paid = arms.some(({ totals }) => moneyOf(totals) !== null);
  return new OwnCreatives(
    arms.map(({ ad, totals }) => ({
      adId: ad.adId,
      creative: ad.creative,
      spendMinor: totals.spendMinor,
      value: paid ? moneyOf(totals) : totals.conversions,
    })),
  );
}

function moneyOf({ pipelineValueMinor, revenueMinor }: BelievedArm['totals']): number | null {
  return pipelineValueMinor ?? revenueMinor;
}

/** The text may be worded differently; every other trait, such as those of patterns, must be equal. */
function questionOf(
  { adId, creative }: BelievedArm['ad'],
  own: OwnCreatives,
  asked: Pick<Question, 'scope' | 'version'>,
): Question {
  const { text } = creative;
  const traits: { [name: string]: Fact } = Object.fromEntries(traitsOf(creative));
  if (typeof text === 'string') delete traits['text'];
  return {
    kind: 'creative',
    ...asked,
    // An ad is no neighbour of its own, so those that others are compared with share no answer.
    facts: { itself: own.isCandidate(adId) ? adId : null, traits },
    ...(typeof text === 'string' ? { text } : {}),
  };
}

function boostOf({ creative }: BelievedArm['ad'], knowledge: SharedKnowledge): number {
  const matched = knowledge.findSimilarPatterns(creative).find(({ matches }) => matches);
  return matched ? 1 + CROSS_BOOST_WEIGHT * matched.percentile : 1;
}

/** The part of the score that multiplies the rest. */
function boostError(cached: Insight, fresh: Insight): number {
  const factor = ({ dna, crossBoost }: Insight) => (1 + DNA_WEIGHT * dna) * crossBoost;
  return Math.abs(factor(cached) - factor(fresh));
}
