// Servers killed in the midst of events: what they answered is learned, what they did not is not
// half learned, and sending everything again makes it whole; which drifts are proven depends on
// what is stored alone. Real processes on a schema of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { SeededRandom } from '../../src/shared/index.js';
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
  drift: unknown[];
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

describe('a stream told over two servers, one of them killed again and again', () => {
  const AS_OF = '2026-10-20T00:00:00Z';
  const FROM = Date.parse('2026-10-01T00:00:00Z');

  /** Blocks of impressions over sixteen days and their clicks, three ads, in the order of time. */
  function stream(seed: number, rate: (day: number) => number) {
    const random = new SeededRandom(seed);
    return Array.from({ length: 750 }, (_, block) => {
      const days = (block / 750) * 16;
      const impressions = 100 + Math.floor(random.uniform() * 200);
      const event = {
        ad_id: `ad-${block % 3}`,
        occurred_at: new Date(FROM + days * 86_400_000).toISOString(),
      };
      const clicks = Math.max(1, random.binomial(impressions, rate(days)));
      return [
        { ...event, event_id: `i${block}`, type: 'impression', count: impressions },
        { ...event, event_id: `k${block}`, type: 'click', count: clicks },
      ];
    }).flat();
  }

  async function newAccount(url: string, account_id: string): Promise<void> {
    const currency = 'USD';
    await call(url, 'POST', '/v1/accounts', { account_id, name: account_id, currency });
    const ads = [0, 1, 2].map((ad) => ({
      ...{ ad_id: `ad-${ad}`, campaign_id: 'c', status: 'active', daily_budget: 10 },
      started_at: '2026-10-01T00:00:00Z',
    }));
    await call(url, 'PUT', '/v1/ads', { account_id, ads });
  }

  const drifts = async (url: string, account: string) => {
    const path = `/v1/learning/model?account_id=${account}&as_of=${AS_OF}`;
    return (await call(url, 'GET', path)).drift;
  };

  /** Every part is sent until it is answered, whichever server is there to answer. */
  async function tellOverTwo(account_id: string, parts: unknown[][]): Promise<string> {
    const steady = await start();
    let mortal = await start();
    let sent = 0;
    const tellers = Array.from({ length: 4 }, async (_, teller) => {
      for (let part = parts.shift(); part; part = parts.shift()) {
        sent += 1;
        if (sent % 25 === 0) mortal.child.kill('SIGKILL');
        const body = { account_id, events: part, as_of: AS_OF };
        for (let tries = 0; tries < 1000; tries += 1) {
          const { url } = (teller + tries) % 2 === 0 ? steady : mortal;
          try {
            const { accepted } = await call(url, 'POST', '/v1/events', body);
            if (accepted !== undefined) break;
          } catch {
            if (sent % 50 === 0) mortal = await start();
          }
        }
      }
    });
    await Promise.all(tellers);
    mortal.child.kill('SIGKILL');
    return steady.url;
  }

  const inParts = <T>(items: T[], size: number) =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
      items.slice(part * size, (part + 1) * size),
    );

  it('has no drift when it is stationary', async () => {
    const { url } = await start();
    await newAccount(url, 'stationary');
    const events = stream(11, () => 0.04);
    const last = await tellOverTwo('stationary', inParts(events, 15));
    expect(await drifts(last, 'stationary')).toEqual([]);
  });

  it('has the drifts of the same stream told in order by one', async () => {
    const { url } = await start();
    await newAccount(url, 'in-order');
    await newAccount(url, 'shuffled');
    const events = stream(12, (day) => (day < 8 ? 0.04 : 0.02));
    for (const part of inParts(events, 15)) {
      const body = { account_id: 'in-order', events: part, as_of: AS_OF };
      await call(url, 'POST', '/v1/events', body);
    }
    const random = new SeededRandom(5);
    const shuffled = events
      .map((event) => ({ event, key: random.uniform() }))
      .sort((left, right) => left.key - right.key)
      .map(({ event }) => event);
    const last = await tellOverTwo('shuffled', inParts(shuffled, 15));
    const expected = await drifts(url, 'in-order');
    expect(expected.length).toBeGreaterThanOrEqual(3);
    expect(await drifts(last, 'shuffled')).toEqual(expected);
  });
});
