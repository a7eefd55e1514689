// The official SDK of Meta, unchanged but for the host it calls: what it normalises, hashes and
// sends is taken, delivered and refused as Meta would.
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PIXEL, nowSeconds, startCapi, type CapiSetup } from './harness/capi.js';

/** The parts of the SDK that are used here; it comes without types. */
interface Settings {
  [setter: `set${string}`]: (value: unknown) => Settings;
}
type EventRequestOf = new (
  token: string,
  pixel: string,
  events: Settings[],
  ...more: unknown[]
) => { execute(): Promise<{ events_received: number; messages: unknown; fbtrace_id: string }> };

const sdk = createRequire(import.meta.url)('facebook-nodejs-business-sdk') as {
  FacebookAdsApi: object;
  EventRequest: EventRequestOf;
} & Record<'ServerEvent' | 'UserData' | 'CustomData' | 'Content', new () => Settings>;

let setup: CapiSetup;
let key: string;

beforeAll(async () => {
  setup = await startCapi();
  const { body } = await setup.server.admin('POST', '/v1/accounts/shop/keys', { role: 'ingest' });
  key = String(body['api_key']);
  // The only thing that is not Meta's: a static getter holds the host and nothing else can set it.
  Object.defineProperty(sdk.FacebookAdsApi, 'GRAPH', { get: () => setup.server.url });
});
afterAll(() => setup.close());

const person = () =>
  new sdk.UserData().setEmails!(['Joe@Example.com', 'joe.two@example.com']).setPhones!([
    '+1 (650) 555-1212',
  ]).setFirstName!('Jos\u00e9').setLastName!('O Neill').setCity!('Menlo Park').setState!('CA')
    .setZip!('94025-1234').setCountry!('US').setExternalId!('user-1').setClientIpAddress!(
    '93.184.216.34',
  ).setClientUserAgent!('Mozilla/5.0').setFbp!('fb.1.1558571054389.1098115397').setFbc!(
    'fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890',
  );

const purchase = (eventId: string, time = nowSeconds() - 30) =>
  new sdk.ServerEvent().setEventName!('Purchase').setEventTime!(time).setEventId!(eventId)
    .setUserData!(person()).setCustomData!(
    new sdk.CustomData().setCurrency!('usd').setValue!(123.45).setOrderId!(`order-${eventId}`)
      .setContents!([new sdk.Content().setId!('p1').setQuantity!(2).setItemPrice!(61.72)]),
  ).setEventSourceUrl!('https://shop.example/thanks?id=1').setDataProcessingOptions!(['LDU'])
    .setDataProcessingOptionsCountry!(1).setDataProcessingOptionsState!(1000).setActionSource!(
    'website',
  );

const send = (token: string, pixel: string, events: Settings[], ...more: unknown[]) =>
  new sdk.EventRequest(token, pixel, events, ...more).execute();

/** What the SDK throws: Meta's envelope, read by its own code. */
async function refusal(sending: Promise<unknown>) {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error as {
    name: string;
    status: number;
    message: string;
    response: Record<string, unknown>;
  };
}

describe('the official Node SDK', () => {
  it('gets events_received back, twice for the same events, and they count once at Meta', async () => {
    const events = () => [purchase('sdk-1'), purchase('sdk-2')];
    const answer = await send(key, PIXEL, events());
    expect([answer.events_received, answer.messages]).toEqual([2, []]);
    expect(answer.fbtrace_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await send(key, PIXEL, events())).events_received).toBe(2);
    await setup.runCapi();
    const sent = setup.capi.effective.filter(({ eventId }) => eventId.startsWith('sdk-'));
    expect(sent.map(({ eventId }) => eventId).sort()).toEqual(['sdk-1', 'sdk-2']);
    expect(sent[0]?.event).toMatchObject({
      action_source: 'website',
      data_processing_options: ['LDU'],
      data_processing_options_country: 1,
      data_processing_options_state: 1000,
      custom_data: { value: 123.45, currency: 'USD', contents: [{ id: 'p1', quantity: 2 }] },
    });
  });

  it('has every key of its user data used', async () => {
    const { body } = await setup.server.as(setup.account.key, 'GET', '/v1/conversions/sdk-1');
    const fields = body['fields'] as { field: string; verdict: string }[];
    expect(fields.filter(({ verdict }) => verdict !== 'used')).toEqual([]);
    expect((body['match_keys'] as string[]).sort()).toEqual(
      'client_ip_address client_user_agent country ct em external_id fbc fbp fn ln ph st zp'.split(
        ' ',
      ),
    );
  });

  it('passes a test code and its proof of secret, and warns', async () => {
    const more = ['agent', 'TEST77', null, 'up-1', 'tag', 'source', false, null, 'some-app-secret'];
    const answer = await send(key, PIXEL, [purchase('sdk-3')], ...more);
    expect(answer.events_received).toBe(1);
    expect(JSON.stringify(answer.messages)).toContain('test_event_code');
    await setup.runCapi();
    const sent = setup.capi.effective.find(({ eventId }) => eventId === 'sdk-3');
    expect(sent?.testEventCode).toBe('TEST77');
  });

  it('throws its own error for a refused token and for one invalid event among good ones', async () => {
    const token = await refusal(send('no-key', PIXEL, [purchase('sdk-4')]));
    expect(token).toMatchObject({ name: 'FacebookRequestError', status: 401 });
    expect(token.response).toMatchObject({ type: 'OAuthException', code: 190 });
    const old = purchase('sdk-6', nowSeconds() - 8 * 86_400);
    const whole = await refusal(send(key, PIXEL, [purchase('sdk-5'), old]));
    expect(whole).toMatchObject({ name: 'FacebookRequestError', status: 400 });
    expect(whole.response).toMatchObject({
      code: 100,
      is_transient: false,
      error_user_msg: expect.stringMatching(/^data.1.: .event_time is .*older than the 7 days/),
      fbtrace_id: expect.any(String),
    });
    const { status } = await setup.server.as(setup.account.key, 'GET', '/v1/conversions/sdk-5');
    expect(status).toBe(404);
    const pixel = await refusal(send(key, '999', [purchase('sdk-7')]));
    expect(pixel.response).toMatchObject({ code: 100 });
  });
});
