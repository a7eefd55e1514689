// The job runner on a real database: two runners stand for two processes, each with its own holder.
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { DataSource, EntityManager } from 'typeorm';
import { JobClock } from '../src/shared/jobs/job-clock.jobs.js';
import { JobHistory } from '../src/shared/jobs/job-history.service.js';
import { TAKEN_OVER_ERROR } from '../src/shared/jobs/job-lease.queries.js';
import { JobRegistry } from '../src/shared/jobs/job-registry.js';
import { readJobFigures } from '../src/shared/jobs/job-runs.queries.js';
import { JobRunner } from '../src/shared/jobs/job-runner.js';
import { nothingDue, type Job, type JobContext, type JobRun } from '../src/shared/jobs/job.js';
import { Config, DomainError, Lifecycle, PinoLog } from '../src/shared/index.js';
import { openTestDatabase } from './harness/database.js';

const MANUAL = { trigger: 'manual' as const };
/** So rare that no real tick falls into a test. */
const YEARLY = { cron: '0 0 1 1 *' };
const LONG_AGO = '2 years';
const EVERY_90 = { everyMinutes: 90 };

let dataSource: DataSource;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ dataSource, close } = await openTestDatabase());
});
afterAll(() => close());
beforeEach(() => dataSource.query('truncate job_leases, job_runs'));

function job(name: string, run: Job['run'], extra: Partial<Job> = {}): Job {
  return {
    name,
    schedule: YEARLY,
    describeSchedule: '',
    heavy: false,
    usesServerClock: false,
    run,
    ...extra,
  };
}

/** A server: its own registry, holder and lifecycle on the one database. */
function server(jobs: Job[], settings: Partial<Config> = {}, database = dataSource) {
  const registry = new JobRegistry();
  for (const each of jobs) registry.register(each);
  const config = Object.assign(new Config(), settings);
  const lifecycle = new Lifecycle();
  const log = new PinoLog('silent');
  const runner = new JobRunner(database, registry, config, lifecycle, log);
  const crons = new SchedulerRegistry();
  const clock = new JobClock(runner, registry, crons, config, log);
  return { runner, lifecycle, crons, clock, history: new JobHistory(database, registry, config) };
}

/** A job that runs until it is told to end. */
function gatedJob(name: string, extra: Partial<Job> = {}) {
  let open: () => void = () => undefined;
  const contexts: JobContext[] = [];
  const gated = job(
    name,
    async (context) => {
      contexts.push(context);
      await new Promise<void>((resolve, reject) => {
        open = resolve;
        context.signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
      return { counts: { rows: 1 } };
    },
    extra,
  );
  return { job: gated, contexts, end: () => open() };
}

async function runToEnd(runner: JobRunner, name: string): Promise<JobRun> {
  return (await runner.start(name, MANUAL)).finished;
}

async function refusal(attempt: Promise<unknown>): Promise<[number, string]> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error(`no DomainError: ${String(error)}`);
  return [error.status, error.code];
}

/** Whether the answer comes to be the wanted one within five seconds. */
async function until(ask: () => Promise<unknown>, wanted: unknown): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (isDeepStrictEqual(await ask(), wanted)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Rows that the figures' statement takes from the history. */
async function rowsReadForFigures(): Promise<number> {
  interface Node {
    'Relation Name'?: string;
    'Actual Rows': number;
    'Actual Loops': number;
    'Rows Removed by Filter'?: number;
    Plans?: Node[];
  }
  let plan: Node | undefined;
  const explaining = {
    query: async (sql: string) => {
      const [row] = await dataSource.query(`explain (analyze, format json) ${sql}`);
      plan = row['QUERY PLAN'][0].Plan;
      return [];
    },
  };
  await readJobFigures(explaining as unknown as EntityManager);
  const read = (node: Node): number => {
    const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
    const own = node['Relation Name'] === 'job_runs' ? rows * node['Actual Loops'] : 0;
    return (node.Plans ?? []).reduce((sum, one) => sum + read(one), own);
  };
  return read(plan as Node);
}

async function leaseOf(name: string) {
  const [row] = (await dataSource.query(
    'select holder, term::int as term, last_due_at from job_leases where name = $1',
    [name],
  )) as { holder: string | null; term: number; last_due_at: Date | null }[];
  return row;
}

describe('a run', () => {
  it('is recorded with its counts and gives its lease back', async () => {
    const { runner } = server([job('metrics', async () => ({ counts: { rows: 12, full: true } }))]);
    const { runId, finished } = await runner.start('metrics', MANUAL);
    expect(await finished).toEqual({
      runId,
      name: 'metrics',
      trigger: 'manual',
      status: 'succeeded',
      skipReason: null,
      counts: { rows: 12, full: true },
      error: null,
      failures: [],
      startedAt: expect.any(Date),
      finishedAt: expect.any(Date),
      memoryMb: expect.any(Number),
    });
    expect(await leaseOf('metrics')).toEqual({ holder: null, term: 1, last_due_at: null });
  });

  it('that found nothing due has succeeded and says so', async () => {
    const { runner } = server([job('metrics', async () => nothingDue({ looked: 3 }))]);
    expect(await runToEnd(runner, 'metrics')).toMatchObject({
      status: 'succeeded',
      counts: { looked: 3, nothing_due: true },
    });
  });

  it('that did not look is skipped with its reason', async () => {
    const { runner } = server([job('capi', async () => ({ skipped: 'no credential' }))]);
    expect(await runToEnd(runner, 'capi')).toMatchObject({
      status: 'skipped',
      skipReason: 'no credential',
      counts: {},
      error: null,
    });
  });

  it('that throws has failed with its message, and the next one can start', async () => {
    const { runner } = server([
      job('weights', () => Promise.reject(new Error('usage cap reached\u0000'))),
    ]);
    const ended = { status: 'failed', error: 'usage cap reached', skipReason: null };
    expect(await runToEnd(runner, 'weights')).toMatchObject(ended);
    expect(await runToEnd(runner, 'weights')).toMatchObject(ended);
  });

  it('that fails in part succeeded and tells the first fault', async () => {
    const fault = new Error('account acme: the token is dead');
    const failures = [{ account_id: 'acme', error: 'the token is dead' }];
    const { runner } = server([
      job('metrics', async () => ({ counts: { failed: 1 }, fault, failures })),
    ]);
    const { finished } = await runner.start('metrics', MANUAL);
    expect(await finished).toMatchObject({
      status: 'succeeded',
      counts: { failed: 1 },
      error: 'account acme: the token is dead',
      failures,
    });
  });

  it('of a heavy job does not begin when memory is short', async () => {
    const tight = { memoryWarnMb: 1, memorySkipMb: 1, memoryCriticalMb: 100_000 };
    let ran = 0;
    const count = async () => ({ counts: { ran: ++ran } });
    const { runner } = server([job('weights', count, { heavy: true }), job('capi', count)], tight);
    expect(await runToEnd(runner, 'weights')).toMatchObject({
      status: 'skipped',
      skipReason: expect.stringMatching(/^memory: \d+ MB >= MEMORY_SKIP_MB \(1\)$/),
    });
    expect(await runToEnd(runner, 'capi')).toMatchObject({
      status: 'succeeded',
      counts: { ran: 1 },
    });
  });

  it('gets the time it was given, unless the job goes by the server clock', async () => {
    const seen: (Date | null)[] = [];
    const look = async ({ asOf }: JobContext) => {
      seen.push(asOf);
      return nothingDue();
    };
    const { runner } = server([
      job('allocate', look),
      job('executor', look, { usesServerClock: true }),
    ]);
    const asOf = new Date('2026-11-01T00:00:00Z');
    await (
      await runner.start('allocate', { ...MANUAL, asOf })
    ).finished;
    await runToEnd(runner, 'executor');
    expect(seen).toEqual([asOf, null]);
    const refused = runner.start('executor', { ...MANUAL, asOf });
    expect(await refusal(refused)).toEqual([422, 'jobs.no_as_of']);
  });

  it('shows what it counted while it is under way, written every two seconds at most', async () => {
    const gated = gatedJob('metrics');
    const { runner, history } = server([gated.job]);
    const shown = async () => (await history.overview())[0]?.lastRun?.counts;
    const { finished } = await runner.start('metrics', MANUAL);
    while (gated.contexts.length === 0) await new Promise(setImmediate);
    const [context] = gated.contexts;
    for (let ads = 1; ads <= 500; ads++) context?.report({ ads });
    await expect(until(shown, { ads: 1 })).resolves.toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await shown()).toEqual({ ads: 1 });
    await expect(until(shown, { ads: 500 })).resolves.toBe(true);
    gated.end();
    expect(await finished).toMatchObject({ counts: { rows: 1 } });
  });

  it('keeps what it had counted when it fails', async () => {
    const { runner } = server([
      job('metrics', async ({ report }) => {
        report({ ads: 7 });
        throw new Error('the disk is full');
      }),
    ]);
    const ended = { status: 'failed', counts: { ads: 7 }, error: 'the disk is full' };
    expect(await runToEnd(runner, 'metrics')).toMatchObject(ended);
  });

  it('that was done is recorded although the connection drops twice meanwhile', async () => {
    const faulty = Object.create(dataSource) as DataSource;
    let drops = 0;
    const work = async () => {
      drops = 2;
      return { counts: { rows: 3 } };
    };
    faulty.transaction = (async (...args: Parameters<DataSource['transaction']>) => {
      if (drops-- > 0) throw new Error('Connection terminated unexpectedly');
      return dataSource.transaction(...args);
    }) as DataSource['transaction'];
    const { runner } = server([job('metrics', work)], {}, faulty);
    expect(await runToEnd(runner, 'metrics')).toMatchObject({
      status: 'succeeded',
      counts: { rows: 3 },
    });
  });

  it('of a job that does not exist is refused', async () => {
    const { runner } = server([]);
    expect(await refusal(runner.start('nonsense', MANUAL))).toEqual([404, 'jobs.unknown']);
  });
});

describe('the lease', () => {
  it('lets one of many racing servers run, the others are told 409', async () => {
    const gated = gatedJob('weights');
    const servers = Array.from({ length: 6 }, () => server([gated.job]));
    const attempts = await Promise.allSettled(
      servers.map(({ runner }) => runner.start('weights', MANUAL)),
    );
    const started = attempts.filter((attempt) => attempt.status === 'fulfilled');
    const codes = attempts.map((attempt) => attempt.status === 'rejected' && attempt.reason.code);
    expect(started.length).toBe(1);
    expect(codes.filter((code) => code === 'jobs.already_running').length).toBe(5);
    while (gated.contexts.length === 0) await new Promise(setImmediate);
    gated.end();
    expect(await started[0]?.value.finished).toMatchObject({ status: 'succeeded' });
  });

  it('of a dead holder is taken over after its expiry, and the dead run is closed', async () => {
    const dead = gatedJob('weights');
    const first = await server([dead.job]).runner.start('weights', MANUAL);
    const other = server([job('weights', async () => nothingDue())]);
    expect(await refusal(other.runner.start('weights', MANUAL))).toEqual([
      409,
      'jobs.already_running',
    ]);
    await expireLease('weights');
    expect((await other.history.overview())[0]).toMatchObject({
      running: false,
      lastRun: { runId: first.runId, status: 'failed', error: TAKEN_OVER_ERROR },
    });
    expect(await runToEnd(other.runner, 'weights')).toMatchObject({ status: 'succeeded' });
    expect(await leaseOf('weights')).toMatchObject({ holder: null, term: 2 });
    // The first holder was only frozen: its late end changes nothing that is another's by now.
    dead.end();
    expect(await first.finished).toMatchObject({ status: 'failed', error: TAKEN_OVER_ERROR });
    expect(await leaseOf('weights')).toMatchObject({ holder: null, term: 2 });
  });

  it('is not released by a holder whose term is over', async () => {
    const [old, current] = [gatedJob('weights'), gatedJob('weights')];
    const frozen = await server([old.job]).runner.start('weights', MANUAL);
    await expireLease('weights');
    const living = await server([current.job]).runner.start('weights', MANUAL);
    while (current.contexts.length === 0) await new Promise(setImmediate);
    old.end();
    await frozen.finished;
    expect(await leaseOf('weights')).toMatchObject({ holder: expect.any(String), term: 2 });
    current.end();
    expect(await living.finished).toMatchObject({ status: 'succeeded' });
  });

  it('that another took makes the run stop at the next renewal', async () => {
    const gated = gatedJob('weights');
    const { finished } = await server([gated.job]).runner.start('weights', MANUAL);
    await dataSource.query(`update job_leases set term = term + 1 where name = 'weights'`);
    const renewedWithin = new Promise((_, reject) =>
      setTimeout(() => reject(new Error('the run went on without its lease')), 8000).unref(),
    );
    await Promise.race([finished, renewedWithin]);
    expect(gated.contexts[0]?.signal.aborted).toBe(true);
  });

  async function expireLease(name: string) {
    await dataSource.query(
      `update job_leases set expires_at = now() - interval '1 millisecond' where name = $1`,
      [name],
    );
  }
});

describe('a tick', () => {
  let runs = 0;
  const counted = (schedule: Job['schedule']) =>
    job('metrics', async () => ({ counts: { ran: ++runs } }), { schedule });

  beforeEach(() => {
    runs = 0;
  });

  it('runs once on two servers, whether they wake together or one after the other', async () => {
    const [one, two] = [server([counted(YEARLY)]), server([counted(YEARLY)])];
    await lastTick('metrics', LONG_AGO);
    await Promise.all([one.runner.tick('metrics'), two.runner.tick('metrics')]);
    await one.runner.tick('metrics');
    await two.runner.tick('metrics');
    expect(runs).toBe(1);
    const { items } = await one.history.runs({ limit: 50 });
    expect(items.map(({ trigger, status }) => [trigger, status])).toEqual([['cron', 'succeeded']]);
  });

  it('of a job never seen waits for its first period', async () => {
    const { runner } = server([counted(YEARLY), job('replyLearning', async () => nothingDue())]);
    await runner.anchor();
    await runner.tickAll();
    expect(runs).toBe(0);
  });

  it('of an interval is due one period after its anchor, and once', async () => {
    const { runner, history } = server([counted(EVERY_90)]);
    await runner.tickAll();
    expect((await history.overview())[0]?.nextRunAt).toBeNull();
    await lastTick('metrics', '89 minutes');
    await runner.tickAll();
    expect(runs).toBe(0);
    await lastTick('metrics', '91 minutes');
    await runner.tickAll();
    await runner.tickAll();
    expect(runs).toBe(1);
    const { nextRunAt } = (await history.overview())[0] ?? {};
    const minutesAhead = ((nextRunAt?.getTime() ?? 0) - Date.now()) / 60_000;
    expect(minutesAhead).toBeGreaterThan(88);
    expect(minutesAhead).toBeLessThan(89.1);
  });

  it('that meets a run under way elsewhere is no error, and is made up for later', async () => {
    const gated = gatedJob('metrics');
    const busy = server([gated.job]);
    const other = server([counted(YEARLY)]);
    const { finished } = await busy.runner.start('metrics', MANUAL);
    await lastTick('metrics', LONG_AGO);
    await other.runner.tick('metrics');
    expect(runs).toBe(0);
    while (gated.contexts.length === 0) await new Promise(setImmediate);
    gated.end();
    await finished;
    await other.runner.tick('metrics');
    expect(runs).toBe(1);
  });

  it('of a failing job does not throw: the history has the failure', async () => {
    const { runner, history } = server([job('metrics', () => Promise.reject(new Error('broken')))]);
    await lastTick('metrics', LONG_AGO);
    await runner.tick('metrics');
    expect((await history.overview())[0]?.lastRun).toMatchObject({ status: 'failed' });
  });

  async function lastTick(name: string, ago: string) {
    await dataSource.query(
      `insert into job_leases (name, last_due_at) values ($1, now() - $2::interval)
       on conflict (name) do update set last_due_at = excluded.last_due_at`,
      [name, ago],
    );
  }
});

describe('on the way out', () => {
  it('a run is told to stop and is recorded before the server is gone', async () => {
    const { runner } = server([gatedJob('weights').job]);
    const { finished } = await runner.start('weights', MANUAL);
    await runner.drain();
    const stopped = { status: 'failed', error: 'stopped by shutdown' };
    expect(await finished).toMatchObject(stopped);
    expect(await leaseOf('weights')).toMatchObject({ holder: null });
  });

  it('a run that does not listen is handed back, and its lease lapses within seconds', async () => {
    let end: () => void = () => undefined;
    const deaf = job('weights', async () => {
      await new Promise<void>((resolve) => (end = resolve));
      return nothingDue();
    });
    const { runner, history } = server([deaf]);
    const { runId, finished } = await runner.start('weights', MANUAL);
    await runner.drain(50);
    const { items } = await history.runs({ limit: 1 });
    expect(items).toMatchObject([
      { run_id: runId, status: 'failed', error: 'stopped by shutdown' },
    ]);
    const [lease] = (await dataSource.query(
      'select extract(epoch from expires_at - now())::float8 as left from job_leases',
    )) as { left: number }[];
    expect(lease?.left).toBeLessThanOrEqual(5);
    end();
    expect(await finished).toMatchObject({ status: 'failed', error: 'stopped by shutdown' });
  });

  it('nothing new begins', async () => {
    const { runner, lifecycle } = server([job('weights', async () => nothingDue())]);
    lifecycle.startDraining();
    await runner.tick('weights');
    expect(await refusal(runner.start('weights', MANUAL))).toEqual([503, 'jobs.shutting_down']);
  });
});

describe('the history', () => {
  it('pages through the runs, newest first, without losing or repeating one', async () => {
    const done = async () => nothingDue();
    const { runner, history } = server([job('metrics', done), job('capi', done)]);
    const ids: string[] = [];
    for (let round = 0; round < 5; round++) ids.push((await runToEnd(runner, 'metrics')).runId);
    await runToEnd(runner, 'capi');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await history.runs({ limit: 2, cursor }, 'metrics');
      seen.push(...page.items.map((run) => run.run_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids.reverse());
    expect((await history.runs({ limit: 50 })).items.length).toBe(6);
  });

  it('refuses a cursor that is not its own', async () => {
    const { history } = server([]);
    const cursor = Buffer.from('["2026-99-01","x"]').toString('base64url');
    expect(await refusal(history.runs({ limit: 2, cursor }))).toEqual([400, 'request.invalid']);
  });

  it('counts runs by status and knows the last success, for monitoring', async () => {
    let fail = false;
    const { runner, history } = server([
      job('metrics', async () => {
        if (fail) throw new Error('broken');
        return nothingDue();
      }),
    ]);
    const good = await runToEnd(runner, 'metrics');
    fail = true;
    await runToEnd(runner, 'metrics');
    await dataSource.query(`insert into job_leases (name) values ('capi')`);
    const runsLastDay = { running: 0, succeeded: 0, failed: 0, skipped: 0 };
    expect(await history.figures()).toEqual([
      { name: 'capi', runsLastDay, lastSuccessAt: null },
      {
        name: 'metrics',
        runsLastDay: { ...runsLastDay, succeeded: 1, failed: 1 },
        lastSuccessAt: good.finishedAt,
      },
    ]);
  });

  it('are counted for monitoring at the same cost after years', async () => {
    const { history } = server([]);
    await dataSource.query(`insert into job_leases (name) values ('capi'), ('executor')`);
    await dataSource.query(
      `insert into job_runs (run_id, name, trigger, status, error, holder, term, started_at,
                             finished_at)
       select gen_random_uuid(), name, 'cron', status,
              case when status = 'failed' then 'broken' end, 'gone', 1, at, at
         from (select name, at, case when minute % 1000 = 0 then 'failed' else 'succeeded' end
                      as status
                 from unnest(array['capi', 'executor']) name, generate_series(1, 50000) minute,
                      lateral (select now() - minute * interval '1 minute') instant (at)) runs`,
    );
    await dataSource.query('analyze job_runs');
    const figures = await history.figures();
    expect(figures.map(({ runsLastDay }) => runsLastDay)).toEqual([
      { running: 0, succeeded: expect.any(Number), failed: 1, skipped: 0 },
      { running: 0, succeeded: expect.any(Number), failed: 1, skipped: 0 },
    ]);
    expect(figures[0]?.runsLastDay.succeeded).toBeGreaterThan(1400);
    // A day of both jobs and one success each, of 100,000 rows.
    expect(await rowsReadForFigures()).toBeLessThan(10_000);
  });

  it('begin with their cron, and none does where nothing starts by itself', async () => {
    const seen: string[] = [];
    const jobs = () =>
      ['first', 'second'].map((name) =>
        job(name, async () => (seen.push(name), nothingDue()), {
          schedule: { cron: '* * * * * *' },
        }),
      );
    const asleep = server(jobs(), { cronEnabled: false });
    await asleep.clock.onApplicationBootstrap();
    expect(asleep.crons.getCronJobs().size).toBe(0);
    const awake = server(jobs());
    await awake.clock.onApplicationBootstrap();
    try {
      await expect(until(async () => new Set(seen).size, 2)).resolves.toBe(true);
    } finally {
      await Promise.all([...awake.crons.getCronJobs().values()].map((cron) => cron.stop()));
      await awake.runner.drain();
    }
  });

  it('tells no next run while nothing starts by itself', async () => {
    const done = async () => nothingDue();
    const on = server([job('metrics', done, { describeSchedule: 'every 20 minutes' })]);
    const off = server([job('metrics', done)], { cronEnabled: false });
    expect(await on.history.overview()).toEqual([
      {
        name: 'metrics',
        schedule: 'every 20 minutes',
        nextRunAt: expect.any(Date),
        running: false,
        lastRun: null,
      },
    ]);
    expect((await off.history.overview())[0]?.nextRunAt).toBeNull();
  });
});
