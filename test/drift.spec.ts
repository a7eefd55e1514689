// An ad changes: the events that prove it say so, once, and its belief forgets what was.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { DriftByMinutes1795300000061 } from '../migrations/0061-drift-by-minutes.js';
import { SeededRandom } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let account: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  account = await createAccount(server, 'drifting');
  const ads = ['falls', 'stays', 'split', 'steady', 'waits'].map((id) =>
    adInput(id, { started_at: at(0) }),
  );
  await server.as(account.key, 'PUT', '/v1/ads', { ads });
});
afterAll(async () => {
  await server.close();
});

const BATCH = 200;
const BATCHES = 40;
const at = (minutes: number) =>
  new Date(Date.parse('2026-10-01T00:00:00Z') + minutes * 60_000).toISOString();
/** Batches lie an hour apart. */
const AS_OF = at(BATCHES * 60);

/** 8,000 impressions in batches; click rate 4 %, and 2 % in the second half of one that falls. */
function batches(adId: string, falls: boolean, seed: number) {
  const random = new SeededRandom(seed);
  return Array.from({ length: BATCHES }, (_, index) => {
    const clicks = random.binomial(BATCH, falls && index >= BATCHES / 2 ? 0.02 : 0.04);
    const event = { ad_id: adId, occurred_at: at(index * 60) };
    return [
      { ...event, event_id: `${adId}-i${index}`, type: 'impression', count: BATCH },
      ...(clicks === 0
        ? []
        : [{ ...event, event_id: `${adId}-k${index}`, type: 'click', count: clicks }]),
    ];
  });
}

interface Told {
  accepted: number;
  learned: { ads: number; drift: string[] };
}

async function tell(events: unknown[]): Promise<Told> {
  const body = { events, as_of: AS_OF };
  const reply = await server.as<Told>(account.key, 'POST', '/v1/events', body);
  expect(reply.status).toBe(202);
  return reply.body;
}

interface Model {
  drift: { detected_at: string; scope: string; before: number; after: number }[];
}

async function drifts(asOf = AS_OF): Promise<Model['drift']> {
  const path = `/v1/learning/model?as_of=${asOf}`;
  return (await server.as<Model>(account.key, 'GET', path)).body.drift;
}

async function believedRate(adId: string, asOf = AS_OF): Promise<number> {
  interface Ad {
    belief: { ctr: { mean: number } };
  }
  const path = `/v1/ads/${adId}?as_of=${asOf}`;
  return (await server.as<Ad>(account.key, 'GET', path)).body.belief.ctr.mean;
}

const stored = (): Promise<unknown> =>
  server.app.get(DataSource).query(
    `select scope, detected_at, changed_at, before, after, keep from drift_events
      order by account_id, scope, detected_at`,
  );

describe('an ad whose click rate halves', () => {
  const told = batches('falls', true, 7);

  it('is found within as many impressions as came before, and shown', async () => {
    const found: number[] = [];
    for (const [index, events] of told.entries()) {
      const { learned } = await tell(events);
      if (learned.drift.length > 0) found.push(index);
      expect(learned.drift).toEqual(found.includes(index) ? ['falls'] : []);
    }
    expect(found).toHaveLength(1);
    const [index] = found as [number];
    expect(index).toBeGreaterThanOrEqual(BATCHES / 2);
    const [drift, ...others] = await drifts();
    expect(others).toEqual([]);
    expect(drift).toMatchObject({
      ...{ scope: 'ad:falls:ctr', detected_at: at(index * 60) },
      ...{ before: expect.any(Number), after: expect.any(Number) },
    });
    expect(Math.abs((drift?.before ?? 0) - 0.04)).toBeLessThan(0.01);
    expect(Math.abs((drift?.after ?? 0) - 0.02)).toBeLessThan(0.01);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain('loopgain_drifts_found{rate="ctr"} 1');
    expect(figures).toContain('loopgain_drifts_found{rate="cvr"} 0');
    // Nobody knew before it was proven.
    expect(await drifts(at(index * 60 - 1))).toEqual([]);
  });

  it('is believed to have fallen sooner than without', async () => {
    const database = server.app.get(DataSource);
    const forgot = await believedRate('falls');
    const records: { keep: number }[] = await database.query('select keep from drift_events');
    expect(records[0]?.keep ?? 1).toBeLessThan(0.1);
    await database.query('update drift_events set keep = 1');
    const remembered = await believedRate('falls');
    await database.query('update drift_events set keep = $1', [records[0]?.keep]);
    expect(forgot).toBeLessThan(remembered - 0.002);
    expect(Math.abs(forgot - 0.02)).toBeLessThan(Math.abs(remembered - 0.02));
    expect(await believedRate('falls')).toBe(forgot);
  });

  it('raises nothing new when the same events come again', async () => {
    const before = await stored();
    for (const events of [told.flat()]) {
      expect(await tell(events)).toMatchObject({ accepted: 0, learned: { ads: 0, drift: [] } });
    }
    expect(await drifts()).toHaveLength(1);
    expect(await stored()).toEqual(before);
  });
});

describe('an ad whose click rate halves, all of it told of a few instants', () => {
  it.each([
    ['one instant', 60, 60],
    ['impressions, and clicks a second later', 60, 60 + 1 / 60],
    ['impressions, and clicks two hours later', 60, 180],
  ])('is not known to have changed, since its events have no order: %s', async (...given) => {
    const [, shownAt, clickedAt] = given;
    const { key } = await createAccount(server, `few-instants-${clickedAt * 60}`);
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('falls', { started_at: at(0) })] });
    for (const events of batches('falls', true, 7)) {
      const few = events.map((event) => ({
        ...event,
        occurred_at: at(event.type === 'click' ? clickedAt : shownAt),
      }));
      const body = { events: few, as_of: AS_OF };
      const { learned } = (await server.as<Told>(key, 'POST', '/v1/events', body)).body;
      expect(learned.drift).toEqual([]);
    }
  });
});

describe('an ad whose click rate halves within one six-hour cohort', () => {
  it('is believed to be nearer the new rate than the old one', async () => {
    const { key } = await createAccount(server, 'halves-soon');
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('soon', { started_at: at(0) })] });
    const random = new SeededRandom(3);
    const found: string[] = [];
    // Ten-minute steps from 00:30 to 05:30.
    for (let step = 0; step < 30; step += 1) {
      const event = { ad_id: 'soon', occurred_at: at(30 + step * 10) };
      const clicks = random.binomial(400, step < 15 ? 0.04 : 0.02);
      const events = [
        { ...event, event_id: `i${step}`, type: 'impression', count: 400 },
        { ...event, event_id: `k${step}`, type: 'click', count: clicks },
      ];
      const body = { events, as_of: at(360) };
      found.push(...(await server.as<Told>(key, 'POST', '/v1/events', body)).body.learned.drift);
    }
    expect(found).toEqual(['soon']);
    const reply = await server.as<{ belief: { ctr: { mean: number } } }>(
      ...([key, 'GET', `/v1/ads/soon?as_of=${at(360)}`] as const),
    );
    const { mean } = reply.body.belief.ctr;
    expect(Math.abs(mean - 0.02)).toBeLessThan(Math.abs(mean - 0.04) / 2);
  });
});

describe('a stream told in another order', () => {
  const told = batches('falls', true, 7).flat();
  const drifted = async (name: string, requests: unknown[][], asOf = AS_OF) => {
    const { key } = await createAccount(server, name);
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('falls', { started_at: at(0) })] });
    for (const events of requests) {
      const body = { events, as_of: asOf };
      expect((await server.as(key, 'POST', '/v1/events', body)).status).toBe(202);
    }
    const path = `/v1/learning/model?as_of=${asOf}`;
    return (await server.as<Model>(key, 'GET', path)).body.drift;
  };
  const inParts = <T>(items: T[], size: number) =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
      items.slice(part * size, (part + 1) * size),
    );

  it('ends in the same list of drifts, found on the way or only at the end', async () => {
    const expected = await drifted('in-order', inParts(told, 2));
    expect(expected).toHaveLength(1);
    const random = new SeededRandom(4);
    const shuffled = told
      .map((event) => ({ event, key: random.uniform() }))
      .sort((left, right) => left.key - right.key)
      .map(({ event }) => event);
    expect(await drifted('at-once', [told])).toEqual(expected);
    expect(await drifted('backwards', inParts([...told].reverse(), 3))).toEqual(expected);
    expect(await drifted('shuffled', inParts(shuffled, 7))).toEqual(expected);
  });

  it('withdraws a drift that clicks which come days later disprove', async () => {
    const steady = batches('falls', false, 2).flat();
    const isLate = ({ event_id }: { event_id: string }) => {
      const [, type, batch] = /-([ik])(\d+)$/.exec(event_id) ?? [];
      return type === 'k' && Number(batch) >= 12 && Number(batch) < 30;
    };
    const onTime = steady.filter((event) => !isLate(event));
    expect(await drifted('clicks-missing', [onTime])).not.toEqual([]);
    expect(await drifted('clicks-late', [onTime, steady.filter(isLate)])).toEqual([]);
  });
});

describe('an ad that stays as it is', () => {
  it('raises nothing', async () => {
    for (const [adId, seed] of [['stays', 2] as const, ['steady', 3] as const]) {
      const { learned } = await tell(batches(adId, false, seed).flat());
      expect(learned).toEqual({ ads: 1, drift: [] });
    }
  });

  it('raises nothing when its impressions are told hours before its clicks', async () => {
    const events = batches('split', false, 4).flat();
    for (let from = 0; from < BATCHES; from += 20) {
      const lies = (id: string) => Number(id.slice(7)) >= from && Number(id.slice(7)) < from + 20;
      for (const type of ['impression', 'click']) {
        const part = events.filter((one) => one.type === type && lies(one.event_id));
        expect((await tell(part)).learned.drift).toEqual([]);
      }
    }
    expect((await drifts()).map(({ scope }) => scope)).toEqual(['ad:falls:ctr']);
  });
});

describe('an ad that stays as it is and is told in random order', () => {
  it('has no drift once all is in, and is believed as if it had been told in order', async () => {
    const random = new SeededRandom(12);
    const told = Array.from({ length: 200 }, (_, block) => {
      const impressions = 100 + Math.floor(random.uniform() * 200);
      const event = { ad_id: 'a', occurred_at: at(Math.floor(random.uniform() * BATCHES * 60)) };
      const clicks = random.binomial(impressions, 0.04);
      return [
        { ...event, event_id: `i${block}`, type: 'impression', count: impressions },
        ...(clicks > 0 ? [{ ...event, event_id: `k${block}`, type: 'click', count: clicks }] : []),
      ];
    }).flat();
    const inOrder = [...told].sort((left, right) =>
      left.occurred_at < right.occurred_at ? -1 : 1,
    );
    const shuffled = told
      .map((event) => ({ event, key: random.uniform() }))
      .sort((left, right) => left.key - right.key)
      .map(({ event }) => event);
    const beliefs: unknown[] = [];
    for (const [index, events] of [inOrder, shuffled].entries()) {
      const { key } = await createAccount(server, `order-${index}`);
      await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('a', { started_at: at(0) })] });
      for (let from = 0; from < events.length; from += 23) {
        const body = { events: events.slice(from, from + 23), as_of: AS_OF };
        expect((await server.as(key, 'POST', '/v1/events', body)).status).toBe(202);
      }
      const path = `/v1/learning/model?as_of=${AS_OF}`;
      expect((await server.as<Model>(key, 'GET', path)).body.drift).toEqual([]);
      beliefs.push((await server.as(key, 'GET', `/v1/ads/a?as_of=${AS_OF}`)).body);
    }
    expect(beliefs[1]).toEqual(beliefs[0]);
  });
});

describe('an ad whose click rate halves in an account that reports', () => {
  const day = (days: number) => at(days * 1440);
  const counts = () => {
    const random = new SeededRandom(6);
    return Array.from({ length: 24 }, (_, index) => ({
      impressions: 4000,
      clicks: random.binomial(4000, index < 14 ? 0.04 : 0.02),
    }));
  };
  /** Lifetime totals at the end of each day. */
  const totals = () =>
    counts().reduce<{ impressions: number; clicks: number }[]>((sums, one) => {
      const last = sums.at(-1) ?? { impressions: 0, clicks: 0 };
      const impressions = last.impressions + one.impressions;
      return [...sums, { impressions, clicks: last.clicks + one.clicks }];
    }, []);

  it.each([
    [
      'days',
      {
        days: counts().map((one, index) => ({
          ...{ ad_id: 'reports', date: day(index).slice(0, 10), spend: 10, ...one },
        })),
      },
    ],
    [
      'snapshots',
      {
        snapshots: totals().map((one, index) => ({
          ...{ ad_id: 'reports', observed_at: day(index + 1), spend: 10 * (index + 1), ...one },
        })),
      },
    ],
  ])('by %s is found, shown and believed', async (name, body) => {
    const { key } = await createAccount(server, `reports-by-${name}`);
    await server.as(key, 'PUT', '/v1/ads', { ads: [adInput('reports', { started_at: at(0) })] });
    const sent = await server.as(key, 'POST', '/v1/metrics', { ...body, as_of: day(24) });
    expect(sent).toMatchObject({ status: 202, body: { rejected: [] } });
    const model = await server.as<Model>(key, 'GET', `/v1/learning/model?as_of=${day(24)}`);
    expect(model.body).toMatchObject({
      drift: [{ scope: 'ad:reports:ctr' }],
      drifts_found: { ctr: 1, cvr: 0 },
    });
    const path = `/v1/ads/reports?as_of=${day(24)}`;
    const ad = await server.as<{ belief: { ctr: { mean: number } } }>(key, 'GET', path);
    expect(Math.abs(ad.body.belief.ctr.mean - 0.02)).toBeLessThan(0.004);
    const before = await server.as<Model>(key, 'GET', `/v1/learning/model?as_of=${day(13)}`);
    expect(before.body.drift).toEqual([]);
  });
});

describe('an ad whose clicks sell half as often', () => {
  const DAYS = 45;
  const day = (days: number) => at(days * 24 * 60);
  let seller: TestAccount;

  async function look<T>(path: string, asOf: string): Promise<T> {
    const separator = path.includes('?') ? '&' : '?';
    const reply = await server.as(seller.key, 'GET', `${path}${separator}as_of=${asOf}`);
    expect(reply.status).toBe(200);
    return reply.body as T;
  }
  interface Ad {
    belief: {
      ctr: { mean: number };
      cvr: { mean: number };
      evidence: Record<
        'clicks' | 'conversions' | 'effective_clicks' | 'effective_conversions',
        number
      >;
    };
  }

  beforeAll(async () => {
    seller = await createAccount(server, 'selling');
    await tellSales(seller);
  });

  async function tellSales({ key }: TestAccount): Promise<void> {
    const ads = ['halves', 'keeps'].map((id) => adInput(id, { started_at: at(0) }));
    await server.as(key, 'PUT', '/v1/ads', { ads });
    const random = new SeededRandom(5);
    const events = ads.flatMap(({ ad_id }) =>
      Array.from({ length: DAYS * 4 }, (_, cohort) => {
        const start = cohort * 360 + 60;
        const sells = ad_id === 'halves' && cohort >= 20 * 4 ? 0.02 : 0.05;
        const sales = random.binomial(100, sells);
        return [
          { event_id: `i${cohort}`, type: 'impression', count: 5000, occurred_at: at(start) },
          { event_id: `k${cohort}`, type: 'click', count: 100, occurred_at: at(start) },
          ...Array.from({ length: sales }, (__, sale) => ({
            ...{ event_id: `v${cohort}-${sale}`, type: 'conversion', value: 30 },
            ...{ clicked_at: at(start), occurred_at: at(start + random.uniform() * 3 * 1440) },
          })),
        ].map((event) => ({ ...event, ad_id, event_id: `${ad_id}-${event.event_id}` }));
      }).flat(),
    );
    const body = (part: unknown[]) => ({ events: part, as_of: day(DAYS + 4) });
    for (let from = 0; from < events.length; from += 1000) {
      const part = body(events.slice(from, from + 1000));
      expect((await server.as(key, 'POST', '/v1/events', part)).status).toBe(202);
    }
  }

  it('is found when something is decided, stored from then on, shown and counted', async () => {
    let found: { on: number; drift: Model['drift'] } | null = null;
    for (let on = 6; on <= DAYS && !found; on += 1) {
      // Who only looks keeps nothing: decisions do.
      await server.as(seller.key, 'POST', '/v1/sampling/allocate', {
        total_budget: 100,
        as_of: day(on),
      });
      const { drift } = await look<Model>('/v1/learning/model', day(on));
      if (drift.length > 0) found = { on, drift };
    }
    expect(found?.on ?? 0).toBeGreaterThan(20);
    expect(found?.drift).toEqual([
      {
        ...{ scope: 'ad:halves:cvr', detected_at: day(found?.on ?? 0) },
        ...{ before: expect.any(Number), after: expect.any(Number) },
      },
    ]);
    const [drift] = found?.drift ?? [];
    expect(Math.abs((drift?.before ?? 0) - 0.05)).toBeLessThan(0.012);
    expect(Math.abs((drift?.after ?? 0) - 0.02)).toBeLessThan(0.012);
    const now = day(found?.on ?? 0);
    const again = await look<Model & { drifts_found: object }>('/v1/learning/model', now);
    expect([again.drift, again.drifts_found]).toEqual([found?.drift, { ctr: 0, cvr: 1 }]);
    expect((await look<Model>('/v1/learning/model', day((found?.on ?? 0) - 1))).drift).toEqual([]);
    const figures = await server.admin('GET', '/metrics');
    expect(figures.body['text']).toMatch(/loopgain_drifts_found\{rate="cvr"\} 1\n/);
  });

  it('is believed to sell less, no less clicked, and the other ad as before', async () => {
    const [halves, keeps] = await Promise.all(
      ['halves', 'keeps'].map((id) => look<Ad>(`/v1/ads/${id}`, day(DAYS))),
    );
    // Remembered like the other ad's, its 400 and 200 sales would make .028.
    expect(Math.abs((halves?.belief.cvr.mean ?? 0) - 0.02)).toBeLessThan(0.006);
    expect(Math.abs((keeps?.belief.cvr.mean ?? 0) - 0.05)).toBeLessThan(0.006);
    expect(halves?.belief.ctr).toEqual(keeps?.belief.ctr);
    const { conversions, effective_conversions: counted } = halves?.belief.evidence ?? {};
    expect(conversions).toBeGreaterThan(500);
    expect(counted).toBeLessThan(200);
  });

  it('is believed the same whether anybody looked before or not', async () => {
    const unseen = await createAccount(server, 'never-looked-at');
    await tellSales(unseen);
    for (const on of [28, DAYS, 30, 24]) {
      const [seen, first] = await Promise.all(
        [seller, unseen].map(async ({ key }) => {
          const reply = await server.as<Ad>(key, 'GET', `/v1/ads/halves?as_of=${day(on)}`);
          return reply.body.belief;
        }),
      );
      expect(first).toEqual(seen);
    }
  });
});

describe('what was proven', () => {
  it('survives the way back to the version before, and forth', async () => {
    const before = await stored();
    const runner = server.app.get(DataSource).createQueryRunner();
    const migration = new DriftByMinutes1795300000061();
    await migration.down(runner);
    await migration.up(runner);
    await runner.release();
    expect(await stored()).toEqual(before);
    // And the minutes come back from the events.
    const { key } = account;
    const event = { event_id: 'after', ad_id: 'falls', type: 'click', occurred_at: AS_OF };
    const body = { events: [event], as_of: AS_OF };
    const reply = await server.as<Told>(key, 'POST', '/v1/events', body);
    expect(reply.body.learned).toEqual({ ads: 1, drift: [] });
    expect(await stored()).toEqual(before);
  });
});
