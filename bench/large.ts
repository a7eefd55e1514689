// `npm run bench -- large [--ads 40000] [--days 3] [--at-once 20]`: what one ad, a page, the model
// and allocations cost in a large account: time, the longest block of the event loop (told by a
// look at its health every few milliseconds) and memory; meanwhile another account tells events.
import { parseArgs } from 'node:util';
import { HttpClient } from './http-client.js';
import { benchDatabase, residentMb, rounded, startChild, type Child } from './measure.js';
import { openDatabase, storePast } from './stored-account.js';

const TOKEN = '0123456789abcdef0123456789abcdef';
const LARGE = 'large';
const OTHER = 'other';
const LOOK_EVERY_MILLIS = 5;
const MEMORY_EVERY_MILLIS = 100;

export async function benchLarge(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      ads: { type: 'string', default: '40000' },
      days: { type: 'string', default: '3' },
      'at-once': { type: 'string', default: '20' },
    },
  });
  const ads = Number(values.ads);
  const database = await benchDatabase();
  const server = await startChild('../src/main.js', [], {
    ...{ DATABASE_URL: database.url, ADMIN_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'error' },
    ...{ CRON_ENABLED: 'false', RATE_LIMIT_PER_MINUTE: '10000000' },
  });
  const http = new HttpClient(server.url, TOKEN);
  const store = await openDatabase(database.url);
  try {
    for (const accountId of [LARGE, OTHER]) {
      await http.send('POST', '/v1/accounts', {
        ...{ account_id: accountId, name: accountId, currency: 'USD' },
      });
    }
    const past = { days: Number(values.days), readingMinutes: null };
    await storePast(store, { accountId: LARGE, ads, campaigns: 50, ...past });
    await storePast(store, { accountId: OTHER, ads: 5, campaigns: 1, ...past });
    return { ads, ...(await figures(server, http, ads, Number(values['at-once']))) };
  } finally {
    http.close();
    await store.destroy();
    await server.stop();
    await database.close();
  }
}

async function figures(server: Child, http: HttpClient, ads: number, atOnce: number) {
  const of = `account_id=${LARGE}`;
  const ad = (index: number) => `/v1/ads/ad-${String(index).padStart(6, '0')}?${of}`;
  const allocate = (extra: Record<string, unknown> = {}) =>
    http.send('POST', '/v1/sampling/allocate', {
      ...{ account_id: LARGE, total_budget: 60 * ads },
      ...extra,
    });
  const statuses: number[] = [];
  const roads: [string, () => Promise<unknown>][] = [
    ['first_ad', () => http.send('GET', ad(1))],
    ['one_ad', () => http.send('GET', ad(7))],
    ['page_of_200', () => http.send('GET', `/v1/ads?limit=200&${of}`)],
    ['model', () => http.send('GET', `/v1/learning/model?${of}`)],
    ['allocate_campaign', () => allocate({ campaign_id: 'c-1' })],
    ['allocate_all', () => allocate()],
    [
      'allocations_at_once',
      async () => {
        const sent = Array.from({ length: atOnce }, () =>
          allocate({ campaign_id: 'c-2' }).then(
            () => 200,
            (error: Error) => Number(/: (\d{3}) /.exec(error.message)?.[1] ?? 0),
          ),
        );
        statuses.push(...(await Promise.all(sent)));
      },
    ],
  ];
  const told: Record<string, unknown> = {};
  for (const [name, road] of roads) {
    told[name] = await watched(server, road);
    console.error(`${name}: ${JSON.stringify(told[name])}`);
  }
  const count = (status: number) => statuses.filter((one) => one === status).length;
  return {
    ...told,
    at_once: { sent: atOnce, ok: count(200), busy: count(503), faults: count(500) },
  };
}

async function watched(server: Child, road: () => Promise<unknown>) {
  // A client of its own: the large answers must not stand before the small ones.
  const looks = new HttpClient(server.url, TOKEN);
  const tells = new HttpClient(server.url, TOKEN);
  let done = false;
  let longest = 0;
  let memory = 0;
  const events: number[] = [];
  const watch = [
    repeated(LOOK_EVERY_MILLIS, async () => {
      longest = Math.max(longest, await timed(() => looks.send('GET', '/health/live')));
    }),
    repeated(MEMORY_EVERY_MILLIS, async () => {
      memory = Math.max(memory, await residentMb(server.process.pid));
    }),
    repeated(LOOK_EVERY_MILLIS, async () => {
      const event = { event_id: `e-${Math.random()}`, ad_id: 'ad-000001', type: 'click' };
      const body = { account_id: OTHER, events: [{ ...event, occurred_at: new Date() }] };
      events.push(await timed(() => tells.send('POST', '/v1/events', body)));
    }),
  ];
  const took = await timed(road);
  done = true;
  await Promise.all(watch);
  looks.close();
  tells.close();
  events.sort((left, right) => left - right);
  return {
    ms: rounded(took, 1),
    longest_look_ms: rounded(longest, 1),
    memory_mb: Math.round(memory),
    other_event_p99_ms: rounded(events[Math.floor(0.99 * (events.length - 1))] ?? NaN, 1),
  };

  async function repeated(millis: number, look: () => Promise<void>): Promise<void> {
    do {
      await look();
      await new Promise((resolve) => setTimeout(resolve, millis));
    } while (!done);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
