// Known addresses, phone numbers and names planted through every field and every kind of failure;
// then every table, answer and log line is searched for them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Log } from '../src/shared/index.js';
import { adInput } from './harness/accounts.js';
import { PIXEL, purchase, startCapi, type CapiSetup } from './harness/capi.js';

const EMAIL = 'Planted.Person@secret-mail.example';
const PHONE = '+49 151 2345 6789';
const NAME = 'Zebediah';
const TRACES = [/planted\.person/i, /secret-mail/i, /151\D{0,3}2345\D{0,3}6789/, /zebediah/i];

let setup: CapiSetup;
const answers: string[] = [];
const logged: string[] = [];

beforeAll(async () => {
  setup = await startCapi();
  setup.capi.isStrict = false;
  const { root } = setup.server.app.get(Log);
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
    root[level] = ((...parts: unknown[]) => {
      logged.push(
        JSON.stringify(parts, (_, value: unknown) =>
          value instanceof Error ? `${value.message} ${value.stack ?? ''}` : value,
        ),
      );
    }) as typeof root.info;
  }
  await setup.server.as(setup.account.key, 'PUT', '/v1/ads', { ads: [adInput('set-1')] });
});
afterAll(() => setup.close());

async function send(method: string, path: string, body?: unknown): Promise<void> {
  const reply = await setup.server.as(setup.account.key, method, path, body);
  answers.push(JSON.stringify(reply.body));
}

const url = `https://shop.example/u/${encodeURIComponent(EMAIL)}?email=${encodeURIComponent(EMAIL)}&x=${encodeURIComponent(PHONE)}&first_name=${NAME}&tel=015123456789#${EMAIL}`;

const planted = (id: string, extra: Record<string, unknown> = {}) =>
  purchase(id, {
    event_source_url: url,
    referrer_url: url,
    user_data: {
      em: [EMAIL, `broken ${EMAIL}`],
      ph: [PHONE, `00491512345 6789 x`],
      fn: NAME,
      ln: `${NAME}-${NAME}`,
      external_id: [EMAIL, PHONE],
      client_user_agent: `Agent ${EMAIL}`,
      client_ip_address: EMAIL,
      fbc: `fb.1.1.${EMAIL}`,
      fbp: EMAIL,
      madid: PHONE,
      lead_id: PHONE,
      [EMAIL]: 'x',
      nickname: NAME,
    },
    custom_data: {
      value: 5,
      currency: 'USD',
      order_id: `${id} ${EMAIL}`,
      content_name: `for ${EMAIL}`,
      note: { phone: PHONE, deep: [`call ${PHONE}`], lastName: NAME },
      [EMAIL]: 1,
    },
    default_country: EMAIL,
    stage: 'lead',
    click_id: EMAIL,
    ad_id: EMAIL,
    unknown_key: { contact: EMAIL },
    customer_email: EMAIL,
    ...extra,
  });

describe('raw identifiers', () => {
  it('are planted through every door', async () => {
    const doors: unknown[] = [
      planted('a'),
      planted(EMAIL),
      planted('b', { event_name: EMAIL }),
      planted('c', { action_source: EMAIL }),
      planted('d', { event_time: EMAIL }),
      planted('e', { custom_data: { value: EMAIL, currency: PHONE } }),
      planted('f', { user_data: { ct: NAME, [EMAIL]: EMAIL } }),
      planted('g', { user_data: EMAIL }),
      planted('h', { consent: false }),
      planted('i', { event_id: undefined, data_processing_options: [EMAIL] }),
      planted('j', { event_source_url: `not a url ${EMAIL}` }),
      EMAIL,
    ];
    await send('POST', '/v1/conversions', { data: doors });
    await send('POST', '/v1/conversions', { data: EMAIL, [EMAIL]: EMAIL });
    await send('POST', '/v1/conversions', { data: [planted('k')], account_id: EMAIL });
    await send('GET', `/v1/conversions/${encodeURIComponent(EMAIL)}`);
    await send('GET', `/v1/conversions/none-${encodeURIComponent(EMAIL)}`);
    await send('GET', '/v1/conversions/a');
    for (const data of [[planted('m1')], [planted('m2', { event_time: EMAIL })], EMAIL]) {
      const response = await fetch(`${setup.server.url}/v25.0/${PIXEL}/events?email=${EMAIL}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data, access_token: setup.account.key }),
      });
      answers.push(await response.text());
    }
    const landed = new Date().toISOString();
    await send('POST', '/v1/clicks', {
      clicks: [
        { click_id: EMAIL, ad_id: 'set-1', landed_at: landed, landing_url: url },
        { click_id: 'x', ad_id: EMAIL, landed_at: EMAIL, fbclid: EMAIL },
        { click_id: 'y', ad_id: EMAIL, landed_at: landed },
      ],
    });
    await send('POST', '/v1/conversions/adjustments', {
      adjustments: [
        { adjustment_id: EMAIL, event_id: EMAIL, kind: 'cancel', occurred_at: landed },
        { adjustment_id: 'z', order_id: PHONE, kind: EMAIL, occurred_at: EMAIL },
      ],
    });
    setup.graph.faults.queue('write', { kind: 'reset', applied: false });
    await setup.runCapi();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await setup.runCapi();
    await send('GET', '/v1/attribution/summary');
    expect(setup.capi.effective.length).toBeGreaterThan(2);
    expect(answers.join('\n')).toContain('"accepted":');
  });

  it('are found in no answer, no log line, no table and nothing that went to Meta', async () => {
    const database = setup.server.app.get(DataSource);
    const tables: { name: string }[] = await database.query(
      `select quote_ident(c.relname) as name from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'`,
    );
    const found: string[] = [];
    const search = (where: string, text: string) =>
      TRACES.forEach((trace) => {
        const hit = trace.exec(text);
        if (hit) found.push(`${where}: ${text.slice(Math.max(0, hit.index - 60), hit.index + 40)}`);
      });
    for (const { name } of tables) {
      const rows: { row: string }[] = await database.query(`select t::text as row from ${name} t`);
      for (const { row } of rows) search(name, row);
    }
    for (const answer of answers) search('answer', answer);
    for (const line of logged) search('log', line);
    for (const { url: path, body } of setup.graph.requests) {
      search('Meta', decodeURIComponent(`${path} ${body}`));
    }
    expect(found).toEqual([]);
    expect(tables.length).toBeGreaterThan(15);
    expect(logged.length).toBeGreaterThan(5);
  });
});
