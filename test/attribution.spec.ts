import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput } from './harness/accounts.js';
import { nowSeconds, purchase, startCapi, type CapiSetup } from './harness/capi.js';

let setup: CapiSetup;
let database: DataSource;

const as = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  setup.server.as<T>(setup.account.key, method, path, body);
const post = async (...data: unknown[]) => {
  const { body } = await as('POST', '/v1/conversions', { data });
  expect(body).toMatchObject({ rejected: [] });
};
const attributed = async (eventId: string) =>
  (await as('GET', `/v1/conversions/${eventId}`)).body['attributed'];
const click = (clickId: string, adId: string, extra: object = {}) =>
  as('POST', '/v1/clicks', {
    clicks: [
      {
        click_id: clickId,
        ad_id: adId,
        landed_at: new Date(Date.now() - 3_600_000).toISOString(),
        ...extra,
      },
    ],
  });
/** What the ledger sums up to: what the beliefs hear. */
const net = async (eventId: string) => {
  const rows: unknown[] = await database.query(
    `select sum(count)::int as count, sum(value_minor)::int as value,
            sum(pipeline_value_minor)::int as pipeline
       from conversion_credits
      where conversion_id in (select id from conversions where event_id = $1)`,
    [eventId],
  );
  return rows[0];
};

beforeAll(async () => {
  setup = await startCapi();
  setup.capi.isStrict = false;
  database = setup.server.app.get(DataSource);
  const { status } = await as('PUT', '/v1/ads', {
    ads: [
      adInput('set-1'),
      adInput('set-2'),
      adInput('ad-1', { entity_type: 'ad', parent_id: 'set-1', daily_budget: null }),
    ],
  });
  expect(status).toBe(202);
});
afterAll(() => setup.close());

describe('matching', () => {
  it('takes 200 clicks at once, each with a conversion that waits for it', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
    await post(...names.map((name) => purchase(name, { click_id: name })));
    const answers = await Promise.all(names.map((name) => click(name, 'ad-1')));
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([202]);
    expect(await attributed('crowd-199')).toMatchObject({ ad_id: 'set-1', method: 'click_id' });
  });

  it('refuses clicks that are older than the account keeps them, or lie in the future', async () => {
    const landed = (days: number) => ({
      landed_at: new Date(Date.now() - days * 86_400_000).toISOString(),
    });
    const codes = await Promise.all(
      [399, 401, -1].map(async (days) => {
        const { body } = await click(`aged-${days}`, 'ad-1', landed(days));
        return (body['rejected'] as { code: string; pointer: string }[]).map((one) => [
          one.code,
          one.pointer,
        ]);
      }),
    );
    expect(codes).toEqual([
      [],
      [['clicks.too_old', '/clicks/0/landed_at']],
      [['clicks.in_the_future', '/clicks/0/landed_at']],
    ]);
    const ancient = await click('ancient', 'ad-1', { landed_at: '0001-01-01T00:00:00Z' });
    expect(ancient).toMatchObject({ status: 202, body: { rejected: [{ index: 0 }] } });
  });

  it('goes by ad, click, fbclid, person, UTM, and credits the owner of the budget', async () => {
    expect((await click('c1', 'ad-1', { fbclid: 'Iw1' })).body).toMatchObject({ accepted: 1 });
    await post(
      purchase('by-ad', { ad_id: 'ad-1', click_id: 'c1' }),
      purchase('by-click', {
        click_id: 'c1',
        user_data: { external_id: 'person-1', em: 'a@b.de' },
      }),
      purchase('by-fbclid', { event_source_url: 'https://shop.example/?fbclid=Iw1' }),
      purchase('by-utm', { event_source_url: 'https://shop.example/?utm_content=ad-1' }),
      purchase('by-nobody', { event_source_url: 'https://shop.example/?utm_content=other' }),
    );
    await post(purchase('by-person', { user_data: { external_id: 'person-1' } }));
    const answers = await Promise.all(
      ['by-ad', 'by-click', 'by-fbclid', 'by-utm', 'by-person'].map(attributed),
    );
    expect(answers).toEqual([
      { ad_id: 'set-1', method: 'ad_id', confidence: 1 },
      { ad_id: 'set-1', method: 'click_id', confidence: 0.95 },
      { ad_id: 'set-1', method: 'fbclid', confidence: 0.9 },
      { ad_id: 'set-1', method: 'utm', confidence: 0.5 },
      { ad_id: 'set-1', method: 'external_id', confidence: 0.7 },
    ]);
    expect(await attributed('by-nobody')).toBeNull();
  });

  it('builds the fbc of the click, with the click’s time', async () => {
    const rows: { fbc: string; landed: string }[] = await database.query(
      `select c.payload->'user_data'->>'fbc' as fbc,
              (extract(epoch from k.landed_at) * 1000)::bigint::text as landed
         from conversions c, clicks k where c.event_id = 'by-click' and k.click_id = 'c1'`,
    );
    expect(rows[0]?.fbc).toBe(`fb.1.${rows[0]?.landed}.Iw1`);
  });

  it('looks again when the click comes late, and outside the window it does not', async () => {
    await post(purchase('late', { click_id: 'c-late' }), purchase('out', { click_id: 'c-out' }));
    expect(await attributed('late')).toBeNull();
    await click('c-late', 'set-2');
    expect(await attributed('late')).toMatchObject({ ad_id: 'set-2', method: 'click_id' });
    expect(await net('late')).toEqual({ count: 1, value: 1000, pipeline: null });
    await click('c-out', 'set-2', { landed_at: new Date(Date.now() - 8 * 864e5).toISOString() });
    expect(await attributed('out')).toBeNull();
  });

  it('looks again when the ad is registered late, by its id and by the URL', async () => {
    await post(
      purchase('before-ad', { ad_id: 'set-late' }),
      purchase('before-utm', { event_source_url: 'https://shop.example/?utm_content=ad-late' }),
      purchase('before-other', { ad_id: 'set-never' }),
    );
    const before = Date.now();
    await as('PUT', '/v1/ads', {
      ads: [
        adInput('set-late'),
        adInput('ad-late', { entity_type: 'ad', parent_id: 'set-late', daily_budget: null }),
      ],
    });
    expect(await setup.runCapi()).toMatchObject({ matched_late: 2 });
    expect(await attributed('before-ad')).toMatchObject({ ad_id: 'set-late', method: 'ad_id' });
    expect(await attributed('before-utm')).toMatchObject({ ad_id: 'set-late', method: 'utm' });
    expect(await attributed('before-other')).toBeNull();
    expect(await net('before-ad')).toEqual({ count: 1, value: 1000, pipeline: null });
    // Registered again it changes nothing more.
    await as('PUT', '/v1/ads', { ads: [adInput('set-late', { name: `at ${before}` })] });
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
  });

  it('finds what missed its click or ad by a moment', async () => {
    await post(purchase('missed', { ad_id: 'set-missed', click_id: 'c-missed' }));
    await as('PUT', '/v1/ads', { ads: [adInput('set-missed')] });
    await database.query(`delete from ad_arrivals`);
    expect(await setup.runCapi()).toMatchObject({ matched_late: 1 });
    expect(await attributed('missed')).toMatchObject({ ad_id: 'set-missed' });
  });

  it('keeps a click once, refuses another under its id and an unknown ad', async () => {
    const landed = new Date(Date.now() - 1000).toISOString();
    expect((await click('twice', 'set-1', { landed_at: landed })).body).toMatchObject({
      accepted: 1,
    });
    expect((await click('twice', 'set-1', { landed_at: landed })).body).toMatchObject({
      duplicates: 1,
    });
    expect((await click('twice', 'set-2', { landed_at: landed })).body).toMatchObject({
      rejected: [{ code: 'clicks.conflict' }],
    });
    expect((await click('lost', 'set-9')).body).toMatchObject({
      rejected: [{ code: 'clicks.unknown_ad' }],
    });
  });

  it('reads back the parameters that it gives out', async () => {
    const { body } = await as('GET', '/v1/attribution/url-parameters');
    const query = String(body['url_parameters'])
      .replace('{{ad.id}}', 'ad-1')
      .replace('{{adset.id}}', 'set-1')
      .replace('{{campaign.id}}', 'campaign-1');
    await post(purchase('round', { event_source_url: `https://shop.example/x?${query}` }));
    expect(await attributed('round')).toMatchObject({ ad_id: 'set-1', method: 'utm' });
  });
});

describe('a server on its own clock', () => {
  it('matches late ads by itself', async () => {
    const other = await startCapi({ CRON_ENABLED: 'true' });
    const call = (method: string, path: string, body?: unknown) =>
      other.server.as(other.account.key, method, path, body);
    await call('POST', '/v1/conversions', { data: [purchase('own', { ad_id: 'set-own' })] });
    await call('PUT', '/v1/ads', { ads: [adInput('set-own')] });
    for (;;) {
      const { body } = await call('GET', '/v1/conversions/own');
      if (body['attributed'] !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await other.close();
  });
});

describe('adjustments', () => {
  const base = Date.now() - 60_000;
  const at = (seconds: number) => new Date(base + seconds * 1000).toISOString();
  const adjust = (...adjustments: object[]) =>
    as('POST', '/v1/conversions/adjustments', { adjustments });
  const order = (id: string) =>
    purchase(id, {
      ad_id: 'set-1',
      custom_data: { value: 50, currency: 'USD', order_id: `o-${id}` },
    });

  it('end in the net conversion, whatever their order and repetition', async () => {
    const news = (id: string) => [
      {
        adjustment_id: `${id}-1`,
        order_id: `o-${id}`,
        kind: 'refund',
        value_delta: -20,
        occurred_at: at(1),
      },
      { adjustment_id: `${id}-2`, event_id: id, kind: 'value', value_delta: 5, occurred_at: at(2) },
    ];
    await post(order('n1'));
    expect((await adjust(...news('n1'))).body).toMatchObject({ accepted: 2 });
    expect((await adjust(...news('n1'))).body).toMatchObject({ accepted: 0, duplicates: 2 });
    await adjust(...news('n2').reverse());
    await post(order('n2'));
    expect(await net('n1')).toEqual({ count: 1, value: 3500, pipeline: null });
    expect(await net('n2')).toEqual(await net('n1'));
  });

  it('cancel conversion and value, and never fall below 0', async () => {
    await post(order('gone'), order('floor'));
    await adjust(
      { adjustment_id: 'g1', event_id: 'gone', kind: 'cancel', occurred_at: at(1) },
      {
        adjustment_id: 'f1',
        event_id: 'floor',
        kind: 'refund',
        value_delta: 500,
        occurred_at: at(1),
      },
    );
    expect(await net('gone')).toEqual({ count: 0, value: 0, pipeline: null });
    expect(await net('floor')).toEqual({ count: 1, value: 0, pipeline: null });
  });

  it('replace the stage of a lead by the later one', async () => {
    const { body } = await as('PUT', '/v1/attribution/stages', {
      stages: [
        { stage: 'lead', value: 2000, probability: 0.05 },
        { stage: 'appointment', value: 2000, probability: 0.2 },
      ],
    });
    expect(body['stages']).toHaveLength(2);
    await post({
      event_name: 'Lead',
      event_time: nowSeconds() - 90,
      event_id: 'lead-1',
      action_source: 'system_generated',
      user_data: { lead_id: 4711, em: 'l@example.com' },
      stage: 'lead',
      ad_id: 'set-1',
    });
    expect(await net('lead-1')).toEqual({ count: 1, value: null, pipeline: 10_000 });
    await adjust({
      adjustment_id: 's1',
      lead_id: '4711',
      kind: 'stage',
      stage: 'appointment',
      occurred_at: at(1),
    });
    expect(await net('lead-1')).toEqual({ count: 1, value: null, pipeline: 40_000 });
  });

  it('prices leads that were credited before anew, as often as a stage is priced', async () => {
    const put = (probability: number) =>
      as('PUT', '/v1/attribution/stages', {
        stages: [
          { stage: 'lead', value: 2000, probability },
          { stage: 'appointment', value: 2000, probability: 0.3 },
        ],
      });
    await post({
      event_name: 'Lead',
      event_time: nowSeconds() - 90,
      event_id: 'lead-2',
      action_source: 'system_generated',
      user_data: { lead_id: 4712, em: 'l2@example.com' },
      stage: 'lead',
      ad_id: 'set-1',
    });
    expect((await put(0.1)).body).toMatchObject({ settled: 2 });
    expect(await net('lead-1')).toEqual({ count: 1, value: null, pipeline: 60_000 });
    expect(await net('lead-2')).toEqual({ count: 1, value: null, pipeline: 20_000 });
    expect((await put(0.1)).body).toMatchObject({ settled: 0 });
    expect((await put(0.2)).body).toMatchObject({ settled: 1 });
    expect(await net('lead-2')).toEqual({ count: 1, value: null, pipeline: 40_000 });
  });

  it('let any number of requests adjust at a time, without holding up other accounts', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        adjust({
          adjustment_id: `many-${index}`,
          event_id: 'floor',
          kind: 'value',
          value_delta: 1,
          occurred_at: at(1),
        }),
      ),
    );
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([202]);
  });

  it('let any number of requests put stages at a time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        as('PUT', '/v1/attribution/stages', {
          stages: [{ stage: 'lead', value: index, probability: 0.5 }],
        }),
      ),
    );
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
  });

  it('are refused by index when they say too little, or other things under a known id', async () => {
    const { body } = await adjust(
      { adjustment_id: 'x1', kind: 'cancel', occurred_at: at(1) },
      { adjustment_id: 'g1', event_id: 'gone', kind: 'refund', occurred_at: at(1) },
      { adjustment_id: 'x2', event_id: 'gone', kind: 'value', occurred_at: at(1) },
      {
        adjustment_id: 'x3',
        event_id: 'gone',
        kind: 'cancel',
        occurred_at: '2020-01-01T00:00:00Z',
      },
      {
        adjustment_id: 'x4',
        event_id: 'gone',
        kind: 'cancel',
        occurred_at: '0000-01-01T00:00:00Z',
      },
    );
    expect(body['rejected']).toMatchObject([
      { index: 0, code: 'adjustments.invalid' },
      { index: 1, code: 'adjustments.conflict' },
      { index: 2, code: 'adjustments.invalid' },
      { index: 3, code: 'adjustments.too_old' },
      { index: 4, code: 'adjustments.invalid' },
    ]);
  });
});

describe('the summary', () => {
  it('says what became of what came', async () => {
    await as('POST', '/v1/conversions', { data: [{ nonsense: 1 }, purchase('by-ad')] });
    await setup.runCapi();
    const { status, body } = await as('GET', '/v1/attribution/summary');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      duplicates: 1,
      rejected: { 'conversions.invalid': 1 },
      dead: 0,
      queued: 0,
      conversion_source: 'first_party',
    });
    expect(body['delivered']).toBe(body['valid']);
    const methods = body['attributed'] as Record<string, number>;
    expect(methods['none']).toBe(3);
    const ads = body['by_ad'] as { ad_id: string; conversions: number }[];
    expect(ads.map(({ ad_id }) => ad_id)).toEqual(['set-1', 'set-2', 'set-late', 'set-missed']);
  });
});
