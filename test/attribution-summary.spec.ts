// "Why did 42 become 7?": every conversion that came is either among those that moved a belief or has a
// reason, and the numbers add up.
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
        { reason: 'expired: grew older than Meta takes while it was queued', count: 1 },
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
});
