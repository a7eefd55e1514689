// The rules that say what holds up a stage, and what a person can do about it. Saying too much is
// the worse mistake: a list that always has entries is soon no longer read. So a wait that is
// normal (a change queued a moment ago, a young account) is not told.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import { failedJobs } from './failed-jobs.js';
import { heldBy } from './holders.js';
import type { Finding, LoopFacts, StageName, Stuck } from './loop-facts.js';

/** Six times the rhythm of the metrics job: one late run is no news, several are. */
const STALE_HOURS = 2;
/** The simulated world is read every six hours of its own clock. */
const STALE_HOURS_SIMULATED = 8;
/** Execution queues within two seconds; a minute means that it does not run. */
const QUEUE_SECONDS = 60;
/** The executor runs every minute or so: ten minutes means that something holds a change. */
const PENDING_MINUTES = 10;

export function stuckIn(stage: StageName, facts: LoopFacts): Stuck[] {
  // How old numbers are goes by the account's clock, everything else by the server's.
  const clock = stage === 'measure' ? 'account' : 'server';
  return [
    ...RULES[stage](facts).map((finding): Stuck => ({ ...finding, clock })),
    ...failedJobs(stage, facts).map((finding): Stuck => ({ ...finding, clock: 'server' })),
  ];
}

const RULES: Record<StageName, (facts: LoopFacts) => Finding[]> = {
  measure: stuckMeasuring,
  believe: stuckBelieving,
  decide: stuckDeciding,
  execute: stuckExecuting,
};

function stuckMeasuring({ measure, simulated, now }: LoopFacts): Finding[] {
  const { ads, activeAds, adsMeasured, newestAt } = measure;
  if (ads === 0) {
    const remedy = 'Register ads (PUT /v1/ads) or bring in an export (POST /v1/imports/ads).';
    return [{ what: 'No ads are registered', count: 0, since: null, remedy }];
  }
  const remedy = simulated
    ? 'Let a day pass (Next day) or run the metrics job.'
    : 'Look at the last run of the metrics job, or send numbers (POST /v1/metrics).';
  if (adsMeasured === 0 || newestAt === null) {
    return [{ what: 'No numbers have come in yet', count: ads, since: null, remedy }];
  }
  const hours = simulated ? STALE_HOURS_SIMULATED : STALE_HOURS;
  const isStale = now.getTime() - newestAt.getTime() > hours * MILLIS_PER_HOUR;
  if (!isStale || activeAds === 0) return [];
  return [{ what: `No numbers newer than ${hours} h`, count: activeAds, since: newestAt, remedy }];
}

function stuckBelieving({ believe, measure }: LoopFacts): Finding[] {
  if (measure.adsMeasured === 0 || believe.conversions !== null) return [];
  return [
    {
      what: 'No conversions are known',
      count: believe.arms,
      since: null,
      remedy: 'Beliefs rest on clicks alone until POST /v1/metrics carries conversions.',
    },
  ];
}

function stuckDeciding({ decide, serverNow }: LoopFacts): Finding[] {
  const { waiting, waitingSince, putAside } = decide;
  const found: Finding[] = [];
  if (olderThan(waitingSince, serverNow, QUEUE_SECONDS * 1000)) {
    const what = 'Decisions to be applied that are not queued';
    const remedy = 'Run the executor job: it queues them first.';
    found.push({ what, count: waiting, since: waitingSince, remedy });
  }
  if (putAside.count > 0) {
    const { count, since, cause } = putAside;
    const what = 'Decisions that could not be queued within the last day';
    const remedy = `The newest: ${cause}. Decide anew, or apply it again once that is fixed.`;
    found.push({ what, count, since, remedy });
  }
  return found;
}

function stuckExecuting({ execute, serverNow }: LoopFacts): Finding[] {
  const { open, failures, byStatus } = execute;
  const { all, own } = execute.switches;
  const found: Finding[] = [];
  const count = byStatus['pending'] ?? 0;
  if (all.isPaused) {
    found.push({
      what: `Execution was paused by ${all.changedBy}`,
      count,
      since: all.changedAt,
      remedy: 'Nothing is written anywhere until it is resumed (POST /v1/execution/resume).',
    });
  }
  if (own?.isPaused) {
    found.push({
      what: `Execution of this account was paused by ${own.changedBy}`,
      count,
      since: own.changedAt,
      remedy: 'Nothing of it is written until POST /v1/execution/resume with its account_id.',
    });
  }
  for (const { status, blockedBy, count, since } of open) {
    const words = wordsFor(status, blockedBy);
    const patience = status === 'pending' ? PENDING_MINUTES * 60_000 : 0;
    if (words && olderThan(since, serverNow, patience)) found.push({ ...words, count, since });
  }
  if (failures.count > 0) {
    found.push({
      what: 'Changes that failed within the last day',
      count: failures.count,
      since: failures.since,
      remedy: 'Each has its cause in its detail, below.',
    });
  }
  return found;
}

function wordsFor(
  status: string,
  blockedBy: string | null,
): Pick<Finding, 'what' | 'remedy'> | null {
  switch (status) {
    case 'awaiting_approval':
      return {
        what: 'Changes that wait for approval',
        remedy: 'Approve or cancel it: POST /v1/execution/changes/:id/approve or …/cancel.',
      };
    case 'unknown':
      return {
        what: 'Changes whose outcome is unknown',
        remedy: 'The executor reads each object back and settles it; do not repeat it by hand.',
      };
    case 'pending':
      return heldBy(blockedBy);
    default:
      return null;
  }
}

function olderThan(since: Date | null, now: Date, millis: number): boolean {
  return since !== null && now.getTime() - since.getTime() >= millis;
}
