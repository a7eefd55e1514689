// How fast conversions are durable, against the raw insert of the same rows; and what hashing is of
// it.
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { cleanUserData } from '../../src/attribution/index.js';
import { median, rounded } from '../measure.js';
import { ACCOUNT, MANY_CONNECTIONS, purchase, spread, type Rig } from './rig.js';

const BATCH = 100;
const RAW_ROWS = 20_000;
/** Linux counts the time of a process in hundredths of a second. */
const TICK_MICROS = 10_000;

/** A tenth of `total` is taken one by one. Raw inserts before and after: the machine may tire. */
export async function measureIntake(rig: Rig, total: number) {
  const single = Math.max(1, Math.round(total / 10));
  await take(rig, 0, 1000, BATCH);
  await take(rig, 1e6, 200, 1);
  const raw = await RawRows.of(rig.databaseUrl);
  const rawHundreds = [await raw.rate(BATCH)];
  const rawSingles = [await raw.rate(1)];
  const one = await take(rig, 2e6, single, 1);
  const cpuBefore = await cpuMicros(rig.server.process.pid);
  const hundred = await take(rig, 3e6, total - single, BATCH);
  const cpu = ((await cpuMicros(rig.server.process.pid)) - cpuBefore) / (total - single);
  rawHundreds.push(await raw.rate(BATCH));
  rawSingles.push(await raw.rate(1));
  await raw.close();
  const hashing = hashingMicros();
  console.error(`intake ${one}/s one by one, ${hundred}/s in hundreds`);
  console.error(
    `raw ${rawSingles.join(', ')}/s one by one, ${rawHundreds.join(', ')}/s in hundreds`,
  );
  return {
    intake_one_by_one_per_second: one,
    raw_one_by_one_per_second: median(rawSingles),
    share_one_by_one: rounded(one / median(rawSingles)),
    intake_in_hundreds_per_second: hundred,
    raw_in_hundreds_per_second: median(rawHundreds),
    share_in_hundreds: rounded(hundred / median(rawHundreds)),
    share_aim: 0.4,
    server_cpu_microseconds_per_event: rounded(cpu, 1),
    hashing_microseconds_per_event: hashing,
    hashing_share_of_server_cpu: rounded(hashing / cpu),
  };
}

/** Events per second; throws unless every one was accepted. */
async function take(rig: Rig, from: number, count: number, size: number): Promise<number> {
  const seconds = await spread(count, size, async (start, part) => {
    const data = Array.from({ length: part }, (_, offset) => purchase(from + start + offset));
    const answer = await rig.call('POST', '/v1/conversions', { account_id: ACCOUNT, data });
    if (answer['accepted'] !== part) throw new Error(JSON.stringify(answer).slice(0, 500));
  });
  return Math.round(count / seconds);
}

/** The rows that intake wrote, written again by a client that does nothing else. */
class RawRows {
  private constructor(
    private readonly pool: pg.Pool,
    private readonly columns: { name: string; type: string }[],
    private readonly rows: Record<string, string | null>[],
  ) {}

  static async of(databaseUrl: string): Promise<RawRows> {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: MANY_CONNECTIONS });
    const { rows: columns } = await pool.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
        where attrelid = 'conversions'::regclass and attnum > 0 and not attisdropped
        order by attnum`,
    );
    const texts = columns.map(({ name }) => `${name}::text`).join(', ');
    const { rows } = await pool.query<Record<string, string | null>>(
      `select ${texts} from conversions limit 1000`,
    );
    return new RawRows(pool, columns, rows);
  }

  async rate(size: number): Promise<number> {
    await this.pool.query('create table bench_raw (like conversions including all)');
    const { columns } = this;
    const arrays = columns.map(({ type }, place) =>
      type.endsWith('[]') ? `$${place + 1}::text[]` : `$${place + 1}::${type}[]`,
    );
    const picked = columns.map(({ type }, place) =>
      type.endsWith('[]') ? `c${place}::${type}` : `c${place}`,
    );
    const sql = `insert into bench_raw select ${picked.join(', ')}
      from unnest(${arrays.join(', ')}) d (${columns.map((_, place) => `c${place}`).join(', ')})`;
    const count = size === 1 ? RAW_ROWS / 10 : RAW_ROWS;
    const seconds = await spread(count, size, async (start, part) => {
      const values = columns.map(({ name }) =>
        Array.from({ length: part }, (_, offset) => this.value(name, start + offset)),
      );
      await this.pool.query(sql, values);
    });
    await this.pool.query('drop table bench_raw');
    return Math.round(count / seconds);
  }

  /** Ids of their own, so that the indexes grow as they do for intake. */
  private value(column: string, number: number): string | null {
    if (column === 'id') return crypto.randomUUID();
    const value = this.rows[number % this.rows.length]?.[column] ?? null;
    return column === 'event_id' ? `${value}-${number}` : value;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** Processor time, as of the server: a busy machine lengthens both alike. */
function hashingMicros(): number {
  const rounds = 20_000;
  const now = new Date();
  const hash = (round: number) => cleanUserData(purchase(round).user_data, 'us', now);
  for (let round = 0; round < 2000; round++) hash(round);
  const since = process.cpuUsage();
  for (let round = 0; round < rounds; round++) hash(round);
  const { user, system } = process.cpuUsage(since);
  return rounded((user + system) / rounds, 1);
}

/** The processor time that a process has used so far. */
async function cpuMicros(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}
