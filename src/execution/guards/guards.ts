// The rules that stand between a claimed change and the platform. Pure, each refusal a value with a
// stable code: `blocked` for good, `deferred` while only time is missing, `approval` for a person.
// Called by `judge-group` before the platform is asked; what counts over many changes is refused in
// `reserve-group`.
import { liveFindings, type Finding, type LiveFacts } from './delivery-rules.js';
import {
  approvalRefusal,
  boundsRefusal,
  planRefusal,
  stateRefusal,
  type BudgetBounds,
  type Deferral,
  type GuardedChange,
  type GuardLimits,
  type Refusal,
} from './guard-rules.js';
import { requestedValue, valueOf, type ObjectImage } from '../objects/object-image.js';
import { reachOf } from './reach.js';
import { budgetVelocity, type Sighting } from './velocity.js';
import { toMajor } from '../../shared/money.js';

export interface GuardFacts {
  change: GuardedChange;
  live: ObjectImage;
  bounds: BudgetBounds;
  /** Sightings of the live budget, oldest first, on the account's own clock. */
  sightings: readonly Sighting[];
  /** The account's own present, milliseconds. */
  now: number;
  /** What amounts are told in. */
  currency: string;
  limits: GuardLimits;
  /** Left out where only the registered state is known, as in the plan. */
  facts?: LiveFacts;
}

export type Verdict =
  | { kind: 'allowed' }
  /** The object is already as requested: nothing is written. */
  | { kind: 'already' }
  | ({ kind: 'blocked' } & Refusal)
  | Deferral
  | ({ kind: 'approval' } & Refusal);

export function judge(facts: GuardFacts): Verdict {
  const { change, live, limits } = facts;
  const refusal = planRefusal(change, limits) ?? stateRefusal(change, live);
  if (refusal) return { kind: 'blocked', ...refusal };
  if (valueOf(live, change.changeType) === requestedValue(change)) return { kind: 'already' };
  const outside = boundsRefusal(change, facts.bounds);
  if (outside) return { kind: 'blocked', ...outside };
  const held = findingsOf(facts).find((finding) => binds(finding, change));
  if (held) {
    const { code, detail, waitMillis } = held;
    return waitMillis === null
      ? { kind: 'blocked', code, detail }
      : { kind: 'deferred', code, detail, waitMillis };
  }
  const velocity = velocityVerdict(facts);
  if (velocity.kind === 'blocked') return velocity;
  const approval = approvalRefusal(change, valueOf(live, change.changeType), limits);
  return approval ? { kind: 'approval', ...approval } : velocity;
}

/** What holds back automatic changes and is only told to a person. */
export function warningsOf(facts: GuardFacts): Refusal[] {
  return findingsOf(facts)
    .filter((finding) => !binds(finding, facts.change))
    .map(({ code, detail }) => ({ code, detail }));
}

/** A decision's change that a person approved is that person's. */
function binds({ automaticOnly }: Finding, { origin, approvedBy }: GuardedChange): boolean {
  return !automaticOnly || (origin === 'decision' && approvedBy === null);
}

function findingsOf({ change, live, facts, sightings, now }: GuardFacts): Finding[] {
  return facts ? liveFindings(change, live, facts, sightings, now) : [];
}

/** What a change that is only shadowed would have met in earnest. */
export function shadowWords(
  verdict: Exclude<Verdict, { kind: 'blocked' }>,
  source: ObjectImage['source'],
): string {
  const basis =
    source === 'registered'
      ? ' (the platform could not be asked: judged by the registered ad)'
      : '';
  switch (verdict.kind) {
    case 'allowed':
      return `shadow mode: it would have been written${basis}`;
    case 'already':
      return `shadow mode: it is so already${basis}`;
    case 'approval':
      return `shadow mode: it would have waited for approval: ${verdict.detail}${basis}`;
    case 'deferred':
      return `shadow mode: it would have waited: ${verdict.detail}${basis}`;
  }
}

function velocityVerdict(facts: GuardFacts): Verdict {
  const { change, live, sightings, now, limits } = facts;
  const { requestedMinor } = change;
  const liveMinor = live.dailyBudgetMinor;
  if (change.changeType !== 'budget' || requestedMinor === null || liveMinor === null) {
    return { kind: 'allowed' };
  }
  const { windows } = limits;
  const verdict = budgetVelocity({ requestedMinor, liveMinor, now, sightings, windows });
  if (verdict.kind === 'allowed') return verdict;
  const { hours, limitPct } = verdict.window;
  const moved = (Math.abs(requestedMinor - verdict.startMinor) / verdict.startMinor) * 100;
  const detail =
    `${moved.toFixed(1)} % away from the budget of ${hours} h ago, ` +
    `${limitPct} % are allowed within ${hours} h`;
  const code = 'execution.budget_velocity';
  if (verdict.kind === 'not_yet') {
    return { kind: 'deferred', code, detail, waitMillis: Math.max(1, verdict.until - now) };
  }
  const passes = whatPasses(facts, requestedMinor, liveMinor);
  const never = `${detail}; no waiting makes this step small enough, ${passes}`;
  return { kind: 'blocked', code, detail: never };
}

/** The amount nearest to the one asked for that every window and bound would let through now. */
function whatPasses(facts: GuardFacts, requestedMinor: number, liveMinor: number): string {
  const { sightings, now, limits, bounds, currency } = facts;
  const { loMinor, hiMinor } = reachOf(liveMinor, now, sightings, limits.windows);
  const isRaise = requestedMinor > liveMinor;
  const nearest = isRaise
    ? Math.min(hiMinor, bounds.maxBudgetMinor ?? Infinity, limits.dailyCeilingMinor ?? Infinity)
    : Math.max(loMinor, bounds.minBudgetMinor ?? 0);
  const which = isRaise ? 'largest' : 'smallest';
  return `the ${which} value that passes now is ${toMajor(nearest, currency)} ${currency}`;
}
