// The shapes of contract section 10 (jobs).
import {
  Id,
  Instant,
  PageQuery,
  Type,
  showJobRun,
  withValues,
  type JobOverview,
  type Static,
} from '../../shared/index.js';

const asOf = Type.Optional(Instant('The "now" of the run, for replays. Default: the present.'));

export const RunBody = Type.Object({ as_of: asOf });
export type RunBody = Static<typeof RunBody>;

export const RunQuery = Type.Object({
  wait: Type.Boolean({ default: false, description: 'Answer when the run has ended.' }),
  as_of: asOf,
});
export type RunQuery = Static<typeof RunQuery>;

export const RunsQuery = Type.Object({
  ...PageQuery.properties,
  account_id: Type.Optional(Id('Must exist; a run is of all accounts.')),
  name: Type.Optional(Id('Only runs of this job.', 'metrics')),
});
export type RunsQuery = Static<typeof RunsQuery>;

const RUN_VALUES = {
  trigger: ['cron', 'manual'],
  status: ['running', 'succeeded', 'failed', 'skipped'],
};

export const RUN_EXAMPLE = withValues(RUN_VALUES, {
  run_id: '5f0c2f3e-7d55-4b0a-9f3f-0a4a51a3c1de',
  name: 'metrics',
  trigger: 'cron',
  status: 'succeeded',
  skip_reason: null,
  counts: { accounts: 2, rows: 60 },
  error: null,
  started_at: '2026-11-22T08:00:00.012Z',
  finished_at: '2026-11-22T08:00:01.870Z',
  memory_mb: 142,
});

export const JOB_EXAMPLE = {
  name: 'metrics',
  schedule: 'every 20 minutes',
  next_run_at: '2026-11-22T08:20:00.000Z',
  running: false,
  last_run: RUN_EXAMPLE,
};

export function showJob({ name, schedule, nextRunAt, running, lastRun }: JobOverview) {
  return {
    name,
    schedule,
    next_run_at: nextRunAt?.toISOString() ?? null,
    running,
    last_run: lastRun && showJobRun(lastRun),
  };
}
