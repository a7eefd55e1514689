// Reductions first: a raise of a decision goes out only when its money is free, so that a decision
// which is carried out half-way never spends more than what was live or what it planned. Pure.
import type { RateVerdict } from './rates.js';

/** Of one decision, in minor units. */
export interface DecisionFunding {
  /** By how much the decision meant the sum of budgets to grow; never below 0. */
  plannedGrowth: number;
  /** By completed cuts and pauses. */
  freed: number;
  /** By raises that were, or may have been, carried out. */
  used: number;
  /** Cuts and pauses that may still be carried out. */
  cutsOpen: number;
  /** Milliseconds until the next of them is due; null without any. */
  nextCutMillis: number | null;
}

/** Between looks at the queue, which cost nothing but a statement. */
const LOOK_AGAIN_MIN_MILLIS = 5000;
const LOOK_AGAIN_MAX_MILLIS = 3_600_000;

export type FundingVerdict = RateVerdict | { kind: 'blocked'; code: string; detail: string };

export function fundingVerdict(raiseMinor: number, money: DecisionFunding): FundingVerdict {
  const left = money.plannedGrowth + money.freed - money.used;
  if (raiseMinor <= left) return { kind: 'allowed' };
  const code = 'execution.money_not_free';
  const short = `the raise takes ${raiseMinor} minor units, ${Math.max(0, left)} are free`;
  if (money.cutsOpen === 0) {
    const detail = `${short}, and no reduction of the decision is left to free more`;
    return { kind: 'blocked', code, detail };
  }
  const waitMillis = Math.min(
    LOOK_AGAIN_MAX_MILLIS,
    Math.max(LOOK_AGAIN_MIN_MILLIS, money.nextCutMillis ?? 0),
  );
  const detail = `${short}; ${money.cutsOpen} reductions of the decision come first`;
  return { kind: 'deferred', code, detail, waitMillis };
}
