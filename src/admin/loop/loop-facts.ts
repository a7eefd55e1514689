// What the stages of the loop are drawn from, gathered by the service from every room.
import type { Switches } from '../../execution/index.js';

export interface LoopFacts {
  accountId: string;
  simulated: boolean;
  /** The account's own clock. */
  now: Date;
  serverNow: Date;
  measure: {
    ads: number;
    activeAds: number;
    adsMeasured: number;
    readingsLastDay: number;
    newestAt: Date | null;
  };
  believe: {
    arms: number;
    armsWithConversions: number;
    clicks: number;
    /** null while nobody reports conversions. */
    conversions: number | null;
  };
  decide: {
    decisions: number;
    decisionsLastDay: number;
    newestAt: Date | null;
    waiting: number;
    waitingSince: Date | null;
    putAside: { count: number; since: Date | null; cause: string | null };
  };
  execute: {
    byStatus: Readonly<Record<string, number | undefined>>;
    completedLastDay: number;
    newestAt: Date | null;
    open: readonly { status: string; blockedBy: string | null; count: number; since: Date }[];
    failures: { count: number; since: Date | null };
    switches: Switches;
  };
  /** The jobs of this program with the newest run of each. */
  jobs: readonly { name: string; lastRun: FinishedRun | null }[];
}

interface FinishedRun {
  status: string;
  error: string | null;
  failures: readonly { account_id: string; error: string }[];
  finishedAt: Date | null;
}

export type StageName = 'measure' | 'believe' | 'decide' | 'execute';

/** Something that keeps the loop from turning. */
export interface Finding {
  what: string;
  count: number;
  since: Date | null;
  remedy: string;
}

/** A finding with the clock that its `since` goes by. */
export interface Stuck extends Finding {
  clock: 'account' | 'server';
}
