// What finding the insights of one allocation takes: with a warm cache, with a cold one, from Redis
// alone, ad by ad without a cache, and for all ads in one pass without a cache.
import {
  type AccountPrior,
  type BelievedArm,
  CreativeInsights,
  Embedder,
  RedisTier,
  SemanticCache,
} from '../../src/learning/index.js';
import { type LookUp, SharedKnowledge } from '../../src/learning/pure.js';
import { readConfig } from '../../src/shared/config/config.js';
import { PinoLog } from '../../src/shared/index.js';
import { SeededRandom } from '../../src/shared/random.js';
import { median, rounded } from '../measure.js';
import { dayCreative } from './creatives.js';
import { nearestOfAll } from './set-based.js';

const ROUNDS = 5;
const ACCOUNT = { accountId: 'bench', sharePatterns: true, timezone: 'UTC' };

/** Answers every question by computing: what scoring does where there is no cache. */
export const NO_CACHE = {
  getOrComputeAll: async <T>(lookUps: readonly LookUp<T>[]) => {
    const answers = [];
    for (const { compute } of lookUps) {
      answers.push({ value: await compute(), cache: 'miss' as const });
    }
    return answers;
  },
};

export async function timesAt(ads: number, redisUrl: string | null) {
  const arms = armsOf(ads);
  const beliefs = { all: arms, knowledge: new SharedKnowledge([], null) };
  const memory = cacheOn(null);
  const cold = () => new CreativeInsights(cacheOn(null).cache).of(ACCOUNT, arms, beliefs);
  const insights = new CreativeInsights(memory.cache);
  await insights.of(ACCOUNT, arms, beliefs);
  const uncached = new CreativeInsights(NO_CACHE);
  const roads: Record<string, () => unknown> = {
    warm_cache: () => insights.of(ACCOUNT, arms, beliefs),
    cold_cache: cold,
    one_by_one_without_cache: () => uncached.of(ACCOUNT, arms, beliefs),
    all_at_once_without_cache: () => allAtOnce(arms, beliefs),
  };
  if (redisUrl !== null) {
    const shared = cacheOn(redisUrl);
    await shared.ready();
    await new CreativeInsights(shared.cache).of(ACCOUNT, arms, beliefs);
    roads['redis_alone'] = async () => {
      const other = cacheOn(redisUrl);
      await other.ready();
      const since = performance.now();
      await new CreativeInsights(other.cache).of(ACCOUNT, arms, beliefs);
      const took = performance.now() - since;
      other.close();
      return took;
    };
  }
  const figures: Record<string, number> = {};
  for (const [name, road] of Object.entries(roads)) {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const since = performance.now();
      const told = await road();
      const took = typeof told === 'number' ? told : performance.now() - since;
      if (round > 0) times.push(took);
    }
    figures[`${name}_ms`] = rounded(median(times));
  }
  return figures;
}

function allAtOnce(arms: readonly BelievedArm[], { knowledge }: Pick<AccountPrior, 'knowledge'>) {
  const candidates = arms
    .filter(({ totals }) => totals.spendMinor > 0)
    .sort((left, right) => right.totals.spendMinor - left.totals.spendMinor)
    .slice(0, 200);
  const nearest = nearestOfAll(
    arms.map(({ ad }) => ad),
    candidates.map(({ ad }) => ad),
  );
  for (const { ad } of arms) knowledge.findSimilarPatterns(ad.creative);
  return { nearest };
}

function cacheOn(redisUrl: string | null) {
  const config = readConfig(redisUrl === null ? {} : { REDIS_URL: redisUrl });
  const redis = new RedisTier(config, new PinoLog('silent'));
  return {
    cache: new SemanticCache(redis, new Embedder(config, new PinoLog('silent'))),
    close: () => redis.onApplicationShutdown(),
    /** Connecting is no part of an allocation. */
    ready: () => new Promise((resolve) => setTimeout(resolve, 300)),
  };
}

function armsOf(count: number): BelievedArm[] {
  const random = new SeededRandom(count);
  return Array.from({ length: count }, (_, index) => {
    const spendMinor = 100 + Math.floor(random.uniform() * 100_000);
    const ad = {
      adId: `ad-${String(index).padStart(6, '0')}`,
      creative: { ...dayCreative(random) },
    };
    const totals = { spendMinor, revenueMinor: random.poisson(spendMinor), conversions: 1 };
    // As much of an arm as is looked at.
    return { ad, totals: { ...totals, pipelineValueMinor: null }, settledMinor: 0 } as unknown;
  }) as BelievedArm[];
}
