// "Why did 42 become 7?": every conversion that came is either among those that moved a belief or
// has a reason, and the numbers add up.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput } from './harness/accounts.js';
import { PIXEL, nowSeconds, purchase, startCapi, type CapiSetup } from './harness/capi.js';

let setup: CapiSetup;
beforeAll(async () => {
  setup = await startCapi();
});
afterAll(() => setup.close());

const as = (method: string, path: string, body?: unknown) =>
  setup.server.as(setup.account.key, method, path, body);
const post = (...data: unknown[]) => as('POST', '/v1/conversions', { data });
const many = (count: number, prefix: string, extra: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, index) => purchase(`${prefix}-${index}`, extra));

describe('the summary', () => {
  it('says why 42 became 7', async () => {
    await as('PUT', '/v1/ads', { ads: [adInput('set-1'), adInput('set-2')] });
    const landed = new Date(Date.now() - 3_600_000).toISOString();
    await as('POST', '/v1/clicks', {
      clicks: [{ click_id: 'c1', ad_id: 'set-2', landed_at: landed }],
    });
    // 7 that count, 5 by their ad and 2 by their click.
    const good = [
      ...many(5, 'ad', { ad_id: 'set-1' }),
      ...many(2, 'click', { click_id: 'c1', custom_data: { value: 20, currency: 'USD' } }),
    ];
    // 35 that do not.
    const old = many(4, 'old', { event_time: nowSeconds() - 8 * 86_400 });
    const broad = many(3, 'broad', { user_data: { ct: 'Berlin', country: 'de' } });
    const bad = [{ nonsense: 1 }];
    const silent = many(2, 'silent', { consent: false });
    const stray = many(6, 'stray');
    const views = many(5, 'view').map((one) => ({ ...one, event_name: 'ViewContent' }));
    setup.capi.poison.set('poison-0', 'This one is wrong.');
    const poison = many(1, 'poison');
    await post(...good, ...old, ...broad, ...bad, ...silent, ...stray, ...views, ...poison);
    await post(...good, ...many(6, 'stray').slice(0, 5));
    // One that grew old while it was queued.
    await post(purchase('queued'));
    await setup.server.app
      .get(DataSource)
      .query(`update conversions set expires_at = now() where event_id = 'queued'`);
    await setup.runCapi();
    await as('POST', '/v1/conversions/adjustments', {
      adjustments: [
        {
          adjustment_id: 'r1',
          event_id: 'ad-0',
          kind: 'refund',
          occurred_at: new Date().toISOString(),
        },
      ],
    });

    const { body } = await as('GET', '/v1/attribution/summary');
    expect(body).toMatchObject({
      received: 42,
      duplicates: 12,
      rejected: {
        'conversions.too_old': 4,
        'conversions.invalid_key_combination': 3,
        'conversions.invalid': 1,
      },
      valid: 22,
      delivered: 18,
      queued: 0,
      retrying: 0,
      dead: 1,
      expired: 1,
      suppressed: 2,
      attributed: { ad_id: 5, click_id: 2, none: 10 },
      conversions: 7,
      value: 80,
      by_ad: [
        { ad_id: 'set-1', conversions: 5, value: 40 },
        { ad_id: 'set-2', conversions: 2, value: 40 },
      ],
      conversion_source: 'first_party',
    });
    expect(body['reasons']).toEqual(
      expect.arrayContaining([
        { reason: 'dead: This one is wrong.', count: 1 },
        { reason: 'suppressed: consent is false: never sent', count: 2 },
        { reason: 'expired: became too old for Meta while it was queued', count: 1 },
      ]),
    );
    expect(setup.capi.effective.length).toBe(18);
  });

  it('counts what Meta’s endpoint refused, and nothing outside of its time', async () => {
    const key = setup.account.key;
    const before = (await as('GET', '/v1/attribution/summary')).body['received'] as number;
    const response = await fetch(`${setup.server.url}/v25.0/${PIXEL}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        access_token: key,
        data: [...many(3, 'meta'), purchase('bad', { event_time: 'yesterday' })],
      }),
    });
    expect(response.status).toBe(400);
    const { body } = await as('GET', '/v1/attribution/summary');
    expect(body['received']).toBe(before + 4);
    expect(body['rejected']).toMatchObject({ 'conversions.refused_with_others': 3 });
    const past = await as(
      'GET',
      '/v1/attribution/summary?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z',
    );
    expect(past.body).toMatchObject({ received: 0, valid: 0, conversions: 0, by_ad: [] });
  });

  it('compares both sources at every ad that either tells of', async () => {
    const ads = [adInput('both'), adInput('theirs'), adInput('ours')];
    await as('PUT', '/v1/ads', { ads });
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const totals = { observed_at: ago(1), impressions: 1000, clicks: 50, spend: 10 };
    await as('POST', '/v1/metrics', {
      snapshots: [
        { ...totals, ad_id: 'both', conversions: 8, revenue: 80 },
        { ...totals, ad_id: 'theirs', conversions: 4, revenue: 40 },
      ],
    });
    await as('POST', '/v1/conversions', {
      data: [
        ...many(3, 'sent-both', { ad_id: 'both' }),
        ...many(2, 'sent-ours', { ad_id: 'ours' }),
      ],
    });
    const sale = { ad_id: 'both', type: 'conversion', occurred_at: ago(2) };
    await as('POST', '/v1/events', {
      events: [
        { ...sale, event_id: 'told', count: 3 },
        // Sent as a conversion before: counted once.
        { ...sale, event_id: 'sent-both-0' },
      ],
    });
    const { body } = await as('GET', '/v1/attribution/summary');
    const shown = (body['by_ad'] as Record<string, unknown>[]).filter(({ ad_id }) =>
      ['both', 'theirs', 'ours'].includes(String(ad_id)),
    );
    const nothing = { conversions: 0, leads: 0, value: 0, pipeline_value: 0 };
    expect(shown).toEqual([
      {
        ...{ ...nothing, ad_id: 'both', conversions: 3, value: expect.any(Number) },
        ...{ first_party_conversions: 6, platform_conversions: 8, ratio: 0.75 },
      },
      {
        ...{ ...nothing, ad_id: 'ours', conversions: 2, value: expect.any(Number) },
        ...{ first_party_conversions: 2, platform_conversions: null, ratio: null },
      },
      {
        ...{ ...nothing, ad_id: 'theirs' },
        ...{ first_party_conversions: 0, platform_conversions: 4, ratio: 0 },
      },
    ]);
  });

  it('names the ads of most value where there are many, and how many there are', async () => {
    const ads = Array.from({ length: 320 }, (_, index) => adInput(`many-${index}`));
    await as('PUT', '/v1/ads', { ads });
    const observed_at = new Date(Date.now() - 3_600_000).toISOString();
    const totals = { observed_at, impressions: 1000, clicks: 50, spend: 10, revenue: 40 };
    const snapshots = ads.map(({ ad_id }, index) => ({
      ...totals,
      ad_id,
      conversions: 5 + (index % 9),
    }));
    await as('POST', '/v1/metrics', { snapshots });
    const { body } = await as('GET', '/v1/attribution/summary');
    const shown = body['by_ad'] as { ad_id: string; value: number; platform_conversions: number }[];
    expect(shown.length).toBe(300);
    expect(body).toMatchObject({ by_ad_truncated: true });
    expect(body['by_ad_total']).toBeGreaterThanOrEqual(320);
    const ids = shown.map(({ ad_id }) => ad_id);
    expect(ids).toEqual(expect.arrayContaining(['set-1', 'set-2', 'many-8']));
    expect(ids).toEqual([...ids].sort());
    expect(JSON.stringify(body).length).toBeLessThan(100_000);
  });
});
