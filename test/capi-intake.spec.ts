import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { createAccount } from './harness/accounts.js';
import {
  PIXEL,
  nowSeconds,
  purchase,
  startCapi,
  storePixel,
  type CapiSetup,
} from './harness/capi.js';

let setup: CapiSetup;
let ingestKey: string;

beforeAll(async () => {
  setup = await startCapi();
  const key = await setup.server.admin<{ api_key: string }>('POST', '/v1/accounts/shop/keys', {
    role: 'ingest',
  });
  ingestKey = key.body.api_key;
});
afterAll(() => setup.close());

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const post = (data: unknown[]) =>
  setup.server.as(setup.account.key, 'POST', '/v1/conversions', { data });
const show = (eventId: string) =>
  setup.server.as(setup.account.key, 'GET', `/v1/conversions/${encodeURIComponent(eventId)}`);

async function metaPost(body: unknown, query = '', headers: Record<string, string> = {}) {
  const isForm = typeof body === 'string';
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const response = await fetch(`${setup.server.url}/v25.0/${PIXEL}/events${query}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: isForm ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('POST /v1/conversions', () => {
  it('takes an event once under its pixel, name and id, whatever else differs', async () => {
    expect((await post([purchase('once'), purchase('once', { opt_out: true })])).body).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [],
      conversion_source: 'first_party',
      messages: [],
    });
    const again = await post([purchase('once', { custom_data: { value: 99, currency: 'USD' } })]);
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 1 });
    const lead = await post([{ ...purchase('once'), event_name: 'Lead' }]);
    expect(lead.body).toMatchObject({ accepted: 1 });
  });

  it('takes a second Purchase of an order for a duplicate, across and within requests', async () => {
    const order = (id: string) =>
      purchase(id, { custom_data: { value: 1, currency: 'USD', order_id: 'A-1' } });
    expect((await post([order('o1'), order('o2')])).body).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect((await post([order('o3')])).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('makes an id from the content where the caller sent none', async () => {
    const event = purchase('x', { event_id: null, event_time: nowSeconds() - 100 });
    expect((await post([event])).body).toMatchObject({ accepted: 1 });
    expect((await post([event])).body).toMatchObject({ accepted: 0, duplicates: 1 });
    const other = { ...event, custom_data: { value: 11, currency: 'USD' } };
    expect((await post([other])).body).toMatchObject({ accepted: 1 });
  });

  it('rejects what Meta calls invalid by index, and keeps the rest', async () => {
    const { status, body } = await post([
      purchase('good'),
      purchase('r1', { event_time: nowSeconds() - 8 * 86_400 }),
      purchase('r2', { event_time: nowSeconds() + 3600 }),
      purchase('r3', { event_time: Date.now() }),
      purchase('r4', { action_source: 'carrier_pigeon' }),
      purchase('r5', { custom_data: { value: 1, currency: 'XYZ' } }),
      purchase('r6', { user_data: { ct: 'Berlin', country: 'de' } }),
      purchase('r7', { user_data: {} }),
      purchase('r8', { data_processing_options: ['LDU'], data_processing_options_state: 7 }),
      purchase('r9', { custom_data: { currency: 'USD' } }),
      { nonsense: true },
      'text',
      purchase('store', {
        action_source: 'physical_store',
        event_time: nowSeconds() - 30 * 86_400,
      }),
    ]);
    expect(status).toBe(202);
    expect(body['accepted']).toBe(2);
    const rejected = body['rejected'] as { index: number; code: string }[];
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'conversions.too_old'],
      [2, 'conversions.invalid_event_time'],
      [3, 'conversions.invalid_event_time'],
      [4, 'conversions.invalid_action_source'],
      [5, 'conversions.invalid_currency'],
      [6, 'conversions.invalid_key_combination'],
      [7, 'conversions.invalid_key_combination'],
      [8, 'conversions.invalid_data_processing_options'],
      [9, 'conversions.invalid_value'],
      [10, 'conversions.invalid'],
      [11, 'conversions.invalid'],
    ]);
  });

  it("names every fault of an event at once, as Meta's own route does", async () => {
    const event = {
      ...{ event_name: 'Purchase', event_time: 'tomorrow', action_source: 'web' },
      ...{ custom_data: { value: 'lots', currency: 'EURO' }, user_data: {} },
    };
    const fields = ['/event_time', '/custom_data/value', '/custom_data/currency', '/user_data'];
    const named = ['/action_source', ...fields].map((field) =>
      expect.stringContaining(`${field} `),
    );
    const { body } = await post([
      event,
      { ...event, event_name: undefined },
      { ...event, user_data: 1 },
    ]);
    const rejected = body['rejected'] as { code: string; detail: string; pointer: string }[];
    expect(rejected[0]).toMatchObject({
      code: 'conversions.invalid_action_source',
      pointer: '/data/0/action_source',
    });
    const meta = await metaPost({ data: [event], access_token: setup.account.key });
    const { message } = meta.body['error'] as { message: string };
    for (const text of named) {
      for (const told of [message, ...rejected.map(({ detail }) => detail)]) {
        expect(told).toEqual(text);
      }
    }
    expect(rejected[1]).toMatchObject({
      code: 'conversions.invalid',
      pointer: '/data/1/event_name',
    });
    const [late] = (await post([{ ...purchase('x'), event_time: 1, action_source: 'web' }])).body[
      'rejected'
    ] as { detail: string }[];
    expect(late?.detail).toContain('older than the 62 days');
    // The click behind it may give it a key yet.
    const clicked = await post([{ ...event, click_id: 'late-click' }]);
    expect((clicked.body['rejected'] as { detail: string }[])[0]?.detail).not.toContain(
      '/user_data',
    );
  });

  it('keeps the rest whatever one event holds', async () => {
    const urls = [
      ...['?utm_campaign=%00', '?utm_content=%00', '?utm_term=a%00', '%00', 'a%00', 'p?x=%00'].map(
        (rest) => `https://shop.example/${rest}`,
      ),
      ...['tel:%00', 'mailto:%00', 'about:%00', 'javascript:%00', 'data:,%00', 'com.app%00'],
      ...['https://%00/', 'mailto:jane@example.com%00', 'x:%ff%00', '%', 'a%2500'],
    ];
    const taken = await post([
      ...urls.map((event_source_url, index) => purchase(`url-${index}`, { event_source_url })),
      ...urls.map((referrer_url, index) => purchase(`referrer-${index}`, { referrer_url })),
      ...['toString', 'hasOwnProperty', 'isPrototypeOf', 'constructor', 'valueOf'].map((name) =>
        purchase(`name-${name}`, { user_data: { [name]: 'x', em: 'a@example.com' } }),
      ),
      purchase('long-id', { user_data: { external_id: '\u{1F600}'.repeat(499) + 'x' } }),
    ]);
    expect(taken.body['rejected']).toEqual([]);
    expect(taken.status).toBe(202);
    const odd = { toString: 1 };
    const refused = await post([
      purchase('before'),
      ...[odd, [odd], 7].map((currency) =>
        purchase('odd', { custom_data: { value: 1, currency } }),
      ),
      purchase('odd', { custom_data: { value: odd, currency: 'USD' } }),
      purchase('odd', { user_data: { toString: 'x' } }),
      purchase('after'),
    ]);
    expect(refused).toMatchObject({ status: 202, body: { accepted: 2 } });
    const rejected = refused.body['rejected'] as { index: number }[];
    expect(rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses as Meta does, with the index, what only the database finds wrong', async () => {
    const database = setup.server.app.get(DataSource);
    await database.query(
      `alter table conversions add constraint no_poison check (event_id <> 'poison')`,
    );
    const events = ['good-1', 'good-2', 'poison', 'good-3'].map((id) => purchase(id));
    const meta = await metaPost({ data: events, access_token: setup.account.key });
    expect(meta).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(JSON.stringify(meta.body)).toContain('data[2]');
    expect((await show('good-1')).status).toBe(404);
    const ours = await post(events);
    expect(ours).toMatchObject({ status: 202, body: { accepted: 3, rejected: [{ index: 2 }] } });
    await database.query('alter table conversions drop constraint no_poison');
  });

  it('takes website events that lack what Meta requires, and warns by name', async () => {
    const bare = purchase('warned', {
      event_source_url: undefined,
      user_data: { em: 'w@example.com' },
    });
    const { body } = await post([purchase('whole'), bare]);
    const warnings = ['event_source_url', 'client_user_agent'].map((field) => ({
      code: 'conversions.missing_field',
      field,
      detail: `${field} is missing: Meta asks for it with action_source website`,
    }));
    expect(body['accepted']).toBe(2);
    expect(body['warnings']).toEqual(warnings.map((warning) => ({ index: 1, ...warning })));
    expect((await show('warned')).body['warnings']).toEqual(warnings);
    const meta = await metaPost({
      data: [{ ...bare, event_id: 'warned-2' }],
      access_token: setup.account.key,
    });
    expect(meta.body['messages']).toEqual(warnings.map(({ detail }) => `data[0]: ${detail}`));
  });

  it('says what was sent and dropped, and shows a value that is no identifier', async () => {
    const { body } = await post([
      purchase('md5', { user_data: { em: 'd41d8cd98f00b204e9800998ecf8427e' } }),
      purchase('broken', { user_data: { em: 'jo@' } }),
      purchase('comma', { custom_data: { value: '12,50', currency: 'EUR' } }),
      purchase('pigeon', { action_source: 'carrier_pigeon' }),
      purchase('private', { action_source: 'jane@example.com' }),
      purchase('money', { custom_data: { value: 1, currency: 'XYZ' } }),
      purchase('millis', { event_time: 1_795_334_400_000 }),
    ]);
    const details = (body['rejected'] as { detail: string }[]).map(({ detail }) => detail);
    expect(details).toEqual([
      expect.stringContaining('dropped: em (md5_is_not_accepted)'),
      expect.stringContaining('dropped: em (not_an_email)'),
      '/custom_data/value is "12,50": must be a number with a point, e.g. 12.5',
      expect.stringContaining('is "carrier_pigeon": must be one of'),
      expect.not.stringContaining('jane'),
      '/custom_data/currency is "XYZ": must be an ISO 4217 code such as EUR',
      '/event_time is 1795334400000: in milliseconds; Meta wants seconds',
    ]);
  });

  it('reads a time with a fraction as the second it lies in', async () => {
    const seconds = nowSeconds() - 60;
    expect(
      (await post([purchase('fraction', { event_time: seconds + 0.987 })])).body,
    ).toMatchObject({ accepted: 1 });
    expect((await show('fraction')).body).toMatchObject({
      event_time: new Date(seconds * 1000).toISOString(),
    });
  });

  it('tells kinds and verdicts of a conversion, never values', async () => {
    await post([
      purchase('verdicts', {
        user_data: { em: 'v@example.com', ph: '(650)555-1212', fbc: 'broken', shoe: 'x' },
      }),
    ]);
    const { status, body } = await show('verdicts');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'queued',
      attempts: 0,
      last_error: null,
      match_keys: ['em'],
      attributed: null,
      fields: [
        { field: 'em', verdict: 'used' },
        { field: 'ph', verdict: 'dropped', reason: 'no_country_code' },
        { field: 'shoe', verdict: 'dropped', reason: 'unknown_field' },
        {
          field: 'client_user_agent',
          verdict: 'dropped',
          reason: 'missing: Meta asks for it with action_source website',
        },
        { field: 'fbc', verdict: 'dropped', reason: 'not_an_fbc' },
      ],
    });
    expect((await show('nobody')).status).toBe(404);
  });

  it('refuses whole requests cheaply', async () => {
    const many = Array.from({ length: 5000 }, () => ({}));
    expect((await post(many)).status).toBe(413);
    expect((await post([])).status).toBe(400);
    expect((await setup.server.as(null, 'POST', '/v1/conversions', { data: [] })).status).toBe(401);
    const form = await fetch(`${setup.server.url}/v1/conversions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Bearer ${setup.account.key}`,
      },
      body: 'data=[]',
    });
    expect(form.status).toBe(415);
    const huge = purchase('huge', {
      custom_data: { value: 1, currency: 'USD', x: 'y'.repeat(1e6) },
    });
    expect((await post([huge])).body).toMatchObject({
      accepted: 0,
      rejected: [{ code: 'conversions.too_large' }],
    });
  });
});

describe("Meta's own endpoint", () => {
  /** What the Node SDK sends: JSON with every unset key as null, values already hashed. */
  const sdkBody = (eventId: string, token: string) => ({
    access_token: token,
    data: [
      {
        event_name: 'Purchase',
        event_time: nowSeconds() - 5,
        event_id: eventId,
        event_source_url: 'https://shop.example/p?id=1',
        action_source: 'website',
        opt_out: null,
        user_data: {
          em: [hash('joe@example.com')],
          client_ip_address: '93.184.216.34',
          client_user_agent: 'Mozilla/5.0',
          fbp: 'fb.1.1558571054389.1098115397',
        },
        custom_data: { value: 123.45, currency: 'usd', contents: [{ id: 'p1', quantity: 1 }] },
      },
    ],
    test_event_code: null,
    partner_agent: null,
    namespace_id: null,
    upload_id: null,
    upload_tag: null,
    upload_source: null,
  });

  it("takes the Node SDK's JSON, nulls and all, with an ingest key in the body", async () => {
    const { status, body } = await metaPost(sdkBody('sdk-1', ingestKey));
    expect(status).toBe(200);
    expect(body).toEqual({ events_received: 1, messages: [], fbtrace_id: expect.any(String) });
    const again = await metaPost(sdkBody('sdk-1', ingestKey));
    expect(again.body['events_received']).toBe(1);
  });

  it("takes the Python SDK's form of JSON texts, and a form with one JSON text", async () => {
    const [event] = sdkBody('form-1', '').data;
    const strings = new URLSearchParams({
      access_token: ingestKey,
      data: JSON.stringify([JSON.stringify(event)]),
    });
    expect((await metaPost(strings.toString())).body['events_received']).toBe(1);
    const text = new URLSearchParams({ data: JSON.stringify(sdkBody('form-2', '').data) });
    const inQuery = await metaPost(text.toString(), `?access_token=${ingestKey}`);
    expect(inQuery.body['events_received']).toBe(1);
    const [third] = sdkBody('form-3', '').data;
    const inHeader = await metaPost({ data: [third] }, '', {
      authorization: `Bearer ${ingestKey}`,
    });
    expect(inHeader.body['events_received']).toBe(1);
    expect((await show('form-1')).body['status']).toBe('queued');
  });

  it('takes a form whose list is numbered, in the order of the numbers', async () => {
    const numbered = new URLSearchParams({ access_token: ingestKey });
    for (const place of [10, 9]) {
      numbered.set(`data[${place}]`, JSON.stringify(sdkBody(`numbered-${place}`, '').data[0]));
    }
    expect((await metaPost(numbered.toString())).body['events_received']).toBe(2);
    numbered.set('data[10]', JSON.stringify({ event_name: 'Lead' }));
    const { body } = await metaPost(numbered.toString());
    expect(body['error']).toMatchObject({ message: expect.stringContaining('data[1]') });
  });

  it("takes the form that curl -F of Meta's documents sends, on this route only", async () => {
    const form = new FormData();
    form.set('data', JSON.stringify(sdkBody('curl-1', '').data));
    form.set('access_token', ingestKey);
    const post = (path: string, body: FormData, key?: string) =>
      fetch(`${setup.server.url}${path}`, {
        ...{ method: 'POST', body },
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      });
    const taken = await post(`/v25.0/${PIXEL}/events`, form);
    expect(await taken.json()).toMatchObject({ events_received: 1 });
    expect((await post('/v1/conversions', form, ingestKey)).status).toBe(415);
    form.set('data', new Blob(['[]']), 'events.json');
    expect((await post(`/v25.0/${PIXEL}/events`, form)).status).toBe(400);
    const inQuery = `${setup.server.url}/v25.0/${PIXEL}/events?access_token=${ingestKey}`;
    const broken = await fetch(inQuery, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--y',
    });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: 100 } }]);
  });

  it('refuses everything when one event is invalid, in Meta’s envelope', async () => {
    const good = sdkBody('whole-1', ingestKey);
    const bad = { ...good.data[0], event_id: 'whole-2', event_time: 'yesterday' };
    const { status, body } = await metaPost({ ...good, data: [...good.data, bad] });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 100, type: 'OAuthException' } });
    expect(JSON.stringify(body)).toContain('data[1]');
    expect((await show('whole-1')).status).toBe(404);
  });

  it('answers every other fault in the envelope too', async () => {
    expect(await metaPost({ ...sdkBody('t', 'nonsense') })).toMatchObject({
      status: 401,
      body: { error: { code: 190 } },
    });
    expect(await metaPost('data=%5B%5D')).toMatchObject({ status: 401 });
    const inQuery = `${setup.server.url}/v25.0/${PIXEL}/events?access_token=${ingestKey}`;
    const malformed = await fetch(inQuery, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"data": [',
    });
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({ error: { code: 100 } });
    const other = await fetch(`${setup.server.url}/v25.0/999/events?access_token=${ingestKey}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sdkBody('p', ingestKey)),
    });
    expect(other.status).toBe(400);
    const many = await metaPost({ access_token: ingestKey, data: Array(1001).fill({}) });
    expect(many).toMatchObject({ status: 413, body: { error: { code: 100 } } });
  });

  it('leaves every other route alone', async () => {
    const missing = await setup.server.admin('POST', '/v1/nothing/events', {});
    expect(missing.status).toBe(404);
    expect(missing.body['code']).toBe('request.not_found');
  });

  it('sees one account only', async () => {
    const other = await createAccount(setup.server, 'other');
    await storePixel(setup.server, 'other', '800800800');
    const { status } = await metaPost(sdkBody('cross', other.key));
    expect(status).toBe(400);
    const hidden = await setup.server.as(other.key, 'GET', '/v1/conversions/sdk-1');
    expect(hidden.status).toBe(404);
  });
});

describe('the OpenAPI document', () => {
  it('shows every endpoint of the room', async () => {
    const { body } = await setup.server.admin<{ paths: Record<string, object> }>(
      'GET',
      '/docs-json',
    );
    const ours = Object.keys(body.paths).filter((path) =>
      /conversions|clicks|attribution|pixel_id/.test(path),
    );
    expect(ours.sort()).toEqual([
      '/v1/attribution/stages',
      '/v1/attribution/summary',
      '/v1/attribution/url-parameters',
      '/v1/clicks',
      '/v1/conversions',
      '/v1/conversions/adjustments',
      '/v1/conversions/replay',
      '/v1/conversions/{event_id}',
      '/{version}/{pixel_id}/events',
    ]);
  });
});
