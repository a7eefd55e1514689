// Events learned per second over HTTP against the raw rate at which the same rows go into one table
// by multi-row unnest with the same unique key; the wait of a single event under that load; what a
// hundred times as many ads cost; memory over many events; what the database alone would ask for;
// two ways of checking an event. Options: --seconds N (default 8), --memory-events N (default
// 200,000; the figure needs 5,000,000), --many-ads N (100,000).
import { Agent, request } from 'node:http';
import pg from 'pg';
import { floorRate, type FloorEvent } from './event-floor.js';
import { benchEventValidation } from './event-validation.js';
import { benchDatabase, median, residentMb, rounded, startChild, type Child } from './measure.js';

const TOKEN = '0123456789abcdef0123456789abcdef';
const BATCH = 500;
/** Accounts that send at the same time: each has one request under way. */
const SENDERS = 4;
const FEW_ADS = 1000;
const HOUR = 3_600_000;
const START = Date.now() - 20 * 24 * HOUR;

interface Sender {
  account: string;
  ads: number;
  sent: number;
  agent: Agent;
}

export async function benchEvents(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string, standard: number) => {
    const at = args.indexOf(name);
    return at >= 0 ? Number(args[at + 1]) : standard;
  };
  const seconds = option('--seconds', 8);
  const database = await benchDatabase();
  const server = await startChild('../src/main.js', [], {
    ...{ DATABASE_URL: database.url, ADMIN_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'error' },
    ...{ CRON_ENABLED: 'false', RATE_LIMIT_PER_MINUTE: '10000000' },
  });
  try {
    const senders = [];
    for (let index = 0; index < SENDERS; index++) {
      senders.push(await newSender(server.url, `bench-${index}`, FEW_ADS));
    }
    await load(server.url, senders, 2);
    const raw = [await rawRate(database.url, seconds)];
    const { rate, single } = await loadWithSingles(server.url, senders, seconds);
    raw.push(await rawRate(database.url, seconds));
    const floor = await floorRate(database.url, seconds, floorSenders());
    console.error(
      `raw ${Math.round(median(raw))}/s, learned ${Math.round(rate)}/s, floor ${Math.round(floor)}/s`,
    );
    const growth = await growthOf(server.url, option('--many-ads', 100_000), seconds);
    const memory = await memoryOver(server, senders, option('--memory-events', 200_000));
    return {
      events_per_second: Math.round(rate),
      raw_rows_per_second: Math.round(median(raw)),
      share: rounded(rate / median(raw)),
      share_aim: 0.5,
      floor_per_second: Math.round(floor),
      floor_share: rounded(floor / median(raw)),
      share_of_floor: rounded(rate / floor),
      batch: BATCH,
      senders: SENDERS,
      single_event_p50_ms: rounded(single[Math.floor(single.length * 0.5)] ?? NaN, 1),
      single_event_p99_ms: rounded(single[Math.floor(single.length * 0.99)] ?? NaN, 1),
      ...growth,
      ...memory,
      ...benchEventValidation(batch({ ...(senders[0] as Sender), sent: 0 }, 5000)),
    };
  } finally {
    await server.stop();
    await database.close();
  }
}

async function newSender(url: string, account: string, ads: number): Promise<Sender> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const currency = 'USD';
  await send(url, 'POST', '/v1/accounts', { account_id: account, name: account, currency }, agent);
  for (let from = 0; from < ads; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, ads - from) }, (_, index) => ({
      ...{ ad_id: `ad-${from + index}`, campaign_id: 'c', status: 'active', daily_budget: 10 },
      started_at: new Date(START).toISOString(),
    }));
    await send(url, 'PUT', '/v1/ads', { account_id: account, ads: rows }, agent);
  }
  return { account, ads, sent: 0, agent };
}

/** One in ten a click with features, one in two hundred a conversion of an earlier click. */
function event(account: string, ads: number, number: number) {
  const ad = `ad-${(number * 7919) % ads}`;
  const base = {
    event_id: `${account}-${number}`,
    occurred_at: new Date(START + number * 40).toISOString(),
  };
  if (number % 200 === 199) {
    const clicked = number - 1009;
    const from = `ad-${(((clicked % ads) + ads) * 7919) % ads}`;
    const click_id = `${account}-${clicked}`;
    return { ...base, ad_id: from, type: 'conversion', value: 30 + (number % 50), click_id };
  }
  if (number % 10 !== 0) return { ...base, ad_id: ad, type: 'impression', count: 10 };
  const features = { device: number % 3 === 0 ? 'mobile' : 'desktop', hour: number % 24 };
  return { ...base, ad_id: ad, type: 'click', click_id: `${account}-${number}`, features };
}

function batch(sender: Sender, size = BATCH) {
  const events = Array.from({ length: size }, (_, index) =>
    event(sender.account, sender.ads, sender.sent + index),
  );
  sender.sent += size;
  return events;
}

/** Events per second that were answered as learned. */
async function load(url: string, senders: Sender[], seconds: number): Promise<number> {
  const since = performance.now();
  const until = since + seconds * 1000;
  let learned = 0;
  await Promise.all(
    senders.map(async (sender) => {
      while (performance.now() < until) {
        const body = { account_id: sender.account, events: batch(sender) };
        const answer = await send(url, 'POST', '/v1/events', body, sender.agent);
        learned += (answer as { accepted: number }).accepted;
      }
    }),
  );
  return (learned * 1000) / (performance.now() - since);
}

async function loadWithSingles(url: string, senders: Sender[], seconds: number) {
  const waits: number[] = [];
  const [first] = senders;
  if (!first) throw new Error('no senders');
  const single = { ...first, agent: new Agent({ keepAlive: true }) };
  let isOver = false;
  const prober = (async () => {
    for (let number = 0; !isOver; number++) {
      const [one] = batch({ ...single, sent: number }, 1);
      const body = { account_id: single.account, events: [{ ...one, event_id: `s-${number}` }] };
      const since = performance.now();
      await send(url, 'POST', '/v1/events', body, single.agent);
      waits.push(performance.now() - since);
    }
  })();
  const rate = await load(url, senders, seconds);
  isOver = true;
  await prober;
  return { rate, single: waits.sort((left, right) => left - right) };
}

function floorSenders() {
  return Array.from({ length: SENDERS }, (_, index) => {
    const sender = { account: `floor-${index}`, ads: FEW_ADS, sent: 0, agent: new Agent() };
    return { account: sender.account, next: () => batch(sender) as unknown as FloorEvent[] };
  });
}

/** The same rows, the same number of connections, one table and the unique key of the events. */
async function rawRate(databaseUrl: string, seconds: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: SENDERS });
  await pool.query(`drop table if exists bench_events`);
  await pool.query(
    `create table bench_events (account_id text, event_id text, ad_id text, type text,
       count bigint, value_minor bigint, occurred_at timestamptz, click_id text, features jsonb,
       primary key (account_id, event_id))`,
  );
  const since = performance.now();
  const until = since + seconds * 1000;
  let rows = 0;
  await Promise.all(
    Array.from({ length: SENDERS }, async (_, index) => {
      const sender = { account: `raw-${index}`, ads: FEW_ADS, sent: 0, agent: new Agent() };
      while (performance.now() < until) {
        const events: Record<string, unknown>[] = batch(sender);
        const column = (name: string) => events.map((one) => one[name] ?? null);
        await pool.query(
          `insert into bench_events
           select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[],
                                    $6::bigint[], $7::timestamptz[], $8::text[], $9::jsonb[])
           on conflict do nothing`,
          [
            sender.account,
            ...['event_id', 'ad_id', 'type', 'count', 'value', 'occurred_at'].map(column),
            column('click_id'),
            events.map(({ features }) => (features ? JSON.stringify(features) : null)),
          ],
        );
        rows += events.length;
      }
    }),
  );
  const rate = (rows * 1000) / (performance.now() - since);
  await pool.query('drop table bench_events');
  await pool.end();
  return rate;
}

async function growthOf(url: string, manyAds: number, seconds: number) {
  const few = await newSender(url, 'few', FEW_ADS);
  const many = await newSender(url, 'many', manyAds);
  const rates = { few: [] as number[], many: [] as number[] };
  // An ad's first event makes its rows; every later one finds them. The two are told apart.
  const first: number[] = [];
  while (many.sent < manyAds) first.push(await load(url, [many], 1));
  // In turn, so that a machine that slows down slows both.
  for (let round = 0; round < 3; round++) {
    rates.few.push(await load(url, [few], seconds / 3));
    rates.many.push(await load(url, [many], seconds / 3));
  }
  console.error(
    `${FEW_ADS} ads ${rates.few.map(Math.round)}/s, ${manyAds} ${rates.many.map(Math.round)}/s`,
  );
  return {
    ads_few: FEW_ADS,
    ads_many: manyAds,
    cost_many_over_few: rounded(median(rates.few) / median(rates.many)),
    cost_of_first_events_over_few: rounded(median(rates.few) / median(first)),
    cost_aim: 1.2,
  };
}

/** Resident memory of the server's process at the start, at every tenth part, and at the end. */
async function memoryOver(server: Child, senders: Sender[], events: number) {
  const total = () => senders.reduce((sum, sender) => sum + sender.sent, 0);
  const begun = total();
  const megabytes = [Math.round(await residentMb(server.process.pid))];
  while (total() - begun < events) {
    await load(server.url, senders, 1);
    const part = Math.floor((10 * (total() - begun)) / events);
    if (part < megabytes.length) continue;
    megabytes.push(Math.round(await residentMb(server.process.pid)));
    console.error(`${total() - begun} events: ${megabytes.at(-1)} MB`);
  }
  const late = megabytes.slice(megabytes.length >> 1);
  return {
    memory_events: total() - begun,
    memory_mb: megabytes,
    memory_mb_late_spread: Math.max(...late) - Math.min(...late),
  };
}

function send(url: string, method: string, path: string, content: unknown, agent: Agent) {
  const body = JSON.stringify(content);
  return new Promise<unknown>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${TOKEN}`,
    };
    const outgoing = request(`${url}${path}`, { method, agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
