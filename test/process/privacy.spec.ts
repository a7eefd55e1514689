// Known addresses, phone numbers and names go in through every field, door and kind of failure of a
// whole server: the embedded database, a Redis, all logs. Then every byte it kept is searched.
import { readFile, readdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FakeCapi } from '../fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../fake-graph/fake-graph-server.js';
import { adInput } from '../harness/accounts.js';
import { CAPI_TOKEN, PIXEL, purchase } from '../harness/capi.js';
import { FakeRedis } from '../harness/fake-redis.js';
import { startProcess, type ServerProcess } from '../harness/server-process.js';

const EMAIL = 'Planted.Person@secret-mail.example';
const PHONE = '+49 151 2345 6789';
const PHONE_00 = '0049 151 23456789';
const FIRST = 'Zebediah';
const LAST = 'Quuxington';
const BASE64 = Buffer.from(`u=${EMAIL}`).toString('base64');
const MARKER = 'visible-marker-4711';

let graph: FakeGraphServer;
let capi: FakeCapi;
let redis: FakeRedis;
let folder: string;
let server: ServerProcess;
let key: string;
const answers: string[] = [];

beforeAll(async () => {
  graph = await FakeGraphServer.start();
  graph.world.addToken(CAPI_TOKEN, 'app-secret');
  capi = new FakeCapi(new Set([PIXEL]));
  capi.isStrict = false;
  graph.routes.splice(1, 0, capi.route);
  redis = new FakeRedis();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-privacy-'));
  server = await startProcess({
    ...{ DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'trace', REDIS_URL: await redis.start() },
    ...{ META_GRAPH_URL: graph.url, RETRY_BASE_MS: '10', RETRY_MAX_MS: '50' },
  });
  const account = { account_id: 'shop', name: 'shop', currency: 'USD' };
  const { body } = await server.call<{ api_key: string }>('POST', '/v1/accounts', account);
  key = body.api_key;
  await server.call('PUT', '/v1/accounts/shop/credentials', {
    meta: { access_token: CAPI_TOKEN, app_secret: 'app-secret', pixel_id: PIXEL },
  });
  await server.call('PUT', '/v1/ads', { account_id: 'shop', ads: [adInput('set-1')] });
}, 120_000);

afterAll(async () => {
  await server.stop();
  await redis.stop();
  await graph.close();
  await rm(folder, { recursive: true, force: true });
});

async function raw(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: body as string,
  });
  const text = await response.text();
  answers.push(`${text} ${JSON.stringify([...response.headers])}`);
  return { status: response.status, text };
}

async function send(method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'user-agent': `${FIRST} ${EMAIL}`,
      'x-forwarded-for': EMAIL,
      referer: `https://x.example/?email=${EMAIL}`,
      cookie: `who=${encodeURIComponent(EMAIL)}`,
      'x-request-id': `${FIRST}-${PHONE}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  answers.push(`${text} ${JSON.stringify([...response.headers])}`);
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
}

const once = encodeURIComponent(EMAIL);
const twice = encodeURIComponent(once);
const url =
  `https://shop.example/u/${once}/${twice}/${PHONE.replaceAll(' ', '')}/thanks-${FIRST}` +
  `?email=${once}&q=${twice}&x=${encodeURIComponent(PHONE)}&first_name=${FIRST}&tel=015123456789` +
  `&n=${LAST}&r=${encodeURIComponent(BASE64)}&utm_content=${once}&utm_term=${FIRST}+${LAST}` +
  `&utm_campaign=${encodeURIComponent(PHONE_00)}&keep=${MARKER}#${EMAIL}`;

/** One event with a person in every field that there is. */
const planted = (id: unknown, extra: Record<string, unknown> = {}) => ({
  ...purchase('x'),
  event_id: id,
  event_source_url: url,
  referrer_url: url,
  user_data: {
    em: [EMAIL, `broken ${EMAIL}`, ` ${EMAIL.toUpperCase()} `],
    ph: [PHONE, PHONE_00, '015123456789'],
    fn: FIRST,
    ln: [LAST, `${LAST}-${LAST}`],
    ct: FIRST,
    st: LAST,
    zp: EMAIL,
    country: EMAIL,
    db: EMAIL,
    ge: FIRST,
    external_id: [EMAIL, PHONE, `${FIRST} ${LAST}`],
    client_user_agent: `Agent ${EMAIL}`,
    client_ip_address: EMAIL,
    fbc: `fb.1.1.${EMAIL}`,
    fbp: `fb.1.1.${PHONE}`,
    madid: PHONE,
    anon_id: `${FIRST} ${LAST}`,
    subscription_id: EMAIL,
    lead_id: PHONE,
    page_id: EMAIL,
    [EMAIL]: 'x',
    nickname: FIRST,
    deep: { er: [EMAIL] },
  },
  custom_data: {
    value: 5,
    currency: 'USD',
    order_id: `${String(id)} ${EMAIL}`,
    content_name: `${MARKER} for ${FIRST} ${LAST}, ${EMAIL}`,
    content_ids: [EMAIL, PHONE_00],
    contents: [{ id: EMAIL, title: `of ${EMAIL}` }],
    note: { phone: PHONE, deep: [`call ${PHONE} or 0151 23456789`], lastName: LAST },
    link: url,
    token: BASE64,
    [EMAIL]: 1,
    [FIRST]: 1,
  },
  default_country: EMAIL,
  stage: `${FIRST} ${LAST}`,
  click_id: EMAIL,
  ad_id: PHONE,
  unknown_key: { contact: EMAIL, who: LAST },
  customer_email: EMAIL,
  data_processing_options: [],
  ...extra,
});

const ids = [
  'a',
  EMAIL,
  PHONE,
  PHONE_00,
  `${FIRST} ${LAST}`,
  `order ${EMAIL}`,
  BASE64,
  once,
  undefined,
];

async function conversions(): Promise<void> {
  const doors: unknown[] = [
    ...ids.map((id) => planted(id)),
    planted('b', { event_name: EMAIL }),
    planted('b2', { event_name: `${FIRST} ${LAST}` }),
    planted('c', { action_source: EMAIL }),
    planted('d', { event_time: EMAIL }),
    planted('e', { custom_data: { value: EMAIL, currency: PHONE } }),
    planted('f', { user_data: { ct: FIRST, [EMAIL]: EMAIL } }),
    planted('g', { user_data: EMAIL }),
    planted('h', { consent: false }),
    planted('i', { data_processing_options: [EMAIL] }),
    planted('j', { event_source_url: `not a url ${EMAIL} ${FIRST}` }),
    planted('k', { stage: EMAIL }),
    planted('poisoned'),
    EMAIL,
  ];
  const { body } = await send('POST', '/v1/conversions', { data: doors, test_event_code: EMAIL });
  expect(body['accepted']).toBeGreaterThan(10);
  await send('POST', '/v1/conversions', { data: EMAIL, [EMAIL]: EMAIL });
  await send('POST', '/v1/conversions', { data: [planted('l')], account_id: EMAIL });
  await send('POST', `/v1/conversions/${once}?email=${once}`, { data: [planted('m')] });
  await send('POST', '/v1/conversions/replay', { status: 'dead', reason: EMAIL });
  await send('POST', '/v1/conversions/replay', { status: EMAIL, from: EMAIL, [EMAIL]: 1 });
  for (const id of [...ids, 'poisoned']) {
    const path = `/v1/conversions/${encodeURIComponent(String(id))}`;
    await send('GET', `${path}?event_name=${once}`);
    await send('GET', path);
  }
}

async function metaEndpoint(): Promise<void> {
  const path = `/v25.0/${PIXEL}/events`;
  for (const data of [[planted('n')], [planted('o', { event_time: EMAIL })], EMAIL, [EMAIL]]) {
    const body = JSON.stringify({ data, access_token: key, test_event_code: PHONE });
    await raw(`${path}?email=${once}`, body, { 'user-agent': EMAIL });
  }
  const form = new URLSearchParams({ data: JSON.stringify([planted('p')]), partner_agent: EMAIL });
  await raw(path, form.toString(), { 'content-type': 'application/x-www-form-urlencoded' });
  await raw(`/v25.0/${once}/events`, JSON.stringify({ data: [planted('q')] }));
  await raw(path, JSON.stringify({ data: [planted('r')], access_token: EMAIL }));
  await raw(path, `{"data": [{"user_data": {"em": "${EMAIL}"`);
}

async function clicksAndEvents(): Promise<void> {
  const at = new Date(Date.now() - 60_000).toISOString();
  const landing_url = url.replace(`${FIRST}+${LAST}`, 'x');
  const click = { click_id: EMAIL, ad_id: 'set-1', landed_at: at, landing_url };
  await send('POST', '/v1/clicks', {
    clicks: [
      click,
      { ...click, landing_url: `https://shop.example/other#${EMAIL}` },
      { ...click, click_id: PHONE, landing_url: EMAIL },
      { ...click, click_id: 'x', landed_at: EMAIL, fbclid: EMAIL },
      { ...click, click_id: 'y', ad_id: EMAIL },
      { ...click, [EMAIL]: EMAIL, click_id: BASE64 },
    ],
  });
  await send('POST', '/v1/clicks', { clicks: [click], as_of: EMAIL });
  await send('POST', '/v1/clicks', { clicks: [click] });
  await send('POST', '/v1/clicks', {
    clicks: [{ ...click, landing_url: `https://shop.example/${FIRST}@x.example` }],
  });
  const features = {
    ...{ device: 'mobile', mobile: 'ios', [EMAIL]: 1, who: EMAIL, phone: 4_915_123_456_789 },
    ...{ firstName: FIRST, last_name: LAST, tel: '015123456789', audience: `x ${PHONE}` },
    ...{ link: BASE64, [MARKER]: 1 },
  };
  const event = { ad_id: 'set-1', type: 'click', click_id: EMAIL, occurred_at: at, features };
  const events = [
    { ...event, event_id: `click ${EMAIL}`, stage: EMAIL },
    { ...event, event_id: `click ${EMAIL}`, type: 'impression' },
    { ...event, event_id: `sale ${PHONE}`, type: 'conversion', value: 3 },
    { ...event, event_id: EMAIL, type: 'conversion', value: 5 },
    { ...event, event_id: PHONE_00, features: { ...features, bad: { [EMAIL]: 1 } } },
    { ...event, event_id: 'feature', features: { [EMAIL]: [EMAIL] } },
    { ...event, event_id: 'unknown', ad_id: EMAIL },
    { ...event, event_id: 'bad', currency: EMAIL.slice(0, 10), type: EMAIL },
    { ...event, event_id: BASE64, type: 'conversion', currency: EMAIL },
  ];
  const told = await send('POST', '/v1/events', { events });
  expect(told.body['accepted']).toBe(2);
  await send('POST', '/v1/events', { events: events.slice(0, 1) });
  for (const id of [EMAIL, `click ${EMAIL}`, `sale ${PHONE}`, 'none']) {
    await send('GET', `/v1/learning/events/${encodeURIComponent(id)}`);
  }
  await send('GET', '/v1/learning/model');
  await send('POST', '/v1/conversions/adjustments', {
    adjustments: [
      { adjustment_id: EMAIL, event_id: EMAIL, kind: 'cancel', occurred_at: at },
      { adjustment_id: EMAIL, event_id: PHONE, kind: 'refund', occurred_at: at },
      { adjustment_id: 's', lead_id: PHONE, kind: 'stage', stage: EMAIL, occurred_at: at },
      { adjustment_id: 'z', order_id: PHONE, kind: EMAIL, occurred_at: EMAIL },
    ],
  });
  await send('PUT', '/v1/attribution/stages', {
    stages: [{ stage: EMAIL, value: 10, probability: 0.5 }],
  });
}

async function refusals(): Promise<void> {
  const many = JSON.stringify({ data: Array.from({ length: 1500 }, () => planted('many')) });
  expect((await raw('/v1/conversions', many)).status).toBe(413);
  const huge = JSON.stringify({ data: [planted('huge', { note: EMAIL.repeat(300_000) })] });
  expect((await raw('/v1/conversions', huge)).status).toBe(413);
  const long = JSON.stringify({ data: [planted('long', { note: `${EMAIL} `.repeat(20_000) })] });
  expect((await raw('/v1/conversions', long)).status).toBe(202);
  for (const path of ['/v1/conversions', '/v1/events', '/v1/clicks', `/v25.0/${PIXEL}/events`]) {
    const body = JSON.stringify({ data: [planted('s')], events: [EMAIL], clicks: [EMAIL] });
    expect((await raw(path, body.slice(0, -20))).status).toBe(400);
    expect((await raw(path, body, { 'content-type': `text/${FIRST}` })).status).toBe(415);
    expect((await raw(path, gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(415);
    await raw(path, body.replace(EMAIL, `${EMAIL}\\u0000`));
    await raw(`${path}/${once}`, body);
  }
  // Cut off in the midst of a body, and no HTTP at all.
  for (const text of [
    `POST /v1/conversions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"data": ["${EMAIL}`,
    `GET /${EMAIL} ${FIRST} ${PHONE}\r\n\r\n`,
  ]) {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(text);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
  }
}

async function openDatabase(): Promise<DataSource> {
  const text = await readFile(join(folder, 'data', 'postgres.json'), 'utf8');
  const { port, user, password, database } = JSON.parse(text) as Record<string, string>;
  const address = `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  return new DataSource({ type: 'postgres', url: address }).initialize();
}

describe('raw identifiers', () => {
  it('are planted through every door, field and kind of failure', async () => {
    capi.poison.set('poisoned', `Not valid: ${EMAIL} / ${twice} (${PHONE})`);
    graph.faults.queue('write', { kind: 'reset', applied: false });
    graph.faults.queue('write', { kind: 'error', error: { code: 2, message: EMAIL } });
    await conversions();
    await metaEndpoint();
    await clicksAndEvents();
    await refusals();
    await databaseFails();
    for (let waited = 0; waited < 200; waited += 1) {
      const { body } = await send('GET', '/v1/attribution/summary');
      if (body['queued'] === 0 && body['retrying'] === 0 && body['dead'] === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const { body } = await send('GET', '/v1/attribution/summary');
    expect(body).toMatchObject({ queued: 0, retrying: 0, dead: 1 });
    expect(capi.effective.length).toBeGreaterThan(8);
    answers.push(await (await fetch(`${server.url}/metrics`)).text());
  }, 120_000);

  it('are found in no table, answer, log line, Redis command or request to Meta', async () => {
    const found: string[] = [];
    const database = await openDatabase();
    const tables: { name: string }[] = await database.query(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    let rowsSeen = '';
    for (const { name } of tables) {
      const rows: { row: string }[] = await database.query(`select t::text as row from ${name} t`);
      for (const { row } of rows) search(found, name, row);
      rowsSeen += rows.map(({ row }) => row).join('\n');
    }
    await database.destroy();
    answers.forEach((answer) => search(found, 'answer', answer));
    search(found, 'log', server.output());
    search(found, 'Redis', redis.heard);
    for (const { url: path, body } of graph.requests) {
      search(found, 'Meta', decodeURIComponent(`${path} ${body}`.replaceAll('+', ' ')));
    }
    expect(found).toEqual([]);
    expect(rowsSeen.includes(MARKER)).toBe(true);
    expect(tables.length).toBeGreaterThan(25);
    expect(server.output().includes('request failed')).toBe(true);
    // What a failing statement held is nobody's business, hashed or not.
    expect(server.output().includes('"parameters"')).toBe(false);
    expect(redis.heard.length).toBeGreaterThan(10);
  });

  it('are in no file of the data folder, write-ahead log included, in any encoding', async () => {
    expect(await server.stop()).toBe(0);
    const found: string[] = [];
    let bytes = 0;
    let marked = 0;
    for (const file of await filesOf(join(folder, 'data'))) {
      const content = await readFile(file);
      bytes += content.length;
      if (content.includes(MARKER)) marked += 1;
      search(found, file, content.toString('latin1'));
    }
    expect(found).toEqual([]);
    expect(bytes).toBeGreaterThan(10_000_000);
    expect(marked).toBeGreaterThan(1);
  });
});

/** Statements fail while requests are under way: their table is not there for a moment. */
async function databaseFails(): Promise<void> {
  const database = await openDatabase();
  const swap = (from: string, to: string) => database.query(`alter table ${from} rename to ${to}`);
  for (const table of ['conversions', 'clicks', 'ad_events', 'conversion_adjustments']) {
    await swap(table, `${table}_away`);
    await send('POST', '/v1/conversions', { data: [planted('away'), planted(EMAIL)] });
    await send('GET', `/v1/conversions/${once}`);
    const at = new Date().toISOString();
    const click = { click_id: `${EMAIL} 2`, ad_id: 'set-1', landed_at: at };
    await send('POST', '/v1/clicks', { clicks: [click] });
    const event = { event_id: `${EMAIL} 3`, ad_id: 'set-1', type: 'click', occurred_at: at };
    await send('POST', '/v1/events', { events: [{ ...event, click_id: EMAIL }] });
    await send('GET', `/v1/learning/events/${once}`);
    await swap(`${table}_away`, table);
  }
  // And every session is cut in the midst of it.
  const sending = Array.from({ length: 20 }, (_, index) =>
    send('POST', '/v1/conversions', { data: [planted(`cut-${index}`)] }).catch(() => null),
  );
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and datname = current_database()`,
  );
  await Promise.all(sending);
  await database.destroy();
}

async function filesOf(at: string): Promise<string[]> {
  const entries = await readdir(at, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

const TRACES = [
  /planted\.person/i,
  /secret-mail/i,
  /151[\s().\-/]{0,3}2345[\s().\-/]{0,3}6789/,
  /zebediah/i,
  /quuxington/i,
  // UTF-16, hexadecimal, and base64 at each of its three offsets.
  /p\0l\0a\0n\0t\0e\0d\0\.\0/i,
  new RegExp(Buffer.from('lanted.', 'utf8').toString('hex'), 'i'),
  ...[
    'Planted.Person@secret',
    'planted.person@secret',
    'Zebediah',
    'zebediah',
    'Quuxington',
  ].flatMap((text) => [0, 1, 2].map((offset) => new RegExp(base64Core(text, offset)))),
];

/** The characters that stand in base64 for this text, whatever stands before and after it. */
function base64Core(text: string, offset: number): string {
  const encoded = Buffer.from(`${' '.repeat(offset)}${text}`)
    .toString('base64url')
    .replace(/=+$/, '');
  const core = encoded.slice(offset === 0 ? 0 : offset + 1, -2);
  return core.replaceAll('-', '[-+]').replaceAll('_', '[_/]');
}

function search(found: string[], where: string, text: string): void {
  for (const trace of TRACES) {
    const hit = trace.exec(text);
    if (!hit || found.length > 50) continue;
    found.push(`${where}: ${trace}: ${text.slice(Math.max(0, hit.index - 80), hit.index + 60)}`);
  }
}
