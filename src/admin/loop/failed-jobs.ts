// Jobs whose newest run failed, at the stage of the loop that they serve.
import type { Finding, LoopFacts, StageName } from './loop-facts.js';

/** Where the failure of a job is shown. */
const JOBS_OF_STAGE: Record<StageName, readonly string[]> = {
  measure: ['metrics', 'metaSync', 'outcomes', 'capi', 'retention'],
  believe: ['weights', 'replyLearning', 'crossLearner'],
  decide: ['allocate'],
  execute: ['executor'],
};

/** A run that failed as a whole, or for this account; what failed for another is its page's. */
export function failedJobs(stage: StageName, { accountId, jobs }: LoopFacts): Finding[] {
  return jobs.flatMap(({ name, lastRun }) => {
    if (lastRun === null || !JOBS_OF_STAGE[stage].includes(name)) return [];
    const own = lastRun.failures.find(({ account_id }) => account_id === accountId);
    if (lastRun.status !== 'failed' && own === undefined) return [];
    const cause = own?.error ?? lastRun.error ?? 'No cause was recorded';
    const what = own ? `The ${name} job failed for this account` : `The ${name} job failed`;
    const remedy = `${cause.replace(/\.$/, '')}. Run it again once that is fixed.`;
    return [{ what, count: 1, since: lastRun.finishedAt, remedy }];
  });
}
