import { connect, type Socket } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';
import { Config } from '../src/shared/index.js';

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

  it('rejects by line what no clock can have meant and what no id can hold', async () => {
    const rows = [
      '900,910,Ghost,0099-01-01,1,0,1,0,0',
      '900,910,Ghost,2001-01-01,1,0,1,0,0',
      '900,910,Ghost,2036-01-01,1,0,1,0,0',
      '900,9\u000110,Ghost,2026-11-01,1,0,1,0,0',
      '900,910,Ghost,2026-11-01,1,0,1,0,0',
    ];
    const reply = await post([DAYS.split('\n')[0], ...rows].join('\n'));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(expect.objectContaining({ accepted: 1, rejected_rows: 4 }));
    expect((reply.body['rejected'] as { line: number }[]).map(({ line }) => line)).toEqual([
      2, 3, 4, 5,
    ]);
    const old = 'ad_id,impressions,clicks,spend,reporting starts,reporting ends\n';
    const ended = await post(
      `${old}911,5,1,1,0098-01-01,0099-01-01\n912,5,1,1,2026-11-01,2026-11-30`,
    );
    expect(ended.body).toEqual(expect.objectContaining({ accepted: 1, rejected_rows: 1 }));
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

describe('an upload that stands still', () => {
  /** Sends the head and one line, and waits; the answer is what comes until the socket ends. */
  function stalled(key: string, query = ''): { socket: Socket; answer: Promise<string> } {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes.toString();
        if (text.includes('\r\n\r\n')) resolve(text);
      });
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
    });
    const line = 'Ad ID,Campaign ID,Impressions,Clicks (all),Amount spent (USD),Results\n';
    socket.write(
      `POST /v1/imports/ads${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
        'Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n' +
        `${line.length.toString(16)}\r\n${line}\r\n`,
    );
    return { socket, answer };
  }

  it('holds no connection: fourteen leave everybody as fast as before', async () => {
    const slow = Array.from({ length: 14 }, (_, at) => createAccount(server, `slow-${at}`));
    const uploads = (await Promise.all(slow)).map(({ key }, at) =>
      stalled(key, at % 2 === 0 ? '' : '?dry_run=true'),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begun = performance.now();
    const replies = await Promise.all([
      server.admin('GET', '/v1/accounts'),
      server.as(null, 'GET', '/health/ready'),
      server.as(acme.key, 'GET', '/v1/ads'),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(performance.now() - begun).toBeLessThan(2000);
    for (const { socket } of uploads) socket.destroy();
  });

  it('is 404 when its account was deleted before it came to its end', async () => {
    const { key } = await createAccount(server, 'leaves');
    const { socket, answer } = stalled(key);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const gone = await server.admin('DELETE', '/v1/accounts/leaves?confirm=leaves');
    expect(gone.status).toBe(204);
    const row = '1,2,10,1,1,0\n';
    socket.write(`${row.length.toString(16)}\r\n${row}\r\n0\r\n\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 404 [^]*"code":"accounts\.unknown"/);
    socket.destroy();
  });

  it('leaves room for one more of its account; the third is 429 with Retry-After', async () => {
    const { key } = await createAccount(server, 'crowd');
    const standing = [stalled(key), stalled(key)];
    await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = await server.as(key, 'POST', '/v1/imports/ads', KAG);
    expect([refused.status, refused.body['code']]).toEqual([429, 'imports.busy']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    for (const { socket } of standing) socket.destroy();
    let taken = refused;
    for (let tries = 0; taken.status === 429 && tries < 50; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      taken = await server.as(key, 'POST', '/v1/imports/ads', KAG);
    }
    expect([taken.status, taken.body['accepted']]).toEqual([200, 3]);
    expect(await readdir(join(server.app.get(Config).dataDir, 'uploads'))).toEqual([]);
  });
});
