import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { createAccount } from './harness/accounts.js';
import {
  CAPI_TOKEN,
  PIXEL,
  purchase,
  startCapi,
  storePixel,
  type CapiSetup,
} from './harness/capi.js';

let setup: CapiSetup;
let database: DataSource;

beforeAll(async () => {
  setup = await startCapi();
  database = setup.server.app.get(DataSource);
});
afterAll(() => setup.close());
afterEach(() => database.query('delete from capi_pixels'));

const post = (data: unknown[], key = setup.account.key) =>
  setup.server.as(key, 'POST', '/v1/conversions', { data });
const show = async (eventId: string) =>
  (await setup.server.as(setup.account.key, 'GET', `/v1/conversions/${eventId}`)).body;
const graph = (kind: 'reset') => setup.graph.faults.queue('write', { kind, applied: true });
const effective = (eventId: string) =>
  setup.capi.effective.filter((event) => event.eventId === eventId).length;

describe('delivery', () => {
  it('sends hashed events with a proof and without a token in the URL', async () => {
    await post([purchase('d1', { data_processing_options: ['LDU'], opt_out: true })]);
    expect(await setup.runCapi()).toMatchObject({ calls: 1, delivered: 1 });
    expect(await show('d1')).toMatchObject({
      status: 'delivered',
      attempts: 1,
      fbtrace_id: 'AcapiTrace',
      delivered_at: expect.any(String),
    });
    const sent = setup.capi.effective.find(({ eventId }) => eventId === 'd1')?.event;
    expect(sent).toMatchObject({ data_processing_options: ['LDU'], opt_out: true });
    expect(setup.graph.requests.at(-1)?.url).toBe(`/v25.0/${PIXEL}/events`);
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
  });

  it('hands on every character of free keys as it came', async () => {
    const label = 'K\u00e4se \u6771\u4eac \ud83c\udf89 "\\" \u2028';
    await post([
      purchase('d1b', { custom_data: { value: 1, currency: 'USD', label } }),
      purchase('d1c'),
    ]);
    expect(await setup.runCapi()).toMatchObject({ delivered: 2 });
    const sent = setup.capi.effective.find(({ eventId }) => eventId === 'd1b')?.event;
    expect(sent).toMatchObject({ event_id: 'd1b', custom_data: { value: 1, label } });
  });

  it('retries what got lost on the way, keeping id and time, and it counts once', async () => {
    await post([purchase('d2')]);
    const time = setup.capi.effective.length;
    setup.graph.faults.queue('write', { kind: 'reset', applied: true });
    expect(await setup.runCapi()).toMatchObject({ retrying: 1 });
    expect(await show('d2')).toMatchObject({ status: 'retrying', attempts: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
    expect(effective('d2')).toBe(1);
    expect(setup.capi.effective.length).toBe(time + 1);
  });

  it('pauses the pixel for throttles and refused tokens without using up an attempt', async () => {
    await post([purchase('d3')]);
    setup.graph.faults.queue('write', { kind: 'error', error: { code: 17, subcode: 2446079 } });
    expect(await setup.runCapi()).toMatchObject({ handed_back: 1 });
    expect(await show('d3')).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
    await database.query('delete from capi_pixels');
    const token = setup.graph.world.tokens.get(CAPI_TOKEN);
    if (token) token.expired = true;
    expect(await setup.runCapi()).toMatchObject({ handed_back: 1 });
    if (token) token.expired = false;
    await database.query('delete from capi_pixels');
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
  });

  it('goes on at once when a refused token was replaced, but not when Meta throttles', async () => {
    const token = setup.graph.world.tokens.get(CAPI_TOKEN);
    if (token) token.expired = true;
    await post([purchase('d3b')]);
    expect(await setup.runCapi()).toMatchObject({ handed_back: 1 });
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
    setup.graph.world.addToken('EAAnext');
    await storePixel(setup.server, 'shop', PIXEL, 'EAAnext');
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
    await post([purchase('d3c')]);
    setup.graph.faults.queue('write', { kind: 'error', error: { code: 17, subcode: 2446079 } });
    expect(await setup.runCapi()).toMatchObject({ handed_back: 1 });
    if (token) token.expired = false;
    await storePixel(setup.server, 'shop', PIXEL);
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
    await database.query('delete from capi_pixels');
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
  });

  it('delivers 997 of 1,000 and buries the three poisoned ones with Meta’s words', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `p${index}`);
    for (const [id, words] of [
      ['p3', 'The first is wrong.'],
      ['p500', 'The second is wrong.'],
      ['p998', 'The third is wrong.'],
    ] as const) {
      setup.capi.poison.set(id, words);
    }
    expect((await post(ids.map((id) => purchase(id)))).body).toMatchObject({ accepted: 1000 });
    const before = setup.capi.calls;
    expect(await setup.runCapi()).toMatchObject({ delivered: 997, dead: 3 });
    expect(setup.capi.calls - before).toBeLessThanOrEqual(40);
    expect(await show('p500')).toMatchObject({
      status: 'dead',
      last_error: 'The second is wrong.',
    });
    expect(ids.filter((id) => effective(id) === 1).length).toBe(997);
  });

  it('is not misled for ever by three poisoned ones that stand where they are found first', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `first${index}`);
    await post(ids.map((id) => purchase(id)));
    const first: { event_id: string }[] = await database.query(
      `select event_id from conversions where event_id like 'first%' order by id`,
    );
    // In this order every set of the search holds one of these until all three are found.
    const bad = first.filter((_, index) => [0, 3, 6].includes(index));
    for (const { event_id } of bad) setup.capi.poison.set(event_id, 'Wrong.');
    for (let turn = 0; turn < 20; turn += 1) {
      await database.query('delete from capi_pixels');
      await setup.runCapi();
    }
    expect(ids.filter((id) => effective(id) === 1).length).toBe(9);
    expect(await show(bad[0]?.event_id ?? '')).toMatchObject({ status: 'dead' });
    for (const { event_id } of bad) setup.capi.poison.delete(event_id);
    await database.query(`update conversions set status = 'suppressed' where status = 'dead'
                             and event_id like 'first%'`);
  });

  it('replays the dead within the horizons', async () => {
    const replay = (extra: object = {}) =>
      setup.server.as(setup.account.key, 'POST', '/v1/conversions/replay', {
        status: 'dead',
        ...extra,
      });
    await database.query(
      `update conversions set first_sent_at = now() - interval '50 hours' where event_id = 'p3'`,
    );
    await database.query(
      `update conversions set expires_at = now() - interval '1 minute' where event_id = 'p998'`,
    );
    setup.capi.poison.clear();
    expect((await replay()).body).toEqual({
      replayed: 1,
      refused_dedup_window: 1,
      expired: 1,
    });
    expect((await show('p998'))['status']).toBe('expired');
    expect((await replay({ override_dedup_window: true })).body).toMatchObject({ replayed: 1 });
    expect(await setup.runCapi()).toMatchObject({ delivered: 2 });
  });

  it('gives up what is in doubt for longer than Meta recognises it, until a person decides', async () => {
    await post([purchase('doubt'), purchase('lately')]);
    graph('reset');
    expect(await setup.runCapi()).toMatchObject({ retrying: 2 });
    await database.query(
      `update conversions set due_at = now(), first_sent_at = now() - interval '49 hours',
              doubtful_since = now() - interval '49 hours' where event_id = 'doubt'`,
    );
    await database.query('delete from capi_pixels');
    await database.query(`update conversions set due_at = now() where event_id = 'lately'`);
    expect(await setup.runCapi()).toMatchObject({ dead: 1, delivered: 1 });
    expect(await show('doubt')).toMatchObject({
      status: 'dead',
      last_error: expect.stringContaining('48 h'),
    });
    const replay = (extra: object) =>
      setup.server.as(setup.account.key, 'POST', '/v1/conversions/replay', {
        ...{ status: 'dead', reason: 'dedup_window', ...extra },
      });
    expect((await replay({})).body).toMatchObject({ replayed: 0, refused_dedup_window: 1 });
    expect((await replay({ override_dedup_window: true })).body).toMatchObject({ replayed: 1 });
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
  });

  it('stops searching when the failure is not about one of the events', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `h${index}`);
    await post(ids.map((id) => purchase(id)));
    for (const id of ids) setup.capi.poison.set(id, 'Nothing is right here.');
    const before = setup.capi.calls;
    expect(await setup.runCapi()).toMatchObject({ handed_back: 50 });
    expect(setup.capi.calls - before).toBeLessThan(30);
    setup.capi.poison.clear();
    await database.query('delete from capi_pixels');
    expect(await setup.runCapi()).toMatchObject({ delivered: 50 });
  });

  it('expires what grew old while it was queued, before it enters a batch', async () => {
    await post([purchase('old'), purchase('young')]);
    await database.query(
      `update conversions set expires_at = now() - interval '1 second' where event_id = 'old'`,
    );
    expect(await setup.runCapi()).toMatchObject({ expired: 1, delivered: 1 });
    expect((await show('old'))['status']).toBe('expired');
  });

  it('frees the claims of a process that died', async () => {
    await post([purchase('claimed')]);
    await database.query(
      `with dead as (
           insert into capi_claims (account_id, claim, pixel_id, claimed_at, lease_until)
           values ('shop', gen_random_uuid(), $1, now() - interval '1 minute',
                   now() - interval '30 seconds') returning claim)
         update conversions set claim = (select claim from dead) where event_id = 'claimed'`,
      [PIXEL],
    );
    expect(await setup.runCapi()).toMatchObject({ swept: 1, delivered: 1 });
  });

  it('never sends without consent, and keeps no key then', async () => {
    await post([purchase('silent', { consent: false })]);
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
    expect(await show('silent')).toMatchObject({ status: 'suppressed', match_keys: [] });
    const rows: { payload: { user_data: object } }[] = await database.query(
      `select payload from conversions where event_id = 'silent'`,
    );
    expect(rows[0]?.payload.user_data).toEqual({});
  });

  it('keeps pixels apart: one that is down does not hold up another', async () => {
    const other = await createAccount(setup.server, 'second');
    setup.capi.pixels.add('900900900');
    await storePixel(setup.server, 'second', '900900900');
    await post([purchase('down')]);
    await post([purchase('up')], other.key);
    setup.capi.pixels.delete(PIXEL);
    expect(await setup.runCapi()).toMatchObject({ delivered: 1, handed_back: 1 });
    setup.capi.pixels.add(PIXEL);
    await database.query('delete from capi_pixels');
    await setup.runCapi();
    expect(effective('down') + effective('up')).toBe(2);
  });

  it('warns about test events, which count at Meta', async () => {
    const { body } = await setup.server.as(setup.account.key, 'POST', '/v1/conversions', {
      data: [purchase('test')],
      test_event_code: 'TEST1',
    });
    expect(JSON.stringify(body['messages'])).toContain('counts');
    await setup.runCapi();
    const sent = setup.capi.effective.find(({ eventId }) => eventId === 'test');
    expect(sent?.testEventCode).toBe('TEST1');
  });
});
