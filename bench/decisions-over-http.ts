// How long a decision takes from request to answer: beliefs from four weeks of account days,
// look-ups, draws, the split, its record in the database.
import { makeDecisionAccount } from './decision-account.js';
import { HttpClient } from './http-client.js';
import { benchDatabase, rounded, startChild } from './measure.js';

const TOKEN = '0123456789abcdef0123456789abcdef';
/** Decisions per size: a p99 needs two hundred, a large account shows its size in fewer. */
const ROUNDS_MAX = 200;
const ROUNDS_MIN = 10;
const ADS_IN_ALL = 40_000;

export async function decisionsOverHttp(sizes: readonly number[]) {
  if (sizes.length === 0) return null;
  const database = await benchDatabase();
  const server = await startChild('../src/main.js', [], {
    ...{ DATABASE_URL: database.url, ADMIN_TOKEN: TOKEN, PORT: '0', LOG_LEVEL: 'error' },
    ...{ CRON_ENABLED: 'false', RATE_LIMIT_PER_MINUTE: '10000000' },
  });
  const http = new HttpClient(server.url, TOKEN);
  try {
    const figures: Record<string, unknown> = {};
    for (const ads of sizes) {
      const account = `bench-${ads}-${Date.now()}`;
      await makeDecisionAccount(http, account, ads);
      figures[ads] = await timesOf(http, account, ads);
      console.error(`${ads} ads over HTTP: ${JSON.stringify(figures[ads])}`);
    }
    return figures;
  } finally {
    http.close();
    await server.stop();
    await database.close();
  }
}

async function timesOf(http: HttpClient, account: string, ads: number) {
  const rounds = Math.max(ROUNDS_MIN, Math.min(ROUNDS_MAX, Math.round(ADS_IN_ALL / ads)));
  const times: number[] = [];
  // The first ones compile; they are not counted.
  for (let round = -3; round < rounds; round += 1) {
    const body = { account_id: account, total_budget: 50 * ads };
    const since = performance.now();
    await http.send('POST', '/v1/sampling/allocate', body);
    if (round >= 0) times.push(performance.now() - since);
  }
  times.sort((left, right) => left - right);
  const at = (share: number) => rounded(times[Math.floor(share * (times.length - 1))] ?? NaN, 1);
  return { decisions: rounds, p50_ms: at(0.5), p99_ms: at(0.99) };
}
