import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  acme = await createAccount(server, 'acme');
});

afterAll(() => server.close());

const post = (csv: string, query = '') =>
  server.as(acme.key, 'POST', `/v1/imports/ads${query}`, csv);

const KAG = [
  'ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion',
  '1,916,103916,30-34,M,15,7350,1,1.429999948,2,1',
  '2,916,103917,30-34,M,16,17861,2,1.820000023,2,0',
  '3,936,103920,30-34,F,20,693,0,0,1,0',
].join('\n');

const DAYS = [
  'Campaign ID,Ad set ID,Ad set name,Day,Impressions,Link clicks,Amount spent (USD),Purchases,Purchases conversion value',
  '900,901,Spring,2026-11-01,"1,000",20,10.50,1,49.90',
  '900,901,Spring,2026-11-02,"2,000",30,12.25,2,99.80',
  '900,902,Autumn,2026-11-01,none,30,12.25,2,99.80',
].join('\n');

describe('an import', () => {
  it('takes the KAG layout whole; the same again changes nothing', async () => {
    const first = await post(KAG);
    expect(first.status).toBe(200);
    expect(first.body).toEqual(
      expect.objectContaining({
        layout: 'kag',
        level: 'ad',
        grain: 'total',
        rows: 3,
        new_ads: 3,
        accepted: 3,
        duplicates: 0,
        rejected_rows: 0,
      }),
    );
    expect((await post(KAG)).body).toEqual(
      expect.objectContaining({ rows: 3, new_ads: 0, accepted: 0, duplicates: 3 }),
    );
    const { body } = await server.as(acme.key, 'GET', '/v1/ads/1');
    expect(body).toEqual(
      expect.objectContaining({
        campaign_id: '916',
        started_at: null,
        age_hours: null,
        daily_budget: null,
        creative: expect.objectContaining({ age: '30-34', gender: 'M' }),
        totals: expect.objectContaining({ clicks: 1, spend: 1.43, leads: 2, conversions: 1 }),
      }),
    );
    expect(
      (body['belief'] as { evidence: { matured_clicks: number } }).evidence.matured_clicks,
    ).toBe(1);
  });

  it('takes daily rows as days and reports bad rows by line', async () => {
    const reply = await post(DAYS);
    expect(reply.body).toEqual(
      expect.objectContaining({
        layout: 'ads_manager',
        grain: 'day',
        accepted: 2,
        rejected_rows: 1,
        rejected: [expect.objectContaining({ line: 4, code: 'imports.bad_row' })],
      }),
    );
    expect((await server.as(acme.key, 'GET', '/v1/ads/901')).body['totals']).toEqual(
      expect.objectContaining({ impressions: 3000, clicks: 50, spend: 22.75, conversions: 3 }),
    );
    expect((await post(DAYS)).body).toEqual(
      expect.objectContaining({ accepted: 0, duplicates: 2 }),
    );
  });

  it('stores nothing on a dry run', async () => {
    const csv = KAG.replaceAll('\n1,', '\n71,');
    const reply = await post(csv, '?dry_run=true');
    expect(reply.body).toEqual(
      expect.objectContaining({ dry_run: true, layout: 'kag', rows: 3, new_ads: 0, accepted: 0 }),
    );
    expect((await server.as(acme.key, 'GET', '/v1/ads/71')).status).toBe(404);
  });

  it.each([
    ['another currency asked for', KAG, '?currency=EUR', 422, 'imports.currency'],
    ['another currency in the file', DAYS.replace('(USD)', '(EUR)'), '', 422, 'imports.unreadable'],
    ['unknown columns', 'a,b\n1,2', '', 422, 'imports.unreadable'],
    ['an empty file', ' ', '', 422, 'imports.unreadable'],
  ])('refuses %s', async (_name, csv, query, status, code) => {
    const reply = await post(csv, query);
    expect([reply.status, reply.body['code']]).toEqual([status, code]);
  });

  it('refuses JSON with 415', async () => {
    const reply = await server.as(acme.key, 'POST', '/v1/imports/ads', { rows: [] });
    expect(reply.status).toBe(415);
  });
});
