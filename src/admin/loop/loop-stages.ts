// The four stages of the loop as the page draws them: counts, how old the newest thing is, and what
// holds the stage up. Ages go by the account's own clock, which a simulated account may run ahead.
import type { LoopFacts, StageName, Stuck } from './loop-facts.js';
import { stuckIn } from './stuck.js';

export interface Stage {
  name: StageName;
  counts: Record<string, number | null>;
  newest_at: string | null;
  freshness_seconds: number | null;
  stuck: { what: string; count: number; since: string | null; remedy: string }[];
}

/** The job whose last run a stage shows; beliefs are formed whenever somebody asks for them. */
export const JOB_OF_STAGE: Record<StageName, string | null> = {
  measure: 'metrics',
  believe: null,
  decide: 'allocate',
  execute: 'executor',
};

const STAGES: readonly StageName[] = ['measure', 'believe', 'decide', 'execute'];

export function drawStages(facts: LoopFacts): Stage[] {
  return STAGES.map((name) => {
    const newestAt = newestIn(name, facts);
    return {
      name,
      counts: countsIn(name, facts),
      newest_at: newestAt?.toISOString() ?? null,
      freshness_seconds: newestAt === null ? null : ageSeconds(newestAt, facts.now),
      stuck: stuckIn(name, facts).map(showStuck),
    };
  });
}

/** A belief is as fresh as the newest number in it. */
function newestIn(name: StageName, facts: LoopFacts): Date | null {
  return name === 'believe' ? facts.measure.newestAt : facts[name].newestAt;
}

function ageSeconds(instant: Date, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - instant.getTime()) / 1000));
}

function countsIn(name: StageName, facts: LoopFacts): Record<string, number | null> {
  const { measure, believe, decide, execute } = facts;
  const changes = (...states: string[]) =>
    states.reduce((sum, state) => sum + (execute.byStatus[state] ?? 0), 0);
  switch (name) {
    case 'measure':
      return {
        ads: measure.ads,
        active_ads: measure.activeAds,
        measured_ads: measure.adsMeasured,
        readings_last_day: measure.readingsLastDay,
      };
    case 'believe':
      return {
        believed_ads: believe.arms,
        ads_with_conversions: believe.conversions === null ? null : believe.armsWithConversions,
        clicks: believe.clicks,
        conversions: believe.conversions,
      };
    case 'decide':
      return {
        decisions: decide.decisions,
        decisions_last_day: decide.decisionsLastDay,
        waiting_to_be_queued: decide.waiting,
      };
    case 'execute':
      return {
        waiting: changes('pending', 'awaiting_approval'),
        under_way: changes('claimed', 'executing'),
        in_doubt: changes('unknown'),
        completed: changes('completed'),
        completed_last_day: execute.completedLastDay,
        refused: changes('blocked'),
        failed: changes('failed', 'dead'),
      };
  }
}

function showStuck({ what, count, since, remedy }: Stuck): Stage['stuck'][number] {
  return { what, count, since: since?.toISOString() ?? null, remedy };
}
