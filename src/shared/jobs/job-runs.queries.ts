// The history of runs: how a run is closed, and how runs are read. A run whose holder died stays
// `running` in its row until the next one takes over; whoever reads it sees it as failed before.
import type { EntityManager } from 'typeorm';
import { releaseLease, TAKEN_OVER_ERROR, type Lease } from './job-lease.queries.js';
import type { JobCounts, JobFailure, JobRun } from './job.js';

export interface RunOutcome {
  status: 'succeeded' | 'failed' | 'skipped';
  skipReason: string | null;
  counts: JobCounts;
  error: string | null;
  failures?: JobFailure[];
  memoryMb: number;
}

const SEEN_RUNS = `
  select r.run_id, r.name, r.trigger, r.skip_reason, r.counts, r.failures, r.started_at,
         r.memory_mb, r.term,
         case when lapsed then 'failed' else r.status end as status,
         case when lapsed then '${TAKEN_OVER_ERROR}' else r.error end as error,
         case when lapsed then coalesce(l.expires_at, r.started_at) else r.finished_at
         end as finished_at
    from job_runs r
    left join job_leases l on l.name = r.name and l.holder = r.holder and l.term = r.term
    cross join lateral (
      select r.status = 'running' and coalesce(l.expires_at, '-infinity') <= clock_timestamp()
    ) as state (lapsed)`;

interface RunRow {
  run_id: string;
  name: string;
  trigger: JobRun['trigger'];
  status: JobRun['status'];
  skip_reason: string | null;
  counts: JobCounts;
  error: string | null;
  failures: JobFailure[];
  started_at: Date;
  finished_at: Date | null;
  memory_mb: number | null;
}

/**
 * Writes the end of a run unless another process closed it, and gives the lease back; answers with
 * the run as it stands afterwards. Call it in a transaction.
 */
export async function finishRun(
  manager: EntityManager,
  lease: Lease,
  runId: string,
  outcome: RunOutcome,
): Promise<JobRun> {
  await closeRun(manager, lease, runId, outcome);
  await releaseLease(manager, lease);
  return readRun(manager, runId);
}

export async function closeRun(
  manager: EntityManager,
  lease: Lease,
  runId: string,
  { status, skipReason, counts, error, failures = [], memoryMb }: RunOutcome,
): Promise<void> {
  await manager.query(
    `update job_runs
        set status = $4, skip_reason = $5, counts = $6, error = $7, memory_mb = $8,
            failures = $9, finished_at = clock_timestamp()
      where run_id = $1 and holder = $2 and term = $3 and status = 'running'`,
    [
      ...[runId, lease.holder, lease.term, status, skipReason, JSON.stringify(counts), error],
      ...[memoryMb, JSON.stringify(failures)],
    ],
  );
}

/** What a run that is under way has counted so far. */
export async function writeProgress(
  manager: EntityManager,
  lease: Lease,
  runId: string,
  counts: JobCounts,
): Promise<void> {
  await manager.query(
    `update job_runs set counts = $4
      where run_id = $1 and holder = $2 and term = $3 and status = 'running'`,
    [runId, lease.holder, lease.term, JSON.stringify(counts)],
  );
}

async function readRun(manager: EntityManager, runId: string): Promise<JobRun> {
  const rows: RunRow[] = await manager.query(`${SEEN_RUNS} where r.run_id = $1`, [runId]);
  const [row] = rows;
  if (!row) throw new Error(`run ${runId} is not in the history`);
  return toRun(row);
}

export interface JobState {
  name: string;
  lastDueAt: Date | null;
  lastRun: JobRun | null;
}

/** One state per name, in the order of the names, judged at `now` by the database's clock. */
export async function readJobStates(
  manager: EntityManager,
  names: string[],
): Promise<{ now: Date; states: JobState[] }> {
  const rows: ({ job: string; last_due_at: Date | null; now: Date } & RunRow)[] =
    await manager.query(
      `select n.job, lease.last_due_at, clock_timestamp() as now, seen.*
         from unnest($1::text[]) with ordinality as n (job, position)
         left join job_leases lease on lease.name = n.job
         left join lateral (
           ${SEEN_RUNS} where r.name = n.job order by r.started_at desc, r.run_id desc limit 1
         ) as seen on true
        order by n.position`,
      [names],
    );
  return {
    now: rows[0]?.now ?? new Date(0),
    states: rows.map((row) => ({
      name: row.job,
      lastDueAt: row.last_due_at,
      lastRun: row.run_id === null ? null : toRun(row),
    })),
  };
}

export interface RunsPage {
  name: string | null;
  limit: number;
  /** Sort key of the last run seen: instant with microseconds, run id. */
  after: { startedAt: string; runId: string } | null;
}

/** Newest first. `sortKey` keeps the microseconds that a Date would lose. */
export async function listRuns(
  manager: EntityManager,
  { name, limit, after }: RunsPage,
): Promise<{ run: JobRun; sortKey: string[] }[]> {
  const rows: (RunRow & { sort_at: string })[] = await manager.query(
    `select page.*, to_char(page.started_at at time zone 'UTC',
                            'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sort_at
       from (${SEEN_RUNS}
              where ($1::text is null or r.name = $1)
                and ($2::timestamptz is null or (r.started_at, r.run_id) < ($2, $3::uuid))
              order by r.started_at desc, r.run_id desc limit $4) as page
      order by page.started_at desc, page.run_id desc`,
    [name, after?.startedAt ?? null, after?.runId ?? null, limit],
  );
  return rows.map((row) => ({ run: toRun(row), sortKey: [row.sort_at, row.run_id] }));
}

export interface JobFigures {
  name: string;
  /** Runs that started within the last day, by how they stand. */
  runsLastDay: Record<JobRun['status'], number>;
  /** When the newest success ended, whenever that was. */
  lastSuccessAt: Date | null;
}

/**
 * Figures for monitoring, of every job that ever ran. Bounded by the runs of a day and one look per
 * job, however long the history is.
 */
export async function readJobFigures(manager: EntityManager): Promise<JobFigures[]> {
  const rows: ({ name: string; last: Date | null } & JobFigures['runsLastDay'])[] =
    await manager.query(
      `with today as (
         select name, status
           from (${SEEN_RUNS} where r.started_at > now() - interval '1 day') as seen
       )
       select lease.name, success.finished_at as last, runs.*
         from job_leases lease
         left join lateral (
           select finished_at from job_runs
            where name = lease.name and status = 'succeeded'
            order by started_at desc limit 1) as success on true
        cross join lateral (
          select (count(*) filter (where status = 'running'))::int as running,
                 (count(*) filter (where status = 'succeeded'))::int as succeeded,
                 (count(*) filter (where status = 'failed'))::int as failed,
                 (count(*) filter (where status = 'skipped'))::int as skipped
            from today where today.name = lease.name) as runs
        order by lease.name`,
    );
  return rows.map(({ name, last, ...runsLastDay }) => ({ name, runsLastDay, lastSuccessAt: last }));
}

function toRun(row: RunRow): JobRun {
  return {
    runId: row.run_id,
    name: row.name,
    trigger: row.trigger,
    status: row.status,
    skipReason: row.skip_reason,
    counts: row.counts,
    error: row.error,
    failures: row.failures,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    memoryMb: row.memory_mb,
  };
}

/** Removes runs of before, but for the newest of each job; answers how many. */
export async function removeOldRuns(
  manager: EntityManager,
  before: Date,
  limit: number,
): Promise<number> {
  const rows: { count: number }[] = await manager.query(
    `with gone as (
       delete from job_runs where run_id in (
         select r.run_id from job_runs r
          where r.started_at < $1 and r.status <> 'running' and exists (
            select from job_runs n where n.name = r.name and n.started_at > r.started_at)
          limit $2)
       returning 1)
     select count(*)::int as count from gone`,
    [before, limit],
  );
  return rows[0]?.count ?? 0;
}
