// What accounts teach each other of delays and of clicks that do not sell reaches a new account's
// beliefs, and the allocation that rests on them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../src/shared/index.js';
import { createAccount, adInput, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

interface Model {
  delay: { lag_hours: number; cdf: number }[];
  delay_prior: { source: string; accounts: number; median_hours: number; note: string };
  coupling: {
    beta: number;
    applied: number;
    prior: { beta: number; source: string; accounts: number; note: string };
  };
}
interface Decision {
  inputs: {
    allocation: { ads: { adId: string; posterior: { cvr: { shape: number; rate: number } } }[] };
  };
}

const HOUR = 3_600_000;
const NOW = Date.now();
const hoursAgo = (hours: number) => new Date(NOW - hours * HOUR).toISOString();
const MEDIAN_HOURS = 110;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Ten ads; those clicked most sell worst, and everybody takes days to decide. */
async function teach(accountId: string, windowDays: number): Promise<void> {
  const { key } = await createAccount(server, accountId, {
    ...{ niche: 'Kitchens', share_patterns: true, attribution_window_days: windowDays },
  });
  const random = new SeededRandom(windowDays);
  const ids = Array.from({ length: 10 }, (_, index) => `${accountId}-${index}`);
  await server.as(key, 'PUT', '/v1/ads', { ads: ids.map((id) => adInput(id)) });
  const events = ids.flatMap((ad_id, index) => {
    const deviation = 0.6 + index * 0.1;
    const clicked = hoursAgo(40 * 24);
    const sales = Array.from({ length: Math.round(16 * deviation ** -0.2) }, (_, sale) => {
      let delay = Infinity;
      while (delay > windowDays * 24) delay = MEDIAN_HOURS * Math.exp(random.normal(0, 1));
      const occurred_at = hoursAgo(40 * 24 - delay);
      const event_id = `${ad_id}-${sale}`;
      return { event_id, ad_id, type: 'conversion', occurred_at, clicked_at: clicked, value: 90 };
    });
    const shown = { ad_id, occurred_at: clicked };
    return [
      { ...shown, event_id: `${ad_id}-i`, type: 'impression', count: 50_000 },
      { ...shown, event_id: `${ad_id}-k`, type: 'click', count: Math.round(500 * deviation) },
      ...sales,
    ];
  });
  const reply = await server.as(key, 'POST', '/v1/events', { events });
  expect(reply.body).toMatchObject({ accepted: events.length, rejected: [] });
}

/** One ad clicked often and one clicked seldom, without a sale so far; young clicks. */
async function newcomer(accountId: string, sharing: boolean): Promise<TestAccount> {
  const account = await createAccount(server, accountId, {
    ...{ niche: 'kitchens', share_patterns: sharing },
  });
  const ads = ['often', 'seldom'].map((id) => adInput(id, { started_at: hoursAgo(60) }));
  await server.as(account.key, 'PUT', '/v1/ads', { ads });
  const told = (ad_id: string, type: string, count: number) => ({
    ...{ event_id: `${ad_id}-${type}`, ad_id, type, count, occurred_at: hoursAgo(48) },
  });
  const events = [
    ...[told('often', 'impression', 20_000), told('often', 'click', 400)],
    ...[told('seldom', 'impression', 20_000), told('seldom', 'click', 100)],
    { ...told('often', 'conversion', 1), event_id: 'sold', clicked_at: hoursAgo(48), value: 90 },
  ];
  expect((await server.as(account.key, 'POST', '/v1/events', { events })).status).toBe(202);
  return account;
}

async function modelOf({ key }: TestAccount): Promise<Model> {
  return (await server.as<Model & Record<string, unknown>>(key, 'GET', '/v1/learning/model')).body;
}

async function decidedOn({
  key,
}: TestAccount): Promise<Map<string, { mean: number; rate: number }>> {
  const body = { total_budget: 100, seed: 3 };
  const made = await server.as<{ decision_id: string }>(
    ...([key, 'POST', '/v1/sampling/allocate', body] as const),
  );
  expect(made.status).toBe(200);
  const path = `/v1/sampling/decisions/${made.body.decision_id}`;
  const { inputs } = (await server.as<Decision & Record<string, unknown>>(key, 'GET', path)).body;
  return new Map(
    inputs.allocation.ads.map(({ adId, posterior: { cvr } }) => [
      adId,
      { mean: cvr.shape / cvr.rate, rate: cvr.rate },
    ]),
  );
}

async function learn(): Promise<void> {
  const { body } = await server.admin('POST', '/admin/jobs/crossLearner/run?wait=true');
  expect(body).toMatchObject({ status: 'succeeded' });
}

describe('delays and coupling that accounts share', () => {
  it('are the documented defaults below five accounts, and named so', async () => {
    for (const [index, windowDays] of [7, 28, 7, 28].entries()) {
      await teach(`kitchen-${index}`, windowDays);
    }
    await learn();
    const { delay_prior: delay, coupling } = await modelOf(await newcomer('early', true));
    expect(delay).toMatchObject({ source: 'global', accounts: 0, sigma: 1 });
    expect(delay.median_hours).toBeCloseTo(36.4, 1);
    expect(coupling).toMatchObject({ beta: 0, prior: { beta: 0, source: 'global', accounts: 0 } });
    expect([delay.note, coupling.prior.note].every((note) => note.includes('defaults'))).toBe(true);
  });

  it('reach the beliefs of a newcomer of the niche, and the allocation that rests on them', async () => {
    await teach('kitchen-4', 14);
    await learn();
    const [sharing, alone] = [await newcomer('sharing', true), await newcomer('alone', false)];
    const taught = await modelOf(sharing);
    expect(taught.delay_prior).toMatchObject({ source: 'niche', accounts: 5 });
    // Truth is 110 hours; five secret factors and the rounding leave it within a factor of two.
    expect(Math.abs(Math.log(taught.delay_prior.median_hours / MEDIAN_HOURS))).toBeLessThan(0.7);
    expect(taught.coupling.prior).toMatchObject({ source: 'niche', accounts: 5 });
    expect(taught.coupling.prior.beta).toBeLessThan(-0.25);
    expect(taught.coupling.applied).toBe(taught.coupling.prior.beta);

    const untaught = await modelOf(alone);
    expect(untaught.delay_prior).toMatchObject({ source: 'global', accounts: 0 });
    expect(untaught.delay_prior.note).toContain('does not share');
    const arrived = ({ delay }: Model) => delay.find(({ lag_hours }) => lag_hours === 48)?.cdf ?? 1;
    expect(arrived(taught)).toBeLessThan(arrived(untaught) - 0.1);

    const [believed, otherwise] = [await decidedOn(sharing), await decidedOn(alone)];
    const ratio = (of: typeof believed) =>
      (of.get('often')?.mean ?? NaN) / (of.get('seldom')?.mean ?? NaN);
    expect(ratio(believed)).toBeLessThan(ratio(otherwise));
    // Fewer of the young clicks count as matured: the belief is less sure that nothing sells.
    expect(believed.get('often')?.rate).not.toBe(otherwise.get('often')?.rate);
  });

  it('are shown among the patterns, too', async () => {
    const account = await newcomer('reader', true);
    const { body } = await server.as(account.key, 'GET', '/v1/learning/patterns');
    expect(body).toMatchObject({
      prior: {
        delay: { source: 'niche', accounts: 5 },
        coupling: { source: 'niche', accounts: 5 },
      },
    });
  });
});
