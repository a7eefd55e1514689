// Scoring through the cache of look-ups, over HTTP: it saves work and changes no answer.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { answerBytes } from './harness/answer-bytes.js';
import { createTestSchema } from './harness/database.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Allocation {
  decision_id: string;
  recommendations: {
    ad_id: string;
    score: { cache: string; dna_boost: number; cross_boost: number };
  }[];
}
interface Figures {
  exact_hits: number;
  misses: number;
  recomputed: number;
  mean_abs_score_error: number | null;
  wrong_hits: number;
  by_kind: Record<string, { misses: number }>;
}

const AS_OF = new Date().toISOString();
const EARLIER = new Date(Date.now() - 3_600_000).toISOString();
let schema: Awaited<ReturnType<typeof createTestSchema>>;
let server: TestServer;
/** Another process on the same data, whose Redis is not there. */
let other: TestServer;

beforeAll(async () => {
  schema = await createTestSchema();
  server = await startTestServer({ schema });
  other = await startTestServer({ schema, env: { REDIS_URL: 'redis://127.0.0.1:1' } });
});
afterAll(async () => {
  await Promise.all([server.close(), other.close()]);
  await schema.drop();
});

async function put({ key }: TestAccount, creatives: Record<string, object>): Promise<void> {
  const ads = Object.entries(creatives).map(([adId, creative]) => adInput(adId, { creative }));
  const reply = await server.as(key, 'PUT', '/v1/ads', { ads });
  expect(reply.body).toMatchObject({ rejected: [] });
}

/** Three videos that sell, three images that do not. */
async function account(accountId: string, ads = 6): Promise<TestAccount> {
  const made = await createAccount(server, accountId, { niche: 'shoes', share_patterns: true });
  const ids = Array.from({ length: ads }, (_, index) => `${accountId}-${index}`);
  const creativeOf = (index: number) =>
    index % 2 === 0
      ? { format: 'video', hook_type: 'question', text: `Walk ${index} miles` }
      : { format: 'image', hook_type: 'offer', text: `Save ${index} %` };
  await put(made, Object.fromEntries(ids.map((id, index) => [id, creativeOf(index)])));
  await report(
    made,
    ids.map((ad_id, index) => ({ ad_id, conversions: (index % 2 === 0 ? 90 : 30) + index })),
  );
  return made;
}

async function report(
  { key }: TestAccount,
  told: { ad_id: string; conversions: number }[],
  observedAt = EARLIER,
): Promise<void> {
  const snapshots = told.map(({ ad_id, conversions }) => {
    const revenue = conversions * 50;
    const sums = { impressions: 100_000, clicks: 1000, spend: 500, conversions, revenue };
    return { ad_id, observed_at: observedAt, ...sums };
  });
  expect((await server.as(key, 'POST', '/v1/metrics', { snapshots })).status).toBe(202);
}

async function allocate(
  { key }: TestAccount,
  extra: Record<string, unknown> = {},
  from = server,
): Promise<Allocation> {
  const asked = { total_budget: 300, seed: 7, ...extra };
  const reply = await from.as<Allocation>(key, 'POST', '/v1/sampling/allocate', asked);
  expect(reply.status).toBe(200);
  return reply.body;
}

const outcomes = ({ recommendations }: Allocation) =>
  new Map(recommendations.map(({ ad_id, score }) => [ad_id, score.cache]));
const kinds = (answer: Allocation) => [...new Set(outcomes(answer).values())];
const figures = async (from = server) =>
  (await from.admin<Figures>('GET', '/v1/sampling/cache')).body;

describe('the figures', () => {
  it('are null where nothing was asked and nothing recomputed', async () => {
    expect(await figures()).toMatchObject({
      ...{ exact_hits: 0, semantic_hits: 0, misses: 0, hit_rate: null, entries: 0, errors: 0 },
      ...{ mean_abs_score_error: null, wrong_hit_upper_bound: null, by_kind: {} },
    });
  });
});

describe('an allocation', () => {
  it('looks every ad up once, finds all the second time, and answers the same', async () => {
    const walker = await account('walker');
    const before = await figures();
    const first = await allocate(walker, { as_of: AS_OF });
    expect(kinds(first)).toEqual(['miss']);
    const second = await allocate(walker, { as_of: AS_OF });
    expect(kinds(second)).toEqual(['exact']);
    expect(answerBytes(second)).toBe(answerBytes(first));
    const own = await server.as<Figures>(walker.key, 'GET', '/v1/sampling/cache');
    expect(own.body).toMatchObject({ exact_hits: 6, misses: 6, entries: 6 });
    const stranger = await account('stranger');
    const others = await server.as<Figures>(stranger.key, 'GET', '/v1/sampling/cache');
    expect(others.body).toMatchObject({ exact_hits: 0, misses: 0, entries: 0, by_kind: {} });
    const forgotten = await server.as(walker.key, 'DELETE', '/v1/sampling/cache');
    expect(forgotten.body).toEqual({ account_id: 'walker', forgotten: true });
    expect(kinds(await allocate(walker, { as_of: AS_OF }))).toEqual(['miss']);
    const after = await figures();
    expect(after.misses - before.misses).toBe(12);
    expect(after.exact_hits - before.exact_hits).toBe(6);
    expect(after.by_kind['creative']?.misses).toBe(after.misses);
    for (const { decision_id } of [first, second]) {
      const path = `/v1/sampling/decisions/${decision_id}?replay=true`;
      const { body } = await server.as(walker.key, 'GET', path);
      expect(body).toMatchObject({ replay: { matches: true } });
    }
  });

  it('answers the same from a process that knows nothing and whose Redis is down', async () => {
    const runner = await account('runner');
    const known = [
      await allocate(runner, { as_of: AS_OF }),
      await allocate(runner, { as_of: AS_OF }),
    ];
    const alone = await allocate(runner, { as_of: AS_OF }, other);
    expect(kinds(alone)).toEqual(['miss']);
    expect(new Set([...known, alone].map(answerBytes)).size).toBe(1);
    expect(await figures(other)).toMatchObject({ redis: true });
  });

  it('finds new ads by meaning, but none that differs in a number, a negation or a trait', async () => {
    const hiker = await account('hiker');
    const shoes = 'Handmade leather shoes for long walks in the autumn woods';
    const sale = 'Save 20% on all the winter shoes of our house today';
    const dry = 'These shoes are waterproof in every rain of the autumn';
    const creative = (text: string, hook_type = 'story') => ({ format: 'video', hook_type, text });
    await put(hiker, { 'a-1': creative(shoes), 'a-2': creative(sale), 'a-3': creative(dry) });
    expect(kinds(await allocate(hiker))).toEqual(['miss']);
    const near = 'Handmade leather shoes, for the long walks in autumn woods!';
    await put(hiker, {
      'b-1': creative(near),
      'b-2': creative(sale.replace('20', '30')),
      'b-3': creative(dry.replace('are', 'are not')),
      'b-4': creative(near, 'offer'),
      'b-5': creative(shoes.toUpperCase()),
    });
    const found = outcomes(await allocate(hiker));
    expect(['a-1', 'b-1', 'b-2', 'b-3', 'b-4', 'b-5'].map((adId) => found.get(adId))).toEqual([
      ...['exact', 'semantic', 'miss', 'miss', 'miss', 'exact'],
    ]);
    expect(kinds(await allocate(hiker))).toEqual(['exact']);
  });

  it('finds every ad again after a report, and counts with what it says', async () => {
    const climber = await account('climber');
    const boostOf = ({ recommendations }: Allocation, id: string) =>
      recommendations.find(({ ad_id }) => ad_id === id)?.score.dna_boost;
    const before = await allocate(climber);
    const soon = new Date(Date.now() - 60_000).toISOString();
    await report(climber, [{ ad_id: 'climber-1', conversions: 500 }], soon);
    const after = await allocate(climber);
    expect(kinds(after)).toEqual(['exact']);
    // Two images of three are neighbours of the third; one of them has become the best of all.
    expect(boostOf(after, 'climber-3')).toBeGreaterThan(boostOf(before, 'climber-3') ?? 2);
    const alone = await allocate(climber, {}, other);
    expect(kinds(alone)).toEqual(['miss']);
    expect(boostOf(alone, 'climber-3')).toBe(boostOf(after, 'climber-3'));
  });

  it('looks anew when a creative changes', async () => {
    const skater = await account('skater');
    await allocate(skater);
    await put(skater, { 'skater-0': { format: 'video', hook_type: 'fear', text: 'Walk 0 miles' } });
    expect(kinds(await allocate(skater))).toEqual(['miss']);
  });

  it('knows a reworded copy of an ad that has results of its own', async () => {
    const dancer = await account('dancer');
    const creative = (text: string) => ({ format: 'video', hook_type: 'story', text });
    await put(dancer, { 'dancer-0': creative('Handmade shoes for long nights on the old floors') });
    expect(kinds(await allocate(dancer))).toEqual(['miss']);
    await put(dancer, { copy: creative('Handmade shoes, for the long nights on old floors!') });
    expect(outcomes(await allocate(dancer)).get('copy')).toBe('semantic');
    expect(kinds(await allocate(dancer))).toEqual(['exact']);
  });

  it('forgets with the patterns that are published and with the right to see them', async () => {
    const learner = await account('learner');
    const boosts = ({ recommendations }: Allocation) =>
      Math.max(...recommendations.map(({ score }) => score.cross_boost));
    expect(boosts(await allocate(learner))).toBe(1);
    await account('another');
    const { body } = await server.admin('POST', '/admin/jobs/crossLearner/run?wait=true');
    expect(body).toMatchObject({ status: 'succeeded' });
    const taught = await allocate(learner);
    expect(kinds(taught)).toEqual(['miss']);
    expect(boosts(taught)).toBeGreaterThan(1.05);
    expect(kinds(await allocate(learner))).toEqual(['exact']);
    await server.admin('PATCH', '/v1/accounts/learner', { share_patterns: false });
    const alone = await allocate(learner);
    expect(kinds(alone)).toEqual(['miss']);
    expect(boosts(alone)).toBe(1);
  });

  it('has some of its hits computed anyway, and shows that none of them was wrong', async () => {
    const many = await account('many', 60);
    let shown = await figures();
    for (let round = 0; round < 12 && shown.recomputed === 0; round += 1) {
      await allocate(many, { total_budget: 3000 });
      shown = await figures();
    }
    expect(shown.recomputed).toBeGreaterThan(0);
    expect(shown).toMatchObject({ mean_abs_score_error: 0, wrong_hits: 0 });
  });
});
