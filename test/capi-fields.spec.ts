// What people write into the fields of a person, and what of it reaches Meta: through HTTP, the
// outbox and the wire, hashed as Meta's documents prescribe.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { nowSeconds, purchase, startCapi, type CapiSetup } from './harness/capi.js';

const hash = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
const JANE = hash('jane@example.com');
const GIVEN = 'ab'.repeat(32);

/** Field, what was written, the normalised text (null: dropped), and what else was told. */
type Case = [field: string, given: unknown, wanted: string | null, more?: Record<string, unknown>];

const us = { default_country: 'US' };
const de = { default_country: 'Germany' };
const gb = { default_country: 'GB' };
const CASES: Case[] = [
  ['em', ' Jane@Example.COM ', 'jane@example.com'],
  ['em', 'jörg@müller.example', 'jörg@müller.example'],
  ['em', 'a@b.c', 'a@b.c'],
  ['em', 'jane@@example.com', null],
  ['em', 'jane doe@example.com', null],
  ['em', 'jane@localhost', null],
  ['ph', '+1 (650) 555-1212', '16505551212'],
  ['ph', '001.650.555.1212', '16505551212'],
  ['ph', '(650)555-1212', null],
  ['ph', '(650)555-1212', '16505551212', us],
  ['ph', '650.555.1212', '16505551212', us],
  ['ph', '1-650-555-1212', '16505551212', us],
  ['ph', '+44 (0)20 7946 0018', '442079460018'],
  ['ph', '020 7946 0018', '442079460018', gb],
  ['ph', '0151 / 2345-6789', '4915123456789', de],
  ['ph', '+49 151 23456789', '4915123456789', us],
  ['ph', 'tel:+4915123456789', '4915123456789', us],
  ['ph', 'Tel. 0049 151 23456789', '4915123456789', us],
  ['ph', '+33 6 12 34 56 78 ext. 12', '33612345678'],
  ['ph', '06 12 34 56 78', '33612345678', { default_country: 'fr' }],
  ['ph', '06 1234 5678', '390612345678', { default_country: 'IT' }],
  ['ph', 4_915_123_456_789, '4915123456789'],
  ['ph', '12345', null],
  ['ph', '+1 800 FLOWERS', null],
  ['ph', 'none', null],
  ['fn', " O'Neill ", 'oneill'],
  ['fn', 'José', 'josé'],
  ['fn', 'Jose\u0301', 'josé'],
  ['fn', 'ANNE-MARIE', 'annemarie'],
  ['ln', 'Müller, Jr.', 'müller jr'],
  ['ln', '정', '정'],
  ['ln', '...', null],
  ['ge', 'Female', 'f'],
  ['ge', 'M', 'm'],
  ['ge', 'Männlich', 'm'],
  ['ge', 'x', null],
  ['db', '1997-02-16', '19970216'],
  ['db', '2/16/1997', '19970216'],
  ['db', '16/2/1997', '19970216'],
  ['db', '16.02.1997', '19970216'],
  ['db', '19970216', '19970216'],
  ['db', '02161997', '19970216'],
  ['db', '16021997', '19970216'],
  ['db', '1997/02/16', '19970216'],
  ['db', '2/16/97', '19970216'],
  ['db', '97-02-16', '19970216'],
  ['db', 'Feb 16, 1997', '19970216'],
  ['db', '16 February 1997', '19970216'],
  ['db', '16th of February, 1997', '19970216'],
  ['db', '16. März 1997', '19970316'],
  ['db', '16 août 1997', '19970816'],
  ['db', '16 de enero de 1997', '19970116'],
  ['db', '1997-02-16T00:00:00Z', '19970216'],
  ['db', '3/2/1997', '19970302', us],
  ['db', '3/2/1997', '19970203', gb],
  ['db', '1997-02-30', null],
  ['db', '1850-01-01', null],
  ['db', '2999-01-01', null],
  ['ct', ' Menlo Park ', 'menlopark'],
  ['ct', 'St. John’s', 'stjohns'],
  ['ct', 'São Paulo', 'sãopaulo'],
  ['ct', '東京', '東京'],
  ['st', 'California', 'ca', { country: 'us' }],
  ['st', 'N.Y.', 'ny', { country: 'us' }],
  ['st', 'US-TX', 'tx'],
  ['st', 'Nordrhein-Westfalen', 'nordrheinwestfalen', { country: 'de' }],
  ['st', 'Georgia', 'georgia', { country: 'ge' }],
  ['st', 'Ontario', 'ontario', { country: 'ca' }],
  ['zp', '94025-1234', '94025', { country: 'us' }],
  ['zp', '94025 - 1234', '94025'],
  ['zp', '2139', '02139', { country: 'us' }],
  ['zp', 'SW1A 1AA', 'sw1a1aa', { country: 'gb' }],
  ['zp', 'M1 1AE', 'm11ae', { country: 'United Kingdom' }],
  ['zp', 'm1-1ae', 'm11ae', gb],
  ['zp', 'K1A 0B1', 'k1a0b1', { country: 'ca' }],
  ['zp', 'SW1A 1AA', 'sw1a1aa', { country: 'gb', ...us }],
  ['zp', '1234 AB', '1234ab', { country: 'nl' }],
  ['zp', '01067', '01067', { country: 'de' }],
  ['zp', '1', null],
  ['country', 'US', 'us'],
  ['country', 'usa', 'us'],
  ['country', 'United Kingdom', 'gb'],
  ['country', 'Atlantis', null],
  ['f5first', 'Zebediah', 'zebed'],
  ['fi', 'Žofia', 'ž'],
  ['dobd', '7', '07'],
  ['dobm', '13', null],
  ['doby', 1997, '1997'],
];

/** As they go out: hashed before, never hashed, or refused. */
const RAW_CASES: [field: string, given: unknown, wanted: unknown][] = [
  ['em', GIVEN.toUpperCase(), GIVEN],
  ['em', `${GIVEN}.AQYBAQEA`, `${GIVEN}.AQYBAQEA`],
  ['em', `${GIVEN}.Ag`, GIVEN],
  ['em', `${GIVEN}${GIVEN}`, undefined],
  ['fn', `xx${GIVEN}`, hash(`xx${GIVEN}`)],
  ['ph', 'd41d8cd98f00b204e9800998ecf8427e', undefined],
  ['em', [' JANE@example.com', 'jane@example.com', JANE, 'x@y.de', 'no'], [JANE, hash('x@y.de')]],
  ['fn', [], undefined],
  ['fn', ['', null, {}], undefined],
  ['external_id', 'User-1', 'User-1'],
  ['external_id', ['a', 'a', 'b'], ['a', 'b']],
  ['external_id', 'Jane@example.com', JANE],
  ['external_id', '+49 151 23456789', hash('4915123456789')],
  ['client_ip_address', '93.184.216.34', '93.184.216.34'],
  ['client_ip_address', '2a00:1450:4001::1', '2a00:1450:4001::1'],
  ['client_ip_address', '192.168.1.4', undefined],
  ['client_ip_address', '10.0.0.300', undefined],
  ['client_user_agent', 'Mozilla/5.0', 'Mozilla/5.0'],
  ['lead_id', '0123456', '0123456'],
  ['lead_id', 'abc', undefined],
  ['fb_login_id', 77, '77'],
  ['fbp', 'fb.1.1558571054389.1098115397', 'fb.1.1558571054389.1098115397'],
  ['fbp', 'fb.1.1558571054389.1098115397.AQYBAQEA', 'fb.1.1558571054389.1098115397.AQYBAQEA'],
  ['fbp', 'FB.1.1558571054389.1098115397', undefined],
  ['fbp', 'fb.1.1558571054389', undefined],
  ['fbc', 'fb.1.1554763741205.AbC-d_1', 'fb.1.1554763741205.AbC-d_1'],
  ['fbc', 'fb.1.1554763741205.AbC-d_1.Ag', 'fb.1.1554763741205.AbC-d_1.Ag'],
  ['fbc', hash('fb.1.1554763741205.AbC'), undefined],
  ['shoe_size', '43', undefined],
];

let setup: CapiSetup;
let sent: Map<string, Record<string, unknown>>;
const time = nowSeconds() - 120;

const event = (
  id: string,
  userData: Record<string, unknown>,
  extra: Record<string, unknown> = {},
) => purchase(id, { event_time: time, user_data: { external_id: id, ...userData }, ...extra });

const fbclidUrl = 'https://shop.example/?fbclid=FromUrl_1';
const FBC_EVENTS = [
  event('fbc-url', {}, { event_source_url: fbclidUrl }),
  event('fbc-same', { fbc: 'fb.1.1554763741205.FromUrl_1' }, { event_source_url: fbclidUrl }),
  event('fbc-other', { fbc: 'fb.1.1554763741205.Older' }, { event_source_url: fbclidUrl }),
  event('fbc-click', {}, { click_id: 'click-1' }),
  event('fbc-none', {}),
  event('fbc-no-consent', {}, { event_source_url: fbclidUrl, consent: false }),
];
const landed = '2026-11-20T10:00:00.000Z';

beforeAll(async () => {
  setup = await startCapi();
  setup.capi.isStrict = false;
  const as = (method: string, path: string, body: unknown) =>
    setup.server.as(setup.account.key, method, path, body);
  await as('PUT', '/v1/ads', {
    ads: [{ ad_id: 's', campaign_id: 'c', status: 'active', daily_budget: 1, started_at: landed }],
  });
  await as('POST', '/v1/clicks', {
    clicks: [{ click_id: 'click-1', ad_id: 's', fbclid: 'Clicked', landed_at: landed }],
  });
  const data = [
    ...CASES.map(([field, given, , { default_country, ...more } = {}], index) =>
      event(
        `case-${index}`,
        { ...more, [field]: given },
        { default_country: default_country ?? null },
      ),
    ),
    ...RAW_CASES.map(([field, given], index) =>
      event(`raw-${index}`, { em: JANE, [field]: given }),
    ),
    ...FBC_EVENTS,
  ];
  const { body } = await as('POST', '/v1/conversions', { data });
  expect(body['rejected']).toEqual([]);
  await setup.runCapi();
  sent = new Map(
    setup.capi.effective.map(({ eventId, event: one }) => [
      eventId,
      one['user_data'] as Record<string, unknown>,
    ]),
  );
});
afterAll(() => setup.close());

const verdictOf = async (eventId: string, field: string) => {
  const path = `/v1/conversions/${eventId}`;
  const { body } = await setup.server.as(setup.account.key, 'GET', path);
  const fields = body['fields'] as { field: string; verdict: string; reason?: string }[];
  return {
    keys: body['match_keys'] as string[],
    verdict: fields.find((one) => one.field === field),
  };
};

describe('a field of a person reaches Meta', () => {
  it('as the documents write it, or not at all', () => {
    const found = CASES.map(([field, given, , more], index) => {
      const value = sent.get(`case-${index}`)?.[field];
      return { field, given, more, value };
    });
    const wanted = CASES.map(([field, given, text, more]) => ({
      ...{ field, given, more },
      value: text === null ? undefined : hash(text),
    }));
    expect(found).toEqual(wanted);
  });

  it('untouched where it was hashed before or must not be', () => {
    const found = RAW_CASES.map(([field, given], index) => ({
      ...{ field, given },
      value: sent.get(`raw-${index}`)?.[field],
    }));
    expect(found).toEqual(
      RAW_CASES.map(([field, given, wanted]) => ({ field, given, value: wanted })),
    );
  });

  it('with a verdict for each: used, or dropped and why, in kinds and never values', async () => {
    for (const [index, [field, , text]] of CASES.entries()) {
      const { keys, verdict } = await verdictOf(`case-${index}`, field);
      expect([field, keys.includes(field), verdict]).toEqual(
        text === null
          ? [
              field,
              false,
              { field, verdict: 'dropped', reason: expect.stringMatching(/^[a-z_0-9]+$/) },
            ]
          : [field, true, { field, verdict: 'used' }],
      );
    }
  });

  it('with an fbc of the URL’s or the click’s fbclid, and none without', async () => {
    const fbc = (id: string) => sent.get(id)?.['fbc'];
    expect(fbc('fbc-url')).toBe(`fb.1.${time * 1000}.FromUrl_1`);
    expect(fbc('fbc-same')).toBe('fb.1.1554763741205.FromUrl_1');
    expect(fbc('fbc-other')).toBe(`fb.1.${time * 1000}.FromUrl_1`);
    expect(fbc('fbc-click')).toBe(`fb.1.${Date.parse(landed)}.Clicked`);
    expect(fbc('fbc-none')).toBeUndefined();
    const rows: { payload: { user_data: object; event_source_url: string } }[] =
      await setup.server.app
        .get(DataSource)
        .query(`select payload from conversions where event_id = 'fbc-no-consent'`);
    expect(rows[0]?.payload.user_data).toEqual({});
    expect(rows[0]?.payload.event_source_url).toBe('https://shop.example/');
  });
});
