// The cross-learner over HTTP: accounts that share teach each other, those below the floor or not
// sharing get the documented defaults, and a published number keeps still for a day.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { createAccount, adInput, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Rate {
  mean: number;
  lo: number;
  hi: number;
}
interface PatternsAnswer {
  niche: string | null;
  items: {
    features: Record<string, string>;
    niche: string | null;
    accounts: number;
    matches: boolean;
    similarity: number;
    mean: number;
    interval: { lo: number; hi: number };
    lift: { ctr: number; cvr: number };
    cvr: Rate;
    percentile: number;
  }[];
  next_cursor: string | null;
  prior: { source: string; accounts: number; cvr: { mean: number }; note: string };
}
interface AdAnswer {
  belief: { cvr: Rate; prior: { source: string; accounts: number; strength: number } };
}
interface JobAnswer {
  status: string;
  counts: Record<string, number | boolean>;
}

const NICHE = 'Pet food';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Six ads: three videos that sell three times as well as three images. */
async function teach(accountId: string, extra: Record<string, unknown> = {}): Promise<TestAccount> {
  const account = await createAccount(server, accountId, {
    niche: NICHE,
    share_patterns: true,
    ...extra,
  });
  const ids = [0, 1, 2, 3, 4, 5].map((index) => `${accountId}-${index}`);
  const creative = (index: number) =>
    index < 3
      ? { format: 'Video', hook_type: 'Question' }
      : { format: 'image', hook_type: 'offer' };
  await put(
    account,
    ids.map((id, index) => adInput(id, { creative: creative(index) })),
  );
  const snapshots = ids.map((ad_id, index) => ({
    ad_id,
    observed_at: new Date(Date.now() - 3_600_000).toISOString(),
    impressions: 100_000,
    clicks: 1000,
    spend: 500,
    conversions: index < 3 ? 90 : 30,
    revenue: index < 3 ? 4500 : 1500,
  }));
  const reply = await server.as(account.key, 'POST', '/v1/metrics', { snapshots });
  expect(reply.status).toBe(202);
  return account;
}

async function put(account: TestAccount, ads: unknown[]): Promise<void> {
  const reply = await server.as(account.key, 'PUT', '/v1/ads', { ads });
  expect(reply.body).toMatchObject({ accepted: ads.length, rejected: [] });
}

async function learn(): Promise<JobAnswer> {
  const reply = await server.admin<JobAnswer>('POST', '/admin/jobs/crossLearner/run?wait=true');
  expect(reply.body.status).toBe('succeeded');
  return reply.body;
}

async function patternsOf({ key }: TestAccount, query = ''): Promise<PatternsAnswer> {
  const reply = await server.as<PatternsAnswer>(key, 'GET', `/v1/learning/patterns${query}`);
  expect(reply.status).toBe(200);
  return reply.body;
}

async function newAd(account: TestAccount, adId: string, creative: object): Promise<AdAnswer> {
  await put(account, [adInput(adId, { creative, started_at: new Date().toISOString() })]);
  return (await server.as<AdAnswer>(account.key, 'GET', `/v1/ads/${adId}`)).body;
}

const VIDEO = { format: 'video', hook_type: 'question' };

describe('the cross-learner', () => {
  it('publishes nothing below five accounts: defaults serve and are named so', async () => {
    const accounts = [];
    for (const id of ['a', 'b', 'c', 'd']) accounts.push(await teach(id));
    await teach('silent', { share_patterns: false });
    expect((await learn()).counts).toMatchObject({ accounts: 4, published: 0, nothing_due: true });
    const [first] = accounts as [TestAccount];
    const { items, prior } = await patternsOf(first);
    expect(items).toEqual([]);
    expect(prior).toMatchObject({ source: 'global', accounts: 0, cvr: { mean: 0.02 } });
    expect(prior.note).toContain('defaults');
    const fresh = await createAccount(server, 'fresh', { niche: NICHE, share_patterns: true });
    const { belief } = await newAd(fresh, 'fresh-1', VIDEO);
    expect(belief.prior).toMatchObject({ source: 'global', accounts: 0 });
  });

  it('with five teaches a new account of the niche what its ads may bring', async () => {
    await teach('e');
    const { counts } = await learn();
    expect(counts).toMatchObject({ accounts: 6, withdrawn: 0 });
    expect(counts['published']).toBeGreaterThan(0);
    const learner = await createAccount(server, 'learner', {
      niche: 'pet FOOD',
      share_patterns: true,
    });
    const plain = await newAd(learner, 'plain', {});
    expect(plain.belief.prior).toMatchObject({ source: 'niche', accounts: 5 });
    // Truth is 6 %; five secret factors leave it within a factor of two.
    expect(plain.belief.cvr.mean).toBeGreaterThan(0.03);
    expect(plain.belief.cvr.mean).toBeLessThan(0.12);
    const video = await newAd(learner, 'video', VIDEO);
    const image = await newAd(learner, 'image', { format: 'IMAGE', hook_type: 'offer' });
    expect(video.belief.prior).toMatchObject({ source: 'pattern', accounts: 5 });
    expect(video.belief.cvr.mean).toBeGreaterThan(1.3 * image.belief.cvr.mean);
  });

  it('learns without an account whose numbers cannot be read, and names it', async () => {
    await teach('broken');
    const database = server.app.get(DataSource);
    const zone = (name: string) =>
      database.query(`update accounts set timezone = $1 where account_id = 'broken'`, [name]);
    await zone('Mars/X');
    const { body } = await server.admin<JobAnswer & { error: string }>(
      ...(['POST', '/admin/jobs/crossLearner/run?wait=true'] as const),
    );
    expect(body).toMatchObject({ status: 'succeeded', counts: { accounts: 7, failed: 1 } });
    expect(body.error).toContain('account broken');
    await database.query(`update accounts set share_patterns = false, timezone = 'UTC'
                           where account_id = 'broken'`);
  });

  it('shows similar patterns with accounts, mean and interval, the likest first', async () => {
    const learner = await teach('asker');
    const query = '?features=format=video,hook_type=question,cta_type=buy';
    const { niche, items } = await patternsOf(learner, query);
    expect(niche).toBe('pet_food');
    const [best] = items;
    expect(best).toMatchObject({
      features: VIDEO,
      niche: 'pet_food',
      accounts: 5,
      matches: true,
    });
    expect(best?.similarity).toBeCloseTo(2 / 3, 9);
    expect(best?.interval.lo).toBeLessThan(best?.mean ?? NaN);
    expect(best?.interval.hi).toBeGreaterThan(best?.mean ?? NaN);
    expect(best?.lift.cvr).toBeGreaterThan(1);
    expect(items.every(({ features }) => features['format'] !== 'image')).toBe(true);
    const all = await patternsOf(learner, `?niche=${encodeURIComponent('Pet food')}`);
    expect(all.items.length).toBeGreaterThan(items.length);
    const json = await patternsOf(
      learner,
      `?features=${encodeURIComponent(JSON.stringify(VIDEO))}`,
    );
    expect(json.items[0]?.similarity).toBe(1);
    const wrong = await server.as(learner.key, 'GET', '/v1/learning/patterns?features=video');
    expect(wrong.status).toBe(400);
  });

  it('raises the score of an ad by its pattern and by its likest own creatives', async () => {
    const learner = await teach('scored');
    type Allocation = {
      recommendations: { ad_id: string; score: { cross_boost: number; dna_boost: number } }[];
    };
    const { body } = await server.as<Allocation>(learner.key, 'POST', '/v1/sampling/allocate', {
      total_budget: 300,
      seed: 7,
    });
    const scores = new Map(body.recommendations.map(({ ad_id, score }) => [ad_id, score]));
    const video = scores.get('scored-0');
    const image = scores.get('scored-5');
    expect(video?.cross_boost).toBeGreaterThan(1.1);
    expect(video?.cross_boost).toBeLessThanOrEqual(1.2);
    expect(video?.cross_boost).toBeGreaterThan(image?.cross_boost ?? 2);
    // Two other videos at the top of the account's percentiles; the images below.
    expect(video?.dna_boost).toBeGreaterThan(image?.dna_boost ?? 2);
  });

  it('teaches nobody who does not share, and learns from none of them', async () => {
    const silent = await patternsOf(await createAccount(server, 'mute', { niche: NICHE }));
    expect(silent.items).toEqual([]);
    expect(silent.prior).toMatchObject({ source: 'global', accounts: 0 });
  });

  it('shows the patterns page by page', async () => {
    const reader = await createAccount(server, 'pages', { niche: NICHE, share_patterns: true });
    const all = (await patternsOf(reader, '?limit=200')).items;
    expect(all.length).toBeGreaterThan(2);
    const paged: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await patternsOf(reader, `?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      paged.push(...page.items);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all);
    for (const query of ['limit=0', 'limit=201', 'cursor=nonsense', 'cursor=WyJhIiwiYiJd']) {
      const reply = await server.as(reader.key, 'GET', `/v1/learning/patterns?${query}`);
      expect(reply.status).toBe(400);
    }
  });

  it('lets a number rest for a day, and forgets it at once when the floor breaks', async () => {
    const before = (await patternsOf({ accountId: 'a', key: await keyOf('a') })).items;
    expect((await learn()).counts).toMatchObject({ published: 0, withdrawn: 0 });
    for (const id of ['b', 'c', 'd', 'e', 'asker', 'scored']) {
      await server.admin('PATCH', `/v1/accounts/${id}`, { share_patterns: false });
    }
    const { counts } = await learn();
    expect(counts['withdrawn']).toBeGreaterThan(0);
    const after = await patternsOf({ accountId: 'a', key: await keyOf('a') });
    expect(before.length).toBeGreaterThan(0);
    expect(after.items).toEqual([]);
    // Five share again, but what was withdrawn today comes back tomorrow.
    for (const id of ['b', 'c', 'd', 'e']) {
      await server.admin('PATCH', `/v1/accounts/${id}`, { share_patterns: true });
    }
    expect((await learn()).counts).toMatchObject({ published: 0 });
  });
});

async function keyOf(accountId: string): Promise<string> {
  const reply = await server.admin<{ api_key: string }>('POST', `/v1/accounts/${accountId}/keys`, {
    name: 'again',
  });
  return reply.body.api_key;
}
