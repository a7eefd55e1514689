// Start-up against a bare NestJS + TypeORM application on the same database, and memory at rest.
import { benchDatabase, median, residentMb, rounded, startChild, type Child } from './measure.js';

const ROUNDS = 5;
const REST_MILLIS = 4000;
const TOKEN = '0123456789abcdef0123456789abcdef';

export async function benchStart(): Promise<Record<string, unknown>> {
  const database = await benchDatabase();
  const env = {
    DATABASE_URL: database.url,
    ADMIN_TOKEN: TOKEN,
    PORT: '0',
    LOG_LEVEL: 'error',
    EXECUTION_MODE: 'sandbox',
  };
  try {
    // The first start migrates and makes the sandbox; it is told apart from the later ones.
    const first = await measured(() => startChild('../src/main.js', [], env));
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push((await measured(() => startChild('../src/main.js', [], env))).millis);
      bare.push((await measured(() => startChild('./bare-server.js', [], env))).millis);
      console.error(`round ${round + 1}: ours ${ours.at(-1)} ms, bare ${bare.at(-1)} ms`);
    }
    const atRest = await measured(() => startChild('../src/main.js', [], env), REST_MILLIS);
    return {
      first_start_ms: first.millis,
      start_ms: Math.round(median(ours)),
      bare_start_ms: Math.round(median(bare)),
      ratio: rounded(median(ours.map((value, index) => value / (bare[index] ?? NaN)))),
      ratio_aim: 2,
      idle_memory_mb: Math.round(atRest.memoryMb),
      idle_memory_aim_mb: 200,
    };
  } finally {
    await database.close();
  }
}

async function measured(
  start: () => Promise<Child>,
  rest = 0,
): Promise<{ millis: number; memoryMb: number }> {
  const child = await start();
  await new Promise((resolve) => setTimeout(resolve, rest));
  const memoryMb = await residentMb(child.process.pid);
  await child.stop();
  return { millis: Math.round(child.startedInMillis), memoryMb };
}
