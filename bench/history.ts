// `npm run bench -- history [--ads 1000] [--minutes 20]`: what an allocation costs after 30, 90 and
// 400 days of daily figures and lifetime readings. A belief reads a bounded part of history, so it
// should hardly matter.
import { parseArgs } from 'node:util';
import { HttpClient } from './http-client.js';
import { benchDatabase, median, rounded, startChild } from './measure.js';
import { openDatabase, storePast } from './stored-account.js';

const TOKEN = '0123456789abcdef0123456789abcdef';
const PASTS = [30, 90, 400] as const;
const ROUNDS = 5;

export async function benchHistory(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      ads: { type: 'string', default: '1000' },
      minutes: { type: 'string', default: '20' },
    },
  });
  const ads = Number(values.ads);
  const readingMinutes = Number(values.minutes);
  const database = await benchDatabase();
  const server = await startChild('../src/main.js', [], {
    ...{ DATABASE_URL: database.url, ADMIN_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'error' },
    ...{ CRON_ENABLED: 'false', RATE_LIMIT_PER_MINUTE: '10000000' },
  });
  const http = new HttpClient(server.url, TOKEN);
  const store = await openDatabase(database.url);
  try {
    const times = new Map<number, number>();
    for (const days of PASTS) {
      const accountId = `past-${days}-${Date.now()}`;
      await http.send('POST', '/v1/accounts', {
        ...{ account_id: accountId, name: accountId, currency: 'USD' },
      });
      await storePast(store, { accountId, ads, days, readingMinutes, campaigns: 20 });
      const took: number[] = [];
      for (let round = -1; round < ROUNDS; round += 1) {
        const since = performance.now();
        const body = { account_id: accountId, total_budget: 50 * ads };
        await http.send('POST', '/v1/sampling/allocate', body);
        if (round >= 0) took.push(performance.now() - since);
      }
      times.set(days, median(took));
      console.error(`${days} days: ${rounded(median(took), 1)} ms`);
    }
    const at = (days: (typeof PASTS)[number]) => times.get(days) ?? NaN;
    return {
      ...{ ads, reading_minutes: readingMinutes },
      allocate_ms: Object.fromEntries([...times].map(([days, ms]) => [days, rounded(ms, 1)])),
      ratio_400_to_90: rounded(at(400) / at(90)),
      ratio_aim: 1.3,
    };
  } finally {
    http.close();
    await store.destroy();
    await server.stop();
    await database.close();
  }
}
