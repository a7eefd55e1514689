export {
  nothingDue,
  showJobRun,
  type Job,
  type JobContext,
  type JobCounts,
  type JobResult,
  type JobRun,
} from './job.js';
export { JobClock } from './job-clock.jobs.js';
export { JobHistory, type JobOverview } from './job-history.service.js';
export { JobRegistry } from './job-registry.js';
export { JobRunner } from './job-runner.js';
export { removeOldRuns } from './job-runs.queries.js';
