// `npm run bench -- cache [--ads 2000] [--cycles 72] [--sizes 100,1000,10000]`: what the cache of
// look-ups finds in a day of scoring and how wrong it is, judged hit by hit; and what it saves
// against computing all ads in one pass without it. With REDIS_URL the day is played on that tier
// too, and a second process begins with what the first one left.
import { parseArgs } from 'node:util';
import { readConfig } from '../src/shared/config/config.js';
import { startServer } from '../src/start.js';
import { timesAt } from './cache/times.js';
import { playDay, type DayOptions } from './cache/day.js';
import { makeDecisionAccount } from './decision-account.js';
import { HttpClient } from './http-client.js';
import { benchDatabase, rounded } from './measure.js';

const TOKEN = '0123456789abcdef0123456789abcdef';
/**
 * Enough for numbers to be published: five accounts at least, none with a quarter of the weight.
 */
const TEACHERS = 6;
const TEACHER_ADS = 40;
const DAY_MILLIS = 86_400_000;

export async function benchCache(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      ads: { type: 'string', default: '2000' },
      cycles: { type: 'string', default: '72' },
      sizes: { type: 'string', default: '100,1000,10000' },
    },
  });
  const redisUrl = process.env['REDIS_URL'] ?? null;
  const times: Record<string, unknown> = {};
  for (const size of values.sizes.split(',').map(Number)) {
    times[size] = await timesAt(size, redisUrl);
    console.error(`${size} ads: ${JSON.stringify(times[size])}`);
  }
  const database = await benchDatabase();
  try {
    const day = { ads: Number(values.ads), cycles: Number(values.cycles) };
    const memory = await onServer(database.url, null, day, 'teach');
    const redis = redisUrl === null ? null : await onServer(database.url, redisUrl, day, 'play');
    const heir = redisUrl === null ? null : await secondProcess(database.url, redisUrl, day.ads);
    return { ...day, times, memory, redis, second_process_on_redis: heir };
  } finally {
    await database.close();
  }
}

async function onServer(
  databaseUrl: string,
  redisUrl: string | null,
  day: Pick<DayOptions, 'ads' | 'cycles'>,
  mode: 'teach' | 'play',
) {
  const { server, http, stop } = await serve(databaseUrl, redisUrl);
  try {
    if (mode === 'teach') {
      for (let index = 0; index < TEACHERS; index += 1) {
        await makeDecisionAccount(http, `teacher-${index}`, TEACHER_ADS, { share_patterns: true });
      }
      await http.send('POST', '/admin/jobs/crossLearner/run?wait=true');
    }
    const yesterday = new Date(Math.floor(Date.now() / DAY_MILLIS) * DAY_MILLIS - DAY_MILLIS);
    const accountId = `day-${redisUrl === null ? 'memory' : 'redis'}`;
    const figures = await playDay(server, http, { ...day, accountId, start: yesterday });
    const told = { ...figures, reported: await http.send('GET', '/v1/sampling/cache') };
    console.error(`${accountId}: ${JSON.stringify(told)}`);
    return told;
  } finally {
    await stop();
  }
}

/** A process that begins with an empty memory beside a full Redis. */
async function secondProcess(databaseUrl: string, redisUrl: string, ads: number) {
  const { http, stop } = await serve(databaseUrl, redisUrl);
  try {
    const since = performance.now();
    await http.send('POST', '/v1/sampling/allocate', {
      ...{ account_id: 'day-redis', total_budget: 50 * ads, seed: 1 },
      as_of: new Date(Math.floor(Date.now() / DAY_MILLIS) * DAY_MILLIS - 1).toISOString(),
    });
    const milliseconds = rounded(performance.now() - since);
    const figures = await http.send<{ hit_rate: number }>('GET', '/v1/sampling/cache');
    return { first_allocation_ms: milliseconds, hit_rate: figures.hit_rate };
  } finally {
    await stop();
  }
}

async function serve(databaseUrl: string, redisUrl: string | null) {
  const server = await startServer(
    readConfig({
      ...{ DATABASE_URL: databaseUrl, ADMIN_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'error' },
      ...{ CRON_ENABLED: 'false', RATE_LIMIT_PER_MINUTE: '10000000' },
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
    }),
  );
  const http = new HttpClient(server.url, TOKEN);
  const stop = async () => {
    http.close();
    await server.stop();
  };
  return { server, http, stop };
}
