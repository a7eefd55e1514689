// One run of one job in this process: memory gate, the job itself, the record of how it ended, and
// beside it the renewal of the lease. The job is told to stop *before* the lease can lapse:
// stopping a healthy run costs a repeat, going on without the lease risks doing the same work
// twice.
import type { DataSource } from 'typeorm';
import type { Log } from '../log.js';
import type { Job, JobCounts, JobRun, JobTrigger } from './job.js';
import { LEASE_SECONDS, renewLease, shortenLease, type Lease } from './job-lease.queries.js';
import { JobProgress } from './job-progress.js';
import { closeRun, finishRun, writeProgress, type RunOutcome } from './job-runs.queries.js';
import { memoryDecision, type MemoryThresholds } from './memory-gate.js';
import { withoutPersonalData } from '../personal-data.js';

/** Three renewals fit into a lease before the run gives up: one lost answer costs nothing. */
const RENEW_MILLIS = 5000;
/** The rest of the lease is the time in which an aborted job can end before another may begin. */
const GIVE_UP_MILLIS = (LEASE_SECONDS - 5) * 1000;
/** Handed back at 5 s after SIGTERM, gone by 10 s: nobody else runs the job in between. */
const HANDOVER_SECONDS = 5;
/** A dropped connection must not turn work that was done into a run that "died". */
const RECORD_ATTEMPTS = 3;
const RECORD_PAUSE_MILLIS = 1000;
/** A platform's error page must not fill the history. */
const ERROR_LENGTH_MAX = 2000;
/** Where more accounts fail it is one fault of all, and the first of them tell it. */
const FAILURES_MAX = 200;
const FAILURE_LENGTH_MAX = 500;
const SUCCEEDED = { status: 'succeeded', skipReason: null } as const;
const STOPPED_BY_SHUTDOWN = 'stopped by shutdown';
const LEASE_LOST = 'the lease was lost: it could not be renewed in time';

export interface RunningJobSetup {
  database: DataSource;
  log: Log;
  thresholds: MemoryThresholds;
  job: Job;
  lease: Lease;
  runId: string;
  trigger: JobTrigger;
  asOf: Date | null;
  /** Monotonic milliseconds from before the lease was asked for. */
  leasedAt: number;
}

type Ending = Omit<RunOutcome, 'memoryMb'> & { cause?: unknown };

export class RunningJob {
  /** Resolves with the recorded run, whatever its status; rejects when it cannot be recorded. */
  readonly finished: Promise<JobRun>;
  private readonly abort = new AbortController();
  private readonly renewals: NodeJS.Timeout;
  private deadline: NodeJS.Timeout | undefined;
  private renewing = false;
  private readonly progress: JobProgress;
  private peakMb = residentMb();

  constructor(private readonly setup: RunningJobSetup) {
    const { database, lease, job, log } = setup;
    this.progress = new JobProgress(
      (counts) => writeProgress(database.manager, lease, setup.runId, counts),
      (error) => log.root.warn({ err: error, job: job.name }, 'job progress not written'),
    );
    this.armDeadline(setup.leasedAt);
    this.renewals = setInterval(() => void this.renew(), RENEW_MILLIS).unref();
    this.finished = this.execute();
    // Whoever does not wait for a run must not bring the process down when it cannot be recorded.
    this.finished.catch((error: unknown) => {
      const { job, runId } = this.setup;
      setup.log.root.error({ err: error, job: job.name, run_id: runId }, 'job run not recorded');
    });
  }

  stop(): void {
    this.abort.abort(new Error(STOPPED_BY_SHUTDOWN));
  }

  /** For a job that does not stop when told: its run is closed, its lease lapses shortly. */
  async handBack(): Promise<void> {
    this.stopTimers();
    const { database, lease, runId } = this.setup;
    await database.transaction(async (manager) => {
      const outcome = { ...this.failed(STOPPED_BY_SHUTDOWN), memoryMb: this.peakMb };
      await closeRun(manager, lease, runId, outcome);
      await shortenLease(manager, lease, HANDOVER_SECONDS);
    });
  }

  private async execute(): Promise<JobRun> {
    const startedAt = performance.now();
    try {
      const { cause, ...ending } = await this.ending();
      this.seeMemory();
      await this.progress.end();
      const run = await this.record({ ...ending, memoryMb: this.peakMb });
      this.summarize(run, Math.round(performance.now() - startedAt), cause);
      return run;
    } finally {
      this.stopTimers();
    }
  }

  private async ending(): Promise<Ending> {
    const { job, runId, trigger, asOf, thresholds, log } = this.setup;
    const decision = memoryDecision(this.peakMb, thresholds, { heavy: job.heavy, trigger });
    if (decision.kind === 'skip') return skipped(decision.reason);
    if (decision.kind === 'warn') log.root.warn({ job: job.name }, decision.detail);
    const { signal } = this.abort;
    try {
      const report = (counts: JobCounts) => this.progress.report(counts);
      const result = await job.run({ runId, trigger, signal, asOf, report });
      if ('skipped' in result) return skipped(result.skipped);
      const { counts, fault, failures = [] } = result;
      const error = fault === undefined ? null : messageOf(fault);
      const told = failures.slice(0, FAILURES_MAX).map(({ account_id, error: words }) => ({
        account_id,
        error: messageOf(words).slice(0, FAILURE_LENGTH_MAX),
      }));
      return { ...SUCCEEDED, counts, error, failures: told, cause: fault };
    } catch (error) {
      // What a job throws once it was told to stop is an echo; why it was told is the cause.
      return { ...this.failed(messageOf(signal.aborted ? signal.reason : error)), cause: error };
    }
  }

  private async record(outcome: RunOutcome): Promise<JobRun> {
    const { database, lease, runId } = this.setup;
    for (let attempt = 1; ; attempt++) {
      try {
        return await database.transaction((manager) => finishRun(manager, lease, runId, outcome));
      } catch (error) {
        if (attempt === RECORD_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECORD_PAUSE_MILLIS));
      }
    }
  }

  private summarize(run: JobRun, durationMs: number, cause: unknown): void {
    this.setup.log.root[levelOf(run)](
      {
        job: run.name,
        run_id: run.runId,
        trigger: run.trigger,
        status: run.status,
        skip_reason: run.skipReason ?? undefined,
        counts: run.counts,
        error: run.error ?? undefined,
        err: cause,
        duration_ms: durationMs,
        memory_mb: run.memoryMb,
      },
      'job',
    );
  }

  private async renew(): Promise<void> {
    this.seeMemory();
    if (this.renewing) return;
    this.renewing = true;
    const askedAt = performance.now();
    const { database, lease, job, log } = this.setup;
    try {
      if (await renewLease(database.manager, lease)) this.armDeadline(askedAt);
      else this.abort.abort(new Error(LEASE_LOST));
    } catch (error) {
      // Asked again at the next beat; the deadline decides when that has been too long.
      log.root.warn({ err: error, job: job.name }, 'job lease not renewed');
    } finally {
      this.renewing = false;
    }
  }

  /** Counted from before the question was sent: the database may have answered late. */
  private armDeadline(confirmedAt: number): void {
    clearTimeout(this.deadline);
    const left = confirmedAt + GIVE_UP_MILLIS - performance.now();
    this.deadline = setTimeout(() => this.abort.abort(new Error(LEASE_LOST)), left).unref();
  }

  private stopTimers(): void {
    clearInterval(this.renewals);
    clearTimeout(this.deadline);
  }

  /** With what it had counted by then. */
  private failed(error: string): Ending {
    return { status: 'failed', skipReason: null, counts: this.progress.counts, error };
  }

  private seeMemory(): void {
    this.peakMb = Math.max(this.peakMb, residentMb());
  }
}

function levelOf({ status, error }: JobRun): 'error' | 'warn' | 'info' {
  if (status === 'failed') return 'error';
  return error === null ? 'info' : 'warn';
}

function skipped(reason: string): Ending {
  return { status: 'skipped', skipReason: reason, counts: {}, error: null };
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  // PostgreSQL text cannot hold U+0000, and a run must be recordable whatever went wrong.
  return withoutPersonalData(text.replaceAll('\u0000', '').slice(0, ERROR_LENGTH_MAX));
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / (1024 * 1024));
}
