// Rows per second of an import (read, checked, merged, durable) against COPY of the same rows into
// one plain table, and the memory it takes. Options: --rows N (default 200,000).
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { AccountsService } from '../src/accounts/index.js';
import { AdsImport } from '../src/metrics/index.js';
import { readConfig } from '../src/shared/config/config.js';
import { withApplication } from '../src/start.js';
import { benchDatabase, rounded } from './measure.js';

const HEADER =
  'Campaign ID,Ad set ID,Ad ID,Ad name,Day,Impressions,Link clicks,Amount spent (USD),Purchases,' +
  'Purchases conversion value';
const LINES_PER_CHUNK = 1000;
const MEMORY_POLL_MILLIS = 50;

export async function benchImport(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--rows');
  const rows = at >= 0 ? Number(args[at + 1]) : 200_000;
  const database = await benchDatabase();
  try {
    const copy = await copyRate(database.url, rows);
    console.error(`COPY: ${Math.round(copy)} rows/s`);
    const { rate, memoryMb, again } = await importRate(database.url, rows);
    console.error(`import: ${Math.round(rate)} rows/s, at most ${memoryMb} MB`);
    return {
      rows,
      import_rows_per_second: Math.round(rate),
      copy_rows_per_second: Math.round(copy),
      share: rounded(rate / copy, 3),
      aim: 0.25,
      peak_memory_mb: memoryMb,
      memory_aim_mb: 300,
      changed_by_second_import: again,
    };
  } finally {
    await database.close();
  }
}

/** A thousand ads, each with so many days that the rows add up. */
function* lines(rows: number): Generator<string> {
  const days = Math.ceil(rows / 1000);
  const first = Date.UTC(2026, 9, 31) - days * 86_400_000;
  let chunk = `${HEADER}\n`;
  for (let row = 0; row < rows; row++) {
    const ad = row % 1000;
    const day = new Date(first + Math.floor(row / 1000) * 86_400_000).toISOString().slice(0, 10);
    const clicks = 10 + ((row * 7919) % 90);
    chunk +=
      `c${ad % 20},s${ad % 100},a${ad},Ad number ${ad},${day},${clicks * 70},${clicks},` +
      `${(clicks * 0.37).toFixed(2)},${clicks % 5},${(clicks % 5) * 49.9}\n`;
    if (row % LINES_PER_CHUNK === LINES_PER_CHUNK - 1) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}

async function copyRate(url: string, rows: number): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table bench_copy (campaign_id text, adset_id text, ad_id text,
    name text, day date, impressions bigint, clicks bigint, spend numeric, conversions bigint,
    revenue numeric)`);
  const since = performance.now();
  const into = client.query(copyFrom('copy bench_copy from stdin with (format csv, header)'));
  await pipeline(Readable.from(lines(rows)), into);
  const seconds = (performance.now() - since) / 1000;
  await client.query('drop table bench_copy');
  await client.end();
  return rows / seconds;
}

async function importRate(url: string, rows: number) {
  const config = readConfig({
    DATABASE_URL: url,
    ADMIN_TOKEN: '0123456789abcdef0123456789abcdef',
    LOG_LEVEL: 'error',
    CRON_ENABLED: 'false',
  });
  return withApplication(config, async (app) => {
    const { account } = await app
      .get(AccountsService)
      .create({ account_id: 'bench', name: 'bench', currency: 'USD' });
    const imports = app.get(AdsImport);
    const options = { asOf: new Date(), dryRun: false };
    const source = () => Readable.from(lines(rows)).map((text: string) => Buffer.from(text));
    let peak = 0;
    const poll = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, MEMORY_POLL_MILLIS);
    const since = performance.now();
    await imports.run(account, source(), options);
    const seconds = (performance.now() - since) / 1000;
    const again = await imports.run(account, source(), options);
    clearInterval(poll);
    return {
      rate: rows / seconds,
      memoryMb: Math.round(peak / 1024 / 1024),
      again: again.accepted + again.new_ads,
    };
  });
}
