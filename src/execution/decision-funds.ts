// Whether the money of an increase is free. A decision moves money between ads; half of it applied must
// never spend more than all of it: an increase is paid by the reductions that have really happened, or
// by what the decision adds to the whole.
import type { Deferral, Refusal } from './guard-rules.js';

export interface DecisionFunds {
  /** What the decision adds to the sum of the budgets, 0 when it only moves or saves money. */
  grantedMinor: number;
  /** Taken from ads by its completed reductions and pauses. */
  freedMinor: number;
  /** Given to ads by its increases that were written or may have been. */
  usedMinor: number;
  /** Reductions and pauses that may still happen. */
  openReductions: number;
  /** Until the first of these may be tried; null = a person has to agree first. */
  waitMillis: number | null;
}

export type FundsVerdict = { kind: 'allowed' } | Deferral | ({ kind: 'blocked' } & Refusal);

/** Between two looks at reductions that are just being written. */
const LOOK_MILLIS = 250;
/** Between two looks while a person has not agreed yet. */
const APPROVAL_LOOK_MILLIS = 60_000;

/** `increaseMinor` is what the change adds to the budget that is live now. */
export function fundsVerdict(increaseMinor: number, funds: DecisionFunds): FundsVerdict {
  const free = funds.grantedMinor + funds.freedMinor - funds.usedMinor;
  if (increaseMinor <= Math.max(0, free)) return { kind: 'allowed' };
  const missing = increaseMinor - Math.max(0, free);
  if (funds.openReductions === 0) {
    return {
      kind: 'blocked',
      code: 'execution.unfunded',
      detail: `${missing} minor units are missing: reductions of the same decision did not happen`,
    };
  }
  return {
    kind: 'deferred',
    code: 'execution.awaits_reductions',
    detail: `${missing} minor units are not free yet: reductions of the same decision go first`,
    waitMillis: Math.max(LOOK_MILLIS, funds.waitMillis ?? APPROVAL_LOOK_MILLIS),
  };
}
