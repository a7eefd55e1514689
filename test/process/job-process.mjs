// One process with a job runner on the built code, for jobs.spec.ts. It says what happened as JSON
// lines on standard output. Usage: node job-process.mjs MODE DATABASE_URL SCHEMA
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';

const shared = new URL('../../dist/src/shared/', import.meta.url);
const load = (file) => import(new URL(file, shared).href);
const { JobRegistry } = await load('jobs/job-registry.js');
const { JobRunner } = await load('jobs/job-runner.js');
const { Config } = await load('config/config.js');
const { dataSourceOptions } = await load('database/data-source.js');
const { Lifecycle } = await load('lifecycle.js');
const { PinoLog } = await load('log.js');

const RACE_MILLIS = 5000;
const [mode, url, schema] = process.argv.slice(2);
const dataSource = await new DataSource(dataSourceOptions({ url, schema }, [])).initialize();
const registry = new JobRegistry();
const runner = new JobRunner(
  dataSource,
  registry,
  new Config(),
  new Lifecycle(),
  new PinoLog('silent'),
);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const register = (name, run) =>
  registry.register({
    name,
    schedule: { everyMinutes: 90 },
    describeSchedule: 'every 90 minutes',
    heavy: false,
    run,
  });

/** The started run, or null when another process has the job. */
async function tryStart(name) {
  try {
    return await runner.start(name, { trigger: 'manual' });
  } catch (error) {
    if (error.code === 'jobs.already_running') return null;
    throw error;
  }
}

const modes = {
  /** Holds the job until it is killed. */
  async hold() {
    register('held', () => new Promise(() => undefined));
    say({ started: (await runner.start('held', { trigger: 'manual' })).runId });
    await new Promise(() => setInterval(() => undefined, 1000));
  },

  /** Asks for the job until it gets it. */
  async take() {
    register('held', async () => ({ counts: { taken: true } }));
    let refused = 0;
    let started = await tryStart('held');
    for (; started === null; started = await tryStart('held')) {
      refused += 1;
      await sleep(200);
    }
    say({ refused, status: (await started.finished).status });
  },

  /** Asks for the job again and again; every run writes down when it was under way. */
  async race() {
    register('raced', async () => {
      const [{ began }] = await dataSource.query('select clock_timestamp()::text as began');
      await sleep(Math.random() * 20);
      await dataSource.query(
        'insert into witnessed (process, began, ended) values ($1, $2, clock_timestamp())',
        [process.pid, began],
      );
      return { counts: {} };
    });
    let [ran, refused] = [0, 0];
    for (const until = Date.now() + RACE_MILLIS; Date.now() < until;) {
      const started = await tryStart('raced');
      if (started === null) refused += 1;
      else {
        ran += 1;
        await started.finished;
      }
      await sleep(Math.random() * 5);
    }
    say({ ran, refused });
  },
};

await modes[mode]();
await dataSource.destroy();
process.exit(0);
