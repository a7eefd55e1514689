// The one road on which jobs run: cron, admin endpoint and command all come through here, so that
// a job runs in one process at a time and every run is in the history.
import { randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { DomainError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { Log } from '../log.js';
import type { Job, JobRun, JobTrigger } from './job.js';
import { anchorTicks, beginRun, readTicks } from './job-lease.queries.js';
import { JobRegistry } from './job-registry.js';
import { RunningJob } from './running-job.js';
import { latestDueAt } from './schedule.js';

/** Within the ten seconds that SIGTERM allows, with time left to hand back and close. */
const DRAIN_MILLIS = 5000;
/** A timer may wake a moment before its instant by the database's clock; that is still its tick. */
const EARLY_MILLIS = 1000;

export interface StartedRun {
  runId: string;
  finished: Promise<JobRun>;
}

@Injectable()
export class JobRunner implements BeforeApplicationShutdown {
  /** Per process start: a host name or process number comes back after a restart. */
  private readonly holder = randomUUID();
  private readonly running = new Map<string, RunningJob>();
  private readonly beginnings = new Set<Promise<unknown>>();
  private stopping = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly registry: JobRegistry,
    private readonly config: Config,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /**
   * Starts a job now. `finished` resolves with the recorded run, failed ones included.
   * @throws DomainError 404 `jobs.unknown`, 409 `jobs.already_running` (in any process),
   *   422 `jobs.no_as_of`, 503 `jobs.shutting_down`.
   */
  async start(
    name: string,
    options: { trigger: JobTrigger; asOf?: Date | null },
  ): Promise<StartedRun> {
    const job = this.registry.get(name);
    const asOf = options.asOf ?? null;
    if (asOf !== null) this.assertTakesAsOf(name);
    if (this.isStopping()) {
      throw new DomainError(503, 'jobs.shutting_down', 'The server is shutting down.');
    }
    const started = await this.begin(job, { trigger: options.trigger, asOf, dueAt: null });
    if (started) return started;
    throw new DomainError(409, 'jobs.already_running', `A run of ${name} is under way already.`);
  }

  /** @throws DomainError 404 `jobs.unknown`, 422 `jobs.no_as_of`. */
  assertTakesAsOf(name: string): void {
    if (!this.registry.get(name).usesServerClock) return;
    throw new DomainError(422, 'jobs.no_as_of', `${name} goes by the server's clock.`, {
      errors: [{ pointer: '/as_of', detail: 'is not taken by this job' }],
    });
  }

  /**
   * The cron road: runs the job if a tick is due that no process has claimed, and waits for its
   * end. Nothing due, or a run under way elsewhere, is no error.
   */
  async tick(name: string): Promise<void> {
    const job = this.registry.get(name);
    if (this.isStopping()) return;
    const { lastDueAt, now } = await readTicks(this.database.manager, name);
    const dueAt = latestDueAt(job.schedule, lastDueAt, new Date(now.getTime() + EARLY_MILLIS));
    if (dueAt === null) return;
    const started = await this.begin(job, { trigger: 'cron', asOf: null, dueAt });
    // How it ended is in the history and the log by then.
    if (started) await Promise.allSettled([started.finished]);
  }

  /** Ticks of intervals, and of crons that were missed: the server was down or the job busy. */
  async tickAll(): Promise<void> {
    await Promise.all(this.registry.names().map((name) => this.tick(name)));
  }

  /** A job never seen before is due one period from now, not at once. */
  async anchor(): Promise<void> {
    await anchorTicks(this.database.manager, this.registry.names());
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  /** No new runs; those under way are told to stop, awaited, and in the end handed back. */
  async drain(millis = DRAIN_MILLIS): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.beginnings);
    const runs = [...this.running.values()];
    for (const run of runs) run.stop();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, millis);
    });
    await Promise.race([Promise.allSettled(runs.map((run) => run.finished)), deadline]);
    clearTimeout(timer);
    // Without a database to tell, the leases lapse by themselves.
    await Promise.allSettled([...this.running.values()].map((run) => run.handBack()));
  }

  private isStopping(): boolean {
    return this.stopping || this.lifecycle.isDraining();
  }

  private begin(job: Job, options: BeginOptions): Promise<StartedRun | null> {
    const beginning = this.takeLease(job, options);
    this.beginnings.add(beginning);
    const ended = () => this.beginnings.delete(beginning);
    beginning.then(ended, ended);
    return beginning;
  }

  private async takeLease(job: Job, options: BeginOptions): Promise<StartedRun | null> {
    const { trigger, asOf, dueAt } = options;
    // A run that lost its lease may still be on its way out in this very process.
    if (this.running.has(job.name)) return null;
    const { database, holder, log, config } = this;
    const runId = randomUUID();
    const leasedAt = performance.now();
    const lease = await database.transaction((manager) =>
      beginRun(manager, { name: job.name, holder, runId, trigger, dueAt }),
    );
    if (lease === null) return null;
    const run = new RunningJob({
      ...{ database, log, thresholds: config, job, lease, runId, trigger, asOf, leasedAt },
    });
    this.running.set(job.name, run);
    const ended = () => this.running.delete(job.name);
    run.finished.then(ended, ended);
    return { runId, finished: run.finished };
  }
}

interface BeginOptions {
  trigger: JobTrigger;
  asOf: Date | null;
  dueAt: Date | null;
}
