// A day of scoring: 72 cycles of twenty minutes, in each of which the numbers of all ads change and
// some new creatives appear. Every allocation goes over HTTP; beside it the same insights are
// computed without a cache, so that every single hit is judged.
import { AccountsService } from '../../src/accounts/index.js';
import { BeliefsService, CreativeInsights } from '../../src/learning/index.js';
import { type CacheOutcome, upperBound } from '../../src/learning/pure.js';
import { SeededRandom, type Random } from '../../src/shared/random.js';
import type { RunningServer } from '../../src/start.js';
import { batches } from '../decision-account.js';
import type { HttpClient } from '../http-client.js';
import { rounded } from '../measure.js';
import { dayCreative, newCreative, type DayCreative, type NewKind } from './creatives.js';
import { NO_CACHE } from './times.js';

export interface DayOptions {
  accountId: string;
  ads: number;
  cycles: number;
  /** The first instant of a day of the past. */
  start: Date;
}

interface Allocation {
  recommendations: {
    ad_id: string;
    score: { dna_boost: number; cross_boost: number; final: number; cache: CacheOutcome };
  }[];
}

const NEW_SHARE = 0.05;
const CYCLE_MILLIS = 1_200_000;
const DAY_MILLIS = 86_400_000;
const KINDS: NewKind[] = ['reworded', 'new', 'number', 'name', 'negation'];
/** What the product calls a wrong hit. */
const WRONG_ABOVE = 0.01;
const TOP = 10;

export async function playDay(server: RunningServer, http: HttpClient, options: DayOptions) {
  const random = new SeededRandom(options.ads);
  const creatives = await firstAds(http, options, random);
  const judge = new Judge();
  const perCycle = (options.ads * NEW_SHARE) / (options.cycles - 1);
  for (let cycle = 0, owed = 0; cycle < options.cycles; cycle += 1) {
    const asOf = new Date(options.start.getTime() + (cycle + 1) * CYCLE_MILLIS);
    if (cycle > 0) owed += perCycle;
    for (; owed >= 1; owed -= 1) await launch(http, options, creatives, judge, random);
    await report(http, options, [...creatives.keys()], { cycle, random });
    const body = { account_id: options.accountId, total_budget: 50 * options.ads, seed: 1 };
    const asked = { ...body, as_of: asOf.toISOString() };
    const answer = await http.send<Allocation>('POST', '/v1/sampling/allocate', asked);
    judge.hear(cycle, answer, await truth(server, options.accountId, asOf));
    if (cycle % 12 === 0) console.error(`cycle ${cycle + 1} of ${options.cycles}`);
  }
  return judge.figures();
}

/** The same insights without any cache. */
async function truth(server: RunningServer, accountId: string, asOf: Date) {
  const accounts = await server.app.get(AccountsService, { strict: false }).all();
  const account = accounts.find((one) => one.accountId === accountId);
  if (!account) throw new Error(`no account ${accountId}`);
  const beliefs = await server.app.get(BeliefsService, { strict: false }).ofAccount(account, asOf);
  const { knowledge } = beliefs.prior;
  const compared = { all: beliefs.all, knowledge };
  return new CreativeInsights(NO_CACHE).of(account, beliefs.arms, compared);
}

class Judge {
  readonly kinds = new Map<string, NewKind>();
  private readonly outcomes = { exact: 0, semantic: 0, miss: 0 };
  private readonly first: Record<string, Record<CacheOutcome, number>> = {};
  private readonly seen = new Set<string>();
  private error = 0;
  private wrong = { exact: 0, semantic: 0 };
  private agreement: number[] = [];

  hear(cycle: number, answer: Allocation, truths: Awaited<ReturnType<typeof truth>>): void {
    const finals = answer.recommendations.map(({ ad_id, score }) => {
      const { cross_boost, dna_boost, final, cache } = score;
      const true_ = truths.get(ad_id);
      if (!true_) throw new Error(`no truth of ${ad_id}`);
      const factor = (1 + 0.2 * true_.dna) * true_.crossBoost;
      const error = Math.abs(dna_boost * cross_boost - factor);
      if (cycle > 0) this.count(ad_id, cache, error);
      this.seen.add(ad_id);
      return { ad_id, final, truth: (final / (dna_boost * cross_boost)) * factor };
    });
    const top = (by: 'final' | 'truth') =>
      [...finals].sort((a, b) => b[by] - a[by] || (a.ad_id < b.ad_id ? -1 : 1)).slice(0, TOP);
    const best = new Set(top('truth').map(({ ad_id }) => ad_id));
    this.agreement.push(top('final').filter(({ ad_id }) => best.has(ad_id)).length / TOP);
  }

  private count(adId: string, cache: CacheOutcome, error: number): void {
    this.outcomes[cache] += 1;
    const kind = this.kinds.get(adId);
    if (kind && !this.seen.has(adId)) {
      this.first[kind] ??= { exact: 0, semantic: 0, miss: 0 };
      this.first[kind][cache] += 1;
    }
    this.error += error;
    if (cache !== 'miss' && error > WRONG_ABOVE) this.wrong[cache] += 1;
  }

  figures() {
    const { exact, semantic, miss } = this.outcomes;
    const hits = exact + semantic;
    const wrong = this.wrong.exact + this.wrong.semantic;
    return {
      hit_rate_after_first_cycle: rounded(hits / (hits + miss), 5),
      hit_rate_aim: 0.95,
      ...this.outcomes,
      mean_abs_score_error: this.error / (hits + miss),
      mean_abs_score_error_aim: 0.01,
      wrong_hits: this.wrong,
      wrong_hit_upper_bound: rounded(upperBound(wrong, hits), 6),
      wrong_hit_upper_bound_aim: 0.01,
      top_10_agreement: rounded(mean(this.agreement), 4),
      top_10_agreement_aim: 0.99,
      new_creatives_at_first_sight: this.first,
    };
  }
}

async function firstAds(http: HttpClient, options: DayOptions, random: Random) {
  const { accountId, ads, start } = options;
  await http.send('POST', '/v1/accounts', {
    ...{ account_id: accountId, name: accountId, currency: 'USD', niche: 'shoes' },
    share_patterns: true,
  });
  const creatives = new Map<string, DayCreative>();
  for (let index = 0; index < ads; index += 1) {
    creatives.set(`ad-${String(index).padStart(6, '0')}`, dayCreative(random));
  }
  for (const some of batches([...creatives])) await put(http, options, some);
  const days = [...creatives.keys()].flatMap((adId) =>
    Array.from({ length: 27 }, (_, back) =>
      dayRow(adId, new Date(start.getTime() - (back + 1) * DAY_MILLIS), 1, random),
    ),
  );
  for (const some of batches(days)) {
    await http.send('POST', '/v1/metrics', { account_id: accountId, days: some });
  }
  return creatives;
}

async function put(
  http: HttpClient,
  { accountId, start }: DayOptions,
  creatives: readonly (readonly [string, DayCreative])[],
): Promise<void> {
  const started = new Date(start.getTime() - 27 * DAY_MILLIS).toISOString();
  const ads = creatives.map(([adId, creative]) => ({
    ...{ ad_id: adId, campaign_id: `c-${adId.slice(-1)}`, status: 'active', daily_budget: 50 },
    ...{ name: adId, started_at: started, creative },
  }));
  await http.send('PUT', '/v1/ads', { account_id: accountId, ads });
}

async function launch(
  http: HttpClient,
  options: DayOptions,
  creatives: Map<string, DayCreative>,
  judge: Judge,
  random: Random,
): Promise<void> {
  const number = creatives.size - options.ads;
  const kind = KINDS[number % KINDS.length] ?? 'new';
  const old = creatives.get(`ad-${String((number * 17) % options.ads).padStart(6, '0')}`);
  if (!old) throw new Error('no creative to copy');
  const adId = `new-${String(number).padStart(6, '0')}`;
  const creative = newCreative(kind, old, random);
  creatives.set(adId, creative);
  judge.kinds.set(adId, kind);
  await put(http, options, [[adId, creative]]);
}

/** What the day has brought so far, of every ad. */
async function report(
  http: HttpClient,
  { accountId, start, cycles }: DayOptions,
  adIds: string[],
  { cycle, random }: { cycle: number; random: Random },
): Promise<void> {
  const rows = adIds.map((adId) => dayRow(adId, start, (cycle + 1) / cycles, random));
  for (const days of batches(rows)) {
    await http.send('POST', '/v1/metrics', { account_id: accountId, days });
  }
}

function dayRow(adId: string, date: Date, share: number, random: Random) {
  const impressions = Math.round((500 + 9500 * random.uniform()) * share);
  const clicks = random.poisson(impressions * 0.012);
  const conversions = random.poisson(clicks * 0.05);
  const spend = Math.round(impressions * 0.6) / 100;
  return {
    ...{ ad_id: adId, date: date.toISOString().slice(0, 10) },
    ...{ impressions, clicks, spend, conversions, revenue: conversions * 60 },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
