// The lease: one row per job says who may run it, until when, and in which term. Only the
// database's clock counts, and every later write names holder and term, so that a process that was
// frozen past its expiry cannot renew, finish or release what has been another's since.
import type { EntityManager } from 'typeorm';
import type { JobTrigger } from './job.js';

/**
 * A process killed with -9 must not block its job for longer than 30 s; renewals come every 5 s.
 */
export const LEASE_SECONDS = 20;
export const TAKEN_OVER_ERROR = 'the process that ran it died';

export interface Lease {
  name: string;
  holder: string;
  term: number;
}

export interface RunStart {
  name: string;
  holder: string;
  runId: string;
  trigger: JobTrigger;
  /** The tick that is claimed with the lease, null for a manual run. */
  dueAt: Date | null;
}

/**
 * Takes the lease, closes the run of a dead holder and opens the new one; null when another holds
 * the lease or the tick was claimed before. Call it in a transaction of its own.
 */
export async function beginRun(manager: EntityManager, start: RunStart): Promise<Lease | null> {
  const { name, holder, runId, trigger, dueAt } = start;
  const term = await acquireLease(manager, name, holder, dueAt);
  if (term === null) return null;
  await manager.query(
    `update job_runs set status = 'failed', error = $2, finished_at = clock_timestamp()
      where name = $1 and status = 'running'`,
    [name, TAKEN_OVER_ERROR],
  );
  await manager.query(
    `insert into job_runs (run_id, name, trigger, status, holder, term, started_at)
     values ($1, $2, $3, 'running', $4, $5, clock_timestamp())`,
    [runId, name, trigger, holder, term],
  );
  return { name, holder, term };
}

/** The new term, or null. The condition is judged on the locked row, so one of two racers wins. */
async function acquireLease(
  manager: EntityManager,
  name: string,
  holder: string,
  dueAt: Date | null,
): Promise<number | null> {
  const rows: { term: string }[] = await manager.query(
    `insert into job_leases as lease (name, holder, term, expires_at, last_due_at)
     values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3), $4::timestamptz)
     on conflict (name) do update
       set holder = excluded.holder,
           term = lease.term + 1,
           expires_at = clock_timestamp() + make_interval(secs => $3),
           last_due_at = coalesce(excluded.last_due_at, lease.last_due_at)
     where (lease.holder is null or lease.expires_at <= clock_timestamp())
       and (excluded.last_due_at is null or lease.last_due_at is null
            or lease.last_due_at < excluded.last_due_at)
     returning lease.term`,
    [name, holder, LEASE_SECONDS, dueAt],
  );
  const [row] = rows;
  return row ? Number(row.term) : null;
}

/** false: the lease is another's by now. */
export async function renewLease(manager: EntityManager, lease: Lease): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `with renewed as (
       update job_leases set expires_at = clock_timestamp() + make_interval(secs => $4)
        where name = $1 and holder = $2 and term = $3
       returning 1)
     select * from renewed`,
    [lease.name, lease.holder, lease.term, LEASE_SECONDS],
  );
  return rows.length > 0;
}

export async function releaseLease(manager: EntityManager, lease: Lease): Promise<void> {
  await manager.query(
    `update job_leases set holder = null, expires_at = null
      where name = $1 and holder = $2 and term = $3`,
    [lease.name, lease.holder, lease.term],
  );
}

/** Lets the lease lapse soon instead of at once: its holder may need that long to be gone. */
export async function shortenLease(
  manager: EntityManager,
  lease: Lease,
  seconds: number,
): Promise<void> {
  await manager.query(
    `update job_leases
        set expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $4))
      where name = $1 and holder = $2 and term = $3`,
    [lease.name, lease.holder, lease.term, seconds],
  );
}

/** The last tick claimed for a job, and the clock by which the next one is judged. */
export async function readTicks(
  manager: EntityManager,
  name: string,
): Promise<{ lastDueAt: Date | null; now: Date }> {
  const rows: { last_due_at: Date | null; now: Date }[] = await manager.query(
    `select (select last_due_at from job_leases where name = $1) as last_due_at,
            clock_timestamp() as now`,
    [name],
  );
  const [row] = rows;
  if (!row) throw new Error('a select without a condition gave no row');
  return { lastDueAt: row.last_due_at, now: row.now };
}

/** Gives jobs that were never seen before their anchor: they are due one period from now. */
export async function anchorTicks(manager: EntityManager, names: string[]): Promise<void> {
  await manager.query(
    `insert into job_leases (name, last_due_at)
     select name, clock_timestamp() from unnest($1::text[]) as name order by name
     on conflict (name) do update set last_due_at = excluded.last_due_at
     where job_leases.last_due_at is null`,
    [names],
  );
}
