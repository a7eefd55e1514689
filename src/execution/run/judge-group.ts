// The second step: which of the observed changes every guard lets pass, and how the others leave.
// Pure. Each pause sees those before it, so that the last object of an account stays on.
import { approvalExpiry } from '../guards/approval-expiry.js';
import type { Deferral } from '../guards/guard-rules.js';
import { judge, shadowWords, warningsOf, type GuardFacts } from '../guards/guards.js';
import { stops, type Hold } from '../guards/reserve-group.js';
import type { AdChange } from '../objects/change.entity.js';
import type { Cooldown } from '../objects/cooldown.queries.js';
import type { Release, Released } from '../queue/claims.queries.js';
import type { AccountContext, Candidate, Observed } from './account-context.js';

export interface Judged {
  candidates: Candidate[];
  released: Released[];
  /** What runs still, once the candidates are carried out. */
  active: ReadonlySet<string> | null;
}

export function judgeGroup(observed: readonly Observed[], context: AccountContext): Judged {
  const judged: Judged = { candidates: [], released: [], active: context.active };
  for (const one of observed) {
    const { change, before } = one;
    const facts = factsOf(one, { ...context, active: judged.active });
    const release = releaseOf(facts, one, context);
    if (release) {
      judged.released.push({ change, release });
      continue;
    }
    judged.candidates.push({ change, before, warnings: warningsOf(facts) });
    if (stops(change) && judged.active) {
      judged.active = new Set([...judged.active].filter((adId) => adId !== change.adId));
    }
  }
  return judged;
}

function factsOf(
  { change, before, recentSpendMinor }: Observed,
  { account, ads, sightings, now, day, guardLimits, limits, active }: AccountContext,
): GuardFacts {
  const ad = ads.get(change.adId);
  const { dailyBudgetMinor, registeredMinor } = before.image;
  // An earlier sighting by this very change is among the stored ones, at its own time.
  const isNew = dailyBudgetMinor !== null && before.at.getTime() === now.getTime();
  const seen = isNew ? [registeredMinor ?? null, dailyBudgetMinor] : [];
  return {
    change,
    live: before.image,
    bounds: {
      minBudgetMinor: ad?.minBudgetMinor ?? null,
      maxBudgetMinor: ad?.maxBudgetMinor ?? null,
    },
    sightings: [
      ...(sightings.get(change.adId) ?? []),
      ...seen.flatMap((minor) => (minor === null ? [] : [{ at: now.getTime(), minor }])),
    ],
    now: now.getTime(),
    currency: account.currency,
    limits: guardLimits,
    facts: {
      delivery: before.delivery,
      limits,
      recentSpendMinor,
      // Nobody edits a simulated account but its own world, and its days bind nobody.
      millisToDayEnd: account.simulated ? null : day.millisToEnd,
      hasPeople: !account.simulated,
      activeOthers: active ? active.size - Number(active.has(change.adId)) : null,
    },
  };
}

/** How a change leaves that is not to be written now; null = it may be. */
function releaseOf(
  facts: GuardFacts,
  { before }: Observed,
  context: AccountContext,
): Release | null {
  const verdict = judge(facts);
  if (verdict.kind === 'blocked') {
    return { to: 'blocked', blockedBy: verdict.code, detail: verdict.detail, before };
  }
  const warnings = warningsOf(facts);
  if (!context.writes && verdict.kind !== 'allowed') {
    const detail = shadowWords(verdict, before.image.source);
    return { to: 'shadowed', detail, before, warnings };
  }
  switch (verdict.kind) {
    case 'already': {
      const after = { image: before.image, at: context.now };
      const detail = 'it was so already; nothing was written';
      return { to: 'completed', detail, before, after };
    }
    case 'approval': {
      const { code: blockedBy, detail } = verdict;
      const approvalExpiresAt = approvalExpiry(context.now);
      return { to: 'awaiting_approval', blockedBy, detail, before, warnings, approvalExpiresAt };
    }
    case 'deferred':
      return { ...waiting(verdict, context), before, warnings };
    case 'allowed':
      return null;
  }
}

/** How a candidate leaves that what is counted over many changes holds back. */
export function heldBack(
  { change, before, warnings }: Candidate,
  hold: Hold,
  context: AccountContext,
): Released {
  if (hold.kind === 'deferred') {
    return { change, release: { ...waiting(hold, context), before, warnings } };
  }
  const { code: blockedBy, detail } = hold;
  return { change, release: { to: 'blocked', blockedBy, detail, before, warnings } };
}

/** How changes leave an account that is cooling down. */
export function coolingDown(
  changes: readonly AdChange[],
  { waitMillis, blockedBy, detail }: Cooldown,
): Released[] {
  const release = { to: 'pending', waitMillis, blockedBy, detail } as const;
  return changes.map((change) => ({ change, release }));
}

function waiting(
  { waitMillis, code, detail }: Deferral,
  { account, now }: AccountContext,
): Release {
  const notBeforeEffective = account.simulated ? new Date(now.getTime() + waitMillis) : null;
  return { to: 'pending', waitMillis, notBeforeEffective, blockedBy: code, detail };
}
