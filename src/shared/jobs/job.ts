// What a job is to the machinery that runs it. A room writes the job; lease, memory gate, history
// and summary line are the runner's.

export type JobTrigger = 'cron' | 'manual';

/**
 * `cron` is five or six fields in UTC. `everyMinutes` is for periods that no cron expression can
 * say (90 minutes); its beat is anchored in the database, so a restart does not shift it.
 */
export type JobSchedule = { cron: string } | { everyMinutes: number };

export interface JobContext {
  runId: string;
  trigger: JobTrigger;
  /**
   * Aborted when the lease is lost or the server stops. Look at it before every effect on the
   * outside world: without the lease, another process may be doing the same work.
   */
  signal: AbortSignal;
  /** The caller's "now" for replays; null = the present. */
  asOf: Date | null;
  /** What was counted so far: shown while the run is under way, and kept when it fails. */
  report(counts: JobCounts): void;
}

export type JobCounts = Record<string, number | boolean>;

/** An account for which a run failed, and why in one sentence. */
export interface JobFailure {
  account_id: string;
  error: string;
}

/**
 * `counts`: it looked (and perhaps found nothing due); with `fault`, a part of it failed and this
 * is told beside the counts, with the accounts it failed for. `skipped`: it did not look, and why.
 */
export type JobResult =
  { counts: JobCounts; fault?: Error; failures?: readonly JobFailure[] } | { skipped: string };

export interface Job {
  /** Unique; the name of the endpoint, the command and the history. */
  name: string;
  schedule: JobSchedule;
  /** For people, e.g. "every 20 minutes". */
  describeSchedule: string;
  /** Needs much memory, so it waits first when memory is short. */
  heavy: boolean;
  /** What it does to the outside world happens now, so a caller's `as_of` is refused. */
  usesServerClock: boolean;
  run(context: JobContext): Promise<JobResult>;
}

/** The job looked and there was nothing to do. */
export function nothingDue(counts: JobCounts = {}): JobResult {
  return { counts: { ...counts, nothing_due: true } };
}

type JobRunStatus = 'running' | 'succeeded' | 'failed' | 'skipped';

export interface JobRun {
  runId: string;
  name: string;
  trigger: JobTrigger;
  status: JobRunStatus;
  skipReason: string | null;
  counts: JobCounts;
  error: string | null;
  /** The accounts for which it failed, where others went well. */
  failures: JobFailure[];
  startedAt: Date;
  finishedAt: Date | null;
  /** The most resident memory that was seen during the run. */
  memoryMb: number | null;
}

/** A run in the words of the contract. */
export function showJobRun(run: JobRun) {
  return {
    run_id: run.runId,
    name: run.name,
    trigger: run.trigger,
    status: run.status,
    skip_reason: run.skipReason,
    counts: run.counts,
    error: run.error,
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt?.toISOString() ?? null,
    memory_mb: run.memoryMb,
  };
}
