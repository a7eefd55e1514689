// The single rules of the guards, each a function from facts to a refusal with a stable code, or to
// null. Which of them applies first, and what follows, is in guards.ts.
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import {
  expectedValue,
  valueOf,
  type ChangeValue,
  type ObjectImage,
} from '../objects/object-image.js';
import type { VelocityWindow } from './velocity.js';

export interface GuardedChange {
  changeType: ChangeType;
  requestedMinor: number | null;
  requestedStatus: AdStatus | null;
  currentMinor: number | null;
  currentStatus: AdStatus | null;
  origin: 'manual' | 'decision' | 'undo';
  approvedBy: string | null;
  adId: string;
  confidence: number | null;
}

export interface BudgetBounds {
  minBudgetMinor: number | null;
  maxBudgetMinor: number | null;
}

export interface GuardLimits {
  windows: readonly VelocityWindow[];
  approvalAbovePct: number | null;
  /** Never touched, whoever asks. */
  lockedIds: ReadonlySet<string>;
  /** A change that is right with less probability is not made; null = no floor. */
  confidenceFloor: number | null;
  dailyCeilingMinor: number | null;
}

export interface Refusal {
  code: string;
  detail: string;
}

/** Only time is missing. */
export interface Deferral extends Refusal {
  kind: 'deferred';
  waitMillis: number;
}

/** What the object's state forbids, whatever the amount. */
export function stateRefusal(change: GuardedChange, live: ObjectImage): Refusal | null {
  if (live.status === 'archived' && change.requestedStatus !== 'archived') {
    return { code: 'execution.archived_ad', detail: 'the object is archived for good' };
  }
  const now = valueOf(live, change.changeType);
  const expected = expectedValue(change);
  if (expected !== null && expected !== now && (now !== null || live.source === 'platform')) {
    const seen = live.source === 'platform' ? 'live' : 'registered';
    return {
      code: 'execution.drift',
      detail: `the change was planned from ${shown(expected)}, the ${seen} value is ${shown(now)}`,
    };
  }
  if (change.changeType !== 'budget' || live.source !== 'platform' || now !== null) return null;
  return live.lifetimeBudgetMinor === null
    ? { code: 'execution.not_budget_owner', detail: 'the object owns no budget' }
    : {
        code: 'execution.lifetime_budget',
        detail: 'the object has a lifetime budget, which is never turned into a daily one',
      };
}

/** What the account's plan forbids; asked at the door and again before writing. */
export function planRefusal(
  { adId, confidence }: Pick<GuardedChange, 'adId' | 'confidence'>,
  { lockedIds, confidenceFloor }: Pick<GuardLimits, 'lockedIds' | 'confidenceFloor'>,
): Refusal | null {
  if (lockedIds.has(adId)) {
    return { code: 'execution.locked', detail: 'the plan of the account locks this object' };
  }
  // A change that claims no confidence is a person's own: null is not known, never little.
  if (confidence === null || confidenceFloor === null || confidence >= confidenceFloor) return null;
  const detail = `a confidence of ${confidence} is below the ${confidenceFloor} of the plan`;
  return { code: 'execution.confidence_floor', detail };
}

/** The floor and ceiling that the ad was registered with. */
export function boundsRefusal(
  change: { changeType: ChangeType; requestedMinor: number | null },
  { minBudgetMinor, maxBudgetMinor }: BudgetBounds,
): Refusal | null {
  if (change.changeType !== 'budget' || change.requestedMinor === null) return null;
  if (minBudgetMinor !== null && change.requestedMinor < minBudgetMinor) {
    return { code: 'execution.below_min_budget', detail: 'is below the min_budget of the ad' };
  }
  if (maxBudgetMinor !== null && change.requestedMinor > maxBudgetMinor) {
    return { code: 'execution.above_max_budget', detail: 'is above the max_budget of the ad' };
  }
  return null;
}

/**
 * Whether the step is so large that a person has to agree; asked at the door with what is
 * registered and again before writing with what is live. Taking a change back needs no second
 * consent.
 */
export function approvalRefusal(
  change: Pick<GuardedChange, 'changeType' | 'requestedMinor' | 'origin' | 'approvedBy'>,
  from: ChangeValue,
  { approvalAbovePct }: Pick<GuardLimits, 'approvalAbovePct'>,
): Refusal | null {
  if (approvalAbovePct === null || change.approvedBy !== null || change.origin === 'undo') {
    return null;
  }
  if (typeof from !== 'number' || change.requestedMinor === null) return null;
  const distance = Math.abs(change.requestedMinor - from) * 100;
  if (distance <= from * approvalAbovePct) return null;
  const size = from === 0 ? 'from 0' : `of ${(distance / from).toFixed(1)} %`;
  return {
    code: 'execution.approval_required',
    detail: `a change ${size} is above the ${approvalAbovePct} % that need approval`,
  };
}

function shown(value: ChangeValue): string {
  if (value === null) return 'none';
  return typeof value === 'number' ? `${value} minor units` : value;
}
