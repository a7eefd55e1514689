// Budget decisions over HTTP: odd accounts get an answer or a clear refusal, records replay to the
// byte after beliefs have moved, and other policies are evaluated on what was recorded.
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { AccountsService, AdsService } from '../src/accounts/index.js';
import { BeliefsService } from '../src/learning/index.js';
import { answerBytes } from './harness/answer-bytes.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Recommendation {
  ad_id: string;
  current_budget: number | null;
  recommended_budget: number;
  change_pct: number | null;
  probability_best: number;
  propensity: number;
  confidence: number;
  action: string;
  reason: string;
}
interface Decision {
  decision_id: string;
  code?: string;
  errors?: { pointer: string }[];
  total_budget: number;
  recommendations: Recommendation[];
  left_out: { ad_id: string }[];
  unallocated: { amount: number } | null;
  expected: { p_better: number | null; proposed: number };
  replay?: { matches: boolean | null };
}

const NOW = '2026-11-20T08:00:00Z';
const POLICIES = ['delay_corrected', 'thompson', 'blended', 'greedy', 'uniform'];
let server: TestServer;
let accounts = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function shop(ads: unknown[], extra: Record<string, unknown> = {}) {
  const account = await createAccount(server, `shop-${++accounts}`, extra);
  if (ads.length > 0) await call(account, 'PUT', '/v1/ads', { ads });
  return account;
}

function call<T>(account: TestAccount, method: string, path: string, body?: unknown) {
  return server.as<T>(account.key, method, path, body);
}

function allocate(account: TestAccount, body: Record<string, unknown> = {}) {
  const request = { total_budget: 100, as_of: NOW, seed: 7, ...body };
  return call<Decision>(account, 'POST', '/v1/sampling/allocate', request);
}

function measure(account: TestAccount, snapshots: Record<string, unknown>[]) {
  const observed_at = '2026-11-20T06:00:00Z';
  return call<{ accepted: number }>(account, 'POST', '/v1/metrics', {
    as_of: NOW,
    snapshots: snapshots.map((one) => ({ observed_at, ...one })),
  });
}

const totals = (ad_id: string, extra: Record<string, unknown> = {}) => ({
  ...{ ad_id, impressions: 20_000, clicks: 200, spend: 100, conversions: 6, revenue: 300 },
  ...extra,
});

/** Every number of the answer is one; JSON would have made a NaN null. */
function expectNumbers({ recommendations, expected }: Decision): void {
  for (const item of recommendations) {
    const { recommended_budget, probability_best, propensity, confidence } = item;
    for (const value of [recommended_budget, probability_best, propensity, confidence]) {
      expect(typeof value).toBe('number');
    }
    expect(recommended_budget).toBeGreaterThanOrEqual(0);
  }
  expect(typeof expected.proposed).toBe('number');
}

const sumOf = ({ recommendations, unallocated }: Decision) =>
  recommendations.reduce((sum, item) => sum + item.recommended_budget, unallocated?.amount ?? 0);

describe('odd accounts', () => {
  it('without an ad that could get money are refused', async () => {
    const none = await allocate(await shop([]));
    expect([none.status, none.body.code]).toEqual([422, 'sampling.no_ads']);
    const paused = await allocate(
      await shop([adInput('a', { status: 'paused' }), adInput('b', { status: 'paused' })]),
    );
    expect([paused.status, paused.body.code]).toEqual([422, 'sampling.no_ads']);
  });

  it('with a total below the floors, a fraction of a cent or no number are refused', async () => {
    const account = await shop([
      adInput('a', { min_budget: 40 }),
      adInput('b', { min_budget: 40 }),
    ]);
    const low = await allocate(account, { total_budget: 79.99 });
    expect([low.status, low.body.code]).toEqual([422, 'sampling.below_floors']);
    const fraction = await allocate(account, { total_budget: 100.001 });
    expect([fraction.status, fraction.body.errors?.[0]?.pointer]).toEqual([400, '/total_budget']);
    const all = await allocate(account, { total_budget: '100', seed: -1, policy: 7, apply: 'yes' });
    expect(all.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/apply',
      '/policy',
      '/seed',
      '/total_budget',
    ]);
    const both = await allocate(account, { total_budget: -1, policy: 'best' });
    expect(both.body.errors?.map(({ pointer }) => pointer)).toEqual(['/total_budget', '/policy']);
    const late = await allocate(account, {
      total_budget: 0.001,
      seed: -1,
      as_of: '2999-01-01T00:00:00Z',
    });
    expect(late.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/as_of',
      '/seed',
      '/total_budget',
    ]);
    const unknown = await allocate(account, { policy: 'magic' });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'sampling.unknown_policy']);
    const ads = await allocate(account, { ad_ids: ['a', 'nobody'] });
    expect([ads.status, ads.body.code]).toEqual([422, 'sampling.unknown_ads']);
    expect(ads.body.errors).toMatchObject([{ pointer: '/ad_ids/1' }]);
  });

  it.each(POLICIES)('of one ad give it what the limits allow (%s)', async (policy) => {
    const account = await shop([adInput('only', { daily_budget: 50 })]);
    const free = await allocate(account, { policy, max_step_pct: null });
    expect(free.body.recommendations.map((item) => item.recommended_budget)).toEqual([100]);
    const stepped = await allocate(account, { policy });
    expect(stepped.body.recommendations.map((item) => item.recommended_budget)).toEqual([60]);
    expect(stepped.body.unallocated?.amount).toBe(40);
  });

  it.each(POLICIES)(
    'with budgets of 0 or none, no spend and no evidence get numbers (%s)',
    async (policy) => {
      const account = await shop([
        adInput('zero', { daily_budget: 0 }),
        adInput('fresh', { started_at: NOW }),
        adInput('known', { daily_budget: 10, max_budget: 30 }),
      ]);
      await measure(account, [
        totals('zero', { spend: 0 }),
        totals('known', { impressions: 0, clicks: 0, conversions: 0, revenue: 0 }),
      ]);
      for (const total_budget of [0, 0.01, 100, 1e9]) {
        const { status, body } = await allocate(account, { policy, total_budget });
        expect(status).toBe(200);
        expectNumbers(body);
        expect(sumOf(body)).toBeCloseTo(total_budget, 2);
      }
    },
  );

  it('in their learning phase keep their budget, until the platform says that it is over', async () => {
    const account = await shop([
      adInput('learns', { learning_phase: true }),
      adInput('b'),
      adInput('c'),
    ]);
    const young = { impressions: 5000, clicks: 50, spend: 25, conversions: 1, revenue: 50 };
    await measure(account, [totals('learns', young), totals('b'), totals('c')]);
    const first = await allocate(account, { total_budget: 150 });
    const [, , held] = first.body.recommendations;
    expect(held).toMatchObject({ ad_id: 'learns', action: 'hold', recommended_budget: 50 });
    expect(held?.reason).toContain('still learning to deliver');
    const shown = () => call<{ learning_phase: boolean }>(account, 'GET', '/v1/ads/learns');
    // Told again without a word on it: what was told last stands.
    await call(account, 'PUT', '/v1/ads', { ads: [adInput('learns', { name: 'new' })] });
    expect((await shown()).body.learning_phase).toBe(true);
    await call(account, 'PUT', '/v1/ads', { ads: [adInput('learns', { learning_phase: false })] });
    expect((await shown()).body.learning_phase).toBe(false);
    const moved = (await allocate(account, { total_budget: 150 })).body.recommendations;
    expect(moved.find(({ ad_id }) => ad_id === 'learns')?.action).toBe('reduce');
  });

  it('take a thousand million won', async () => {
    const account = await shop(
      [adInput('a', { daily_budget: 4e8 }), adInput('b', { daily_budget: 6e8 })],
      { currency: 'KRW' },
    );
    await measure(account, [
      totals('a', { spend: 9e8, revenue: 2e9 }),
      totals('b', { spend: 1e9 }),
    ]);
    const { body } = await allocate(account, { total_budget: 1e9 });
    expectNumbers(body);
    expect(sumOf(body)).toBe(1e9);
    expect(body.recommendations.every((item) => Number.isInteger(item.recommended_budget))).toBe(
      true,
    );
  });

  it('with impossible figures are told so at the door, or decided all the same', async () => {
    const account = await shop([adInput('a'), adInput('b')]);
    const reply = await measure(account, [
      totals('a', { impressions: 100, clicks: 200, conversions: 300 }),
      totals('b', { impressions: 0, clicks: 0, conversions: 0, revenue: 0, spend: 500 }),
    ]);
    expect([202, 400]).toContain(reply.status);
    for (const policy of POLICIES) {
      const { status, body } = await allocate(account, { policy });
      expect(status).toBe(200);
      expectNumbers(body);
      expect(sumOf(body)).toBeCloseTo(100, 2);
    }
  });
});

describe('any account', () => {
  it('keeps sums, steps and bounds, answers the same bytes again and replays', async () => {
    const adFacts = fc.record({
      daily_budget: fc.integer({ min: 0, max: 20_000 }).map((minor) => minor / 100),
      status: fc.constantFrom('active', 'active', 'active', 'paused'),
      impressions: fc.integer({ min: 0, max: 100_000 }),
      clicks: fc.integer({ min: 0, max: 1000 }),
      conversions: fc.integer({ min: 0, max: 60 }),
      spend: fc.integer({ min: 0, max: 100_000 }).map((minor) => minor / 100),
    });
    const cases = fc.record({
      ads: fc.array(adFacts, { minLength: 1, maxLength: 8 }),
      total_budget: fc.integer({ min: 1, max: 100_000 }).map((minor) => minor / 100),
      policy: fc.constantFrom(...POLICIES),
      seed: fc.integer({ min: 1, max: 4_294_967_295 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ ads, ...request }) => {
        const account = await shop(
          ads.map(({ daily_budget, status }, i) => adInput(`ad-${i}`, { daily_budget, status })),
        );
        await measure(
          account,
          ads.map(({ impressions, clicks, conversions, spend }, i) => ({
            ...{ ad_id: `ad-${i}`, impressions, clicks, conversions, spend },
            revenue: conversions * 40,
          })),
        );
        const { status, body } = await allocate(account, request);
        if (!ads.some((ad) => ad.status === 'active')) {
          expect([status, body.code]).toEqual([422, 'sampling.no_ads']);
          return;
        }
        expect(status).toBe(200);
        expectNumbers(body);
        expect(sumOf(body)).toBeCloseTo(request.total_budget, 6);
        for (const { current_budget: now, recommended_budget: next } of body.recommendations) {
          if (now === null || now === 0 || (request.policy === 'blended' && next === 0)) continue;
          expect(next).toBeLessThanOrEqual(now * 1.2 + 1e-9);
          expect(next).toBeGreaterThanOrEqual(now * 0.8 - 1e-9);
        }
        const again = await allocate(account, request);
        expect(answerBytes(again.body)).toBe(answerBytes(body));
        const path = `/v1/sampling/decisions/${body.decision_id}?replay=true`;
        expect((await call<Decision>(account, 'GET', path)).body.replay).toEqual({ matches: true });
      }),
      { numRuns: 15, seed: 4 },
    );
  });
});

describe('a recorded decision', () => {
  it.each([0, 4_294_967_296, Number.MAX_SAFE_INTEGER])('may have the seed %d', async (seed) => {
    const account = await shop([adInput('a'), adInput('b')]);
    const [first, again] = [await allocate(account, { seed }), await allocate(account, { seed })];
    expect([first.status, answerBytes(again.body)]).toEqual([200, answerBytes(first.body)]);
    const path = `/v1/sampling/decisions/${first.body.decision_id}?replay=true`;
    expect((await call(account, 'GET', path)).body).toMatchObject({
      seed,
      replay: { matches: true },
    });
  });

  it('is listed with counts, and whole under its id only', async () => {
    const account = await shop([adInput('a'), adInput('b'), adInput('c', { status: 'paused' })]);
    const { body: made } = await allocate(account);
    const listed = await call<{ items: Record<string, unknown>[] }>(
      account,
      'GET',
      '/v1/sampling/decisions',
    );
    const { decision_id, recommendations, left_out, ...slim } = made;
    const count = (action: string) =>
      recommendations.filter((item) => item.action === action).length;
    expect(listed.body.items).toEqual([
      {
        ...{ decision_id, ...slim },
        counts: {
          ...{ ads: 2, scale: count('scale'), hold: count('hold'), reduce: count('reduce') },
          ...{ pause: count('pause'), left_out: left_out.length },
        },
        ...{ policy_version: '3', scope_id: null, local_day: null },
        created_at: expect.any(String),
        created_by: expect.any(String),
        ...{ apply_requested_at: null, queued_at: null },
        ...{ queue_failed_at: null, queue_failure: null },
      },
    ]);
    const path = `/v1/sampling/decisions/${decision_id}`;
    const whole = (await call<Record<string, unknown>>(account, 'GET', path)).body;
    expect(whole).toMatchObject({ recommendations, inputs: { currency: 'USD' } });
    const bare = await call<Record<string, unknown>>(account, 'GET', `${path}?inputs=false`);
    expect({ ...bare.body, inputs: whole['inputs'] }).toEqual(whole);
    expect(bare.body).not.toHaveProperty('inputs');
  });

  it('is no page after a cursor that somebody made up', async () => {
    const account = await shop([adInput('a')]);
    const cursor = Buffer.from('["yesterday","dec_1"]').toString('base64url');
    const page = await call<Decision>(account, 'GET', `/v1/sampling/decisions?cursor=${cursor}`);
    expect([page.status, page.body.errors?.[0]?.pointer]).toEqual([400, '/cursor']);
  });

  it('replays to the same bytes after beliefs have moved, and another account cannot see it', async () => {
    const account = await shop([adInput('a'), adInput('b')]);
    await measure(account, [totals('a'), totals('b', { conversions: 1, revenue: 50 })]);
    const before = await allocate(account);
    await call(account, 'POST', '/v1/metrics', {
      as_of: '2026-11-21T08:00:00Z',
      snapshots: [
        totals('a', { observed_at: '2026-11-21T06:00:00Z', clicks: 400, impressions: 40_000 }),
        totals('b', { observed_at: '2026-11-21T06:00:00Z', conversions: 40, revenue: 4000 }),
      ],
    });
    const after = await allocate(account, { as_of: '2026-11-21T08:00:00Z' });
    expect(after.body.recommendations).not.toEqual(before.body.recommendations);
    const path = `/v1/sampling/decisions/${before.body.decision_id}`;
    const replayed = await call<Decision>(account, 'GET', `${path}?replay=true`);
    expect(replayed.body.replay).toEqual({ matches: true });
    expect(replayed.body.recommendations).toEqual(before.body.recommendations);
    const database = server.app.get(DataSource);
    const rewrite = (set: string) =>
      database.query(`update sampling_decisions set ${set} where decision_id = $1`, [
        before.body.decision_id,
      ]);
    await rewrite(`answer = jsonb_set(answer::jsonb, '{total_budget}', '7')::json`);
    const changed = await call<Decision>(account, 'GET', `${path}?replay=true`);
    expect(changed.body.replay).toEqual({ matches: false });
    await rewrite(`policy_version = 'other'`);
    const other = await call<Decision>(account, 'GET', `${path}?replay=true`);
    expect(other.body.replay).toMatchObject({
      matches: null,
      reason: expect.stringContaining('version other') as unknown as string,
    });
    const stranger = await shop([]);
    expect((await call(stranger, 'GET', path)).status).toBe(404);
  });
});

describe('an account of many ads', () => {
  it('shows one ad and one page as the whole says, on a prior that is told', async () => {
    const sets = Array.from({ length: 210 }, (_, i) =>
      adInput(`set-${String(i).padStart(3, '0')}`, {
        ...{ campaign_id: `c${i % 3}`, daily_budget: i % 3 === 0 ? null : 50 },
      }),
    );
    // Campaign c0 owns the budget of its sets; one set has an ad below it that reports for it.
    const campaign = adInput('c0', { entity_type: 'campaign', campaign_id: 'c0' });
    const below = adInput('below', {
      ...{ entity_type: 'ad', campaign_id: 'c1', parent_id: 'set-001', daily_budget: null },
    });
    const account = await shop([...sets, campaign, below]);
    const snapshots = [...sets.filter(({ ad_id }) => ad_id !== 'set-001'), below].map(
      ({ ad_id }, i) =>
        totals(ad_id, { clicks: 100 + i, conversions: i % 7, revenue: (i % 7) * 50 }),
    );
    await measure(account, snapshots);
    await allocate(account);
    const stored = (await server.app.get(AccountsService).all()).find(
      ({ accountId }) => accountId === account.accountId,
    )!;
    const whole = await server.app.get(BeliefsService).ofAccount(stored, new Date(NOW));
    const shown = async (ids: string[]) => {
      const ads = await server.app.get(AdsService).byIds(account.accountId, ids);
      return (await server.app.get(BeliefsService).ofAds(stored, new Date(NOW), ads)).arms;
    };
    for (const ids of [['set-004'], ['set-001'], ['c0'], ['set-100', 'set-200', 'c0']]) {
      const arms = await shown(ids);
      expect(arms.map(({ ad }) => ad.adId).sort()).toEqual([...ids].sort());
      expect(arms).toEqual(arms.map(({ ad }) => whole.arms.find((arm) => arm.ad.adId === ad.adId)));
    }
    // The ad speaks for its set, the set of c0 for its campaign: their arms are these.
    expect((await shown(['below'])).map(({ ad }) => ad.adId)).toEqual(['set-001']);
    const page = await call<{ items: { ad_id: string; belief: { prior: object } | null }[] }>(
      account,
      'GET',
      `/v1/ads?limit=200&as_of=${NOW}`,
    );
    expect(page.body.items).toHaveLength(200);
    const later = '2026-11-20T08:05:00Z';
    const one = await call<{ belief: { prior: { as_of: string } } }>(
      account,
      'GET',
      `/v1/ads/set-004?as_of=${later}`,
    );
    expect(one.body.belief.prior.as_of).toBe('2026-11-20T08:00:00.000Z');
    const old = await call<typeof one.body>(
      account,
      'GET',
      '/v1/ads/set-004?as_of=2026-11-20T08:10:01Z',
    );
    expect(old.body.belief.prior.as_of).toBe('2026-11-20T08:10:01.000Z');
  });
});

describe('a decision that is to be applied', () => {
  const apply = (account: TestAccount, { decision_id }: Decision) =>
    call<{ code?: string }>(account, 'POST', `/v1/sampling/decisions/${decision_id}/apply`);
  const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();

  it('is refused once a newer one of its ads was applied, and again is no other request', async () => {
    const account = await shop([adInput('a'), adInput('b'), adInput('c', { campaign_id: 'c2' })]);
    const first = await allocate(account, { as_of: at(3), ad_ids: ['a', 'b'] });
    const aside = await allocate(account, { as_of: at(3), ad_ids: ['c'] });
    const second = await allocate(account, { as_of: at(2), ad_ids: ['b'] });
    expect((await apply(account, second.body)).status).toBe(200);
    const late = await apply(account, first.body);
    expect([late.status, late.body.code]).toEqual([409, 'sampling.decision_stale']);
    expect((await apply(account, aside.body)).status).toBe(200);
    const newest = await allocate(account, { as_of: at(1) });
    expect((await apply(account, newest.body)).status).toBe(200);
    expect((await apply(account, second.body)).status).toBe(200);
  });

  it('is refused when it is older than a day', async () => {
    const account = await shop([adInput('a'), adInput('b')]);
    const old = await allocate(account, { as_of: at(25) });
    const refused = await apply(account, old.body);
    expect([refused.status, refused.body.code]).toEqual([409, 'sampling.decision_stale']);
    expect((await apply(account, (await allocate(account, { as_of: at(23) })).body)).status).toBe(
      200,
    );
  });
});

describe('an evaluation', () => {
  interface Evaluation {
    code?: string;
    method: string;
    ips: null;
    snips: null;
    assumptions: string[];
    decisions: number;
    days: { day: string; recorded: number; candidate: number }[];
    difference: { estimate: number; lo: number | null; hi: number | null };
    verdict: string | null;
  }
  const span = { from: '2026-11-01T00:00:00Z', to: '2026-11-30T00:00:00Z' };
  const evaluate = (account: TestAccount, body: Record<string, unknown>) =>
    call<Evaluation>(account, 'POST', '/v1/sampling/evaluate', { ...span, ...body });

  it('of budgets puts both policies on the same inputs and draws, paired by day', async () => {
    const account = await shop([adInput('a'), adInput('b'), adInput('c')]);
    await measure(account, [
      totals('a', { conversions: 20, revenue: 2000 }),
      totals('b'),
      totals('c', { conversions: 0, revenue: 0 }),
    ]);
    for (let day = 10; day < 18; day += 1) {
      await allocate(account, { as_of: `2026-11-${day}T08:00:00Z`, total_budget: 150, seed: day });
    }
    const same = await evaluate(account, { policy: 'delay_corrected', over: 'budgets' });
    expect(same.body).toMatchObject({
      ...{ method: 'model_replay', ips: null, snips: null, decisions: 8, verdict: null },
      difference: { estimate: 0, lo: 0, hi: 0 },
    });
    expect(same.body.assumptions.length).toBeGreaterThan(0);
    const other = await evaluate(account, { policy: 'uniform', over: 'budgets' });
    expect(other.body.days.map(({ day }) => day)).toEqual(
      [10, 11, 12, 13, 14, 15, 16, 17].map((day) => `2026-11-${day}`),
    );
  });

  it('of content says that no choice was logged, instead of guessing', async () => {
    const account = await shop([adInput('a')]);
    const content = await evaluate(account, { policy: 'uniform' });
    expect([content.status, content.body]).toEqual([
      200,
      {
        ...{ over: 'content', policy: 'uniform', method: 'importance_weighting', choices: 0 },
        ...{ from: '2026-11-01T00:00:00.000Z', to: '2026-11-30T00:00:00.000Z' },
        ...{ ips: null, snips: null, dr: null, ess: 0, lift: null, verdict: null },
        reason: 'No choice of content was logged with its probability in that span.',
      },
    ]);
    const unknown = await evaluate(account, { policy: 'magic', over: 'content' });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'sampling.unknown_policy']);
  });

  it('of an empty or odd span is refused', async () => {
    const account = await shop([adInput('a')]);
    const none = await evaluate(account, { policy: 'uniform', over: 'budgets' });
    expect([none.status, none.body.code]).toEqual([422, 'sampling.no_decisions']);
    const unknown = await evaluate(account, { policy: 'magic', over: 'budgets' });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'sampling.unknown_policy']);
    const odd = await evaluate(account, { policy: 'uniform', over: 'budgets', to: span.from });
    expect(odd.status).toBe(400);
  });
});
