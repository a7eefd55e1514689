// A server killed in the midst of events: what it answered is learned, what it did not is not half
// learned, and sending everything again makes it whole. A real process on a schema of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createTestSchema, type TestSchema } from '../harness/database.js';

const TOKEN = 'test-admin-token-0123456789abcdefghijkl';
const OCCURRED = '2026-10-10T00:00:00Z';

let schema: TestSchema;
let folder: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  schema = await createTestSchema();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-events-'));
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  await schema.drop();
});

async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      ...{ PATH: process.env['PATH'], DATA_DIR: folder, PORT: '0', ADMIN_TOKEN: TOKEN },
      ...{ DATABASE_URL: schema.url, CRON_ENABLED: 'false', LOG_LEVEL: 'error' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let waited = 0; waited < 40_000; waited += 50) {
    const url = /http:\/\/[0-9.]+:\d+/.exec(text)?.[0];
    if (url) return { child, url };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server did not start:\n${text}`);
}

/** The parts of several answers that are looked at here. */
interface Answer {
  accepted: number;
  events_seen: number;
  calibration: { clicks: number; conversions: number };
  items: { totals: { clicks: number; conversions: number } }[];
}

async function call(url: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

const batches = Array.from({ length: 60 }, (_, batch) => ({
  account_id: 'killed',
  events: Array.from({ length: 100 }, (__, index) => ({
    ...{ event_id: `e-${batch}-${index}`, ad_id: `ad-${index % 7}`, occurred_at: OCCURRED },
    ...(index % 10 === 0
      ? { type: 'conversion', value: 1, click_id: `k-${batch}-${index + 1}` }
      : { type: 'click', click_id: `k-${batch}-${index}` }),
  })),
}));

describe('a server that is killed in the midst of events', () => {
  it('has learned whole requests only, and ends exact when all are sent again', async () => {
    const first = await start();
    const currency = 'USD';
    await call(first.url, 'POST', '/v1/accounts', { account_id: 'killed', name: 'k', currency });
    const ads = Array.from({ length: 7 }, (_, index) => ({
      ...{ ad_id: `ad-${index}`, campaign_id: 'c', status: 'active', daily_budget: 10 },
      started_at: '2026-10-01T00:00:00Z',
    }));
    await call(first.url, 'PUT', '/v1/ads', { account_id: 'killed', ads });
    let answered = 0;
    const sending = batches.map(async (batch) => {
      const answer = await call(first.url, 'POST', '/v1/events', batch);
      answered += answer.accepted;
      if (answered >= 1000) first.child.kill('SIGKILL');
    });
    await Promise.allSettled(sending);

    const second = await start();
    const seen = async () => {
      const model = await call(second.url, 'GET', '/v1/learning/model?account_id=killed');
      const { items } = await call(second.url, 'GET', '/v1/ads?account_id=killed');
      const sum = (name: 'clicks' | 'conversions') =>
        items.reduce((total, { totals }) => total + totals[name], 0);
      return {
        ...{ events: model.events_seen, clicks: sum('clicks'), sales: sum('conversions') },
        calibration: model.calibration,
      };
    };
    const found = await seen();
    expect(found.events).toBeGreaterThanOrEqual(answered);
    expect(found.events).toBeLessThan(6000);
    expect([found.clicks, found.sales]).toEqual([(found.events / 10) * 9, found.events / 10]);

    let accepted = 0;
    for (const batch of batches) {
      accepted += (await call(second.url, 'POST', '/v1/events', batch)).accepted;
    }
    expect(accepted).toBe(6000 - found.events);
    const whole = await seen();
    expect(whole).toMatchObject({ events: 6000, clicks: 5400, sales: 600 });
    expect(whole.calibration).toMatchObject({ clicks: 5400, conversions: 600 });
  });
});
