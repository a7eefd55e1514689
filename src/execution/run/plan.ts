// What the executor would do now, judged by what is registered: the same guards in the same order,
// with the campaign's hour filling up as the plan goes along. Pure.
import { layOut, type BatchSettings, type Placed } from './batches.js';
import {
  ceilingVerdict,
  spendsMinor,
  withBudget,
  type DayBudgets,
} from '../guards/daily-ceiling.js';
import { type GuardLimits } from '../guards/guard-rules.js';
import { campaignRate } from '../guards/rates.js';
import { judge, type GuardFacts, type Verdict } from '../guards/guards.js';
import { registeredImage, requestedValue, type ChangeValue } from '../objects/object-image.js';
import type { Sighting } from '../guards/velocity.js';

interface PlannedChange {
  id: string;
  adId: string;
  campaignId: string;
  change: GuardFacts['change'];
}

export interface PlanAd {
  adId: string;
  status: 'active' | 'paused' | 'archived';
  dailyBudgetMinor: number | null;
  minBudgetMinor: number | null;
  maxBudgetMinor: number | null;
}

export interface PlanFacts {
  /** Due now, oldest first. */
  changes: readonly PlannedChange[];
  ads: ReadonlyMap<string, PlanAd>;
  sightings: ReadonlyMap<string, readonly Sighting[]>;
  /** Instants of each campaign's actions within the hour. */
  actions: ReadonlyMap<string, readonly number[]>;
  now: number;
  currency: string;
  limits: GuardLimits;
  actionsPerHour: number;
  /** What the objects may spend today, as things stand. */
  budgets: DayBudgets;
  millisToDayEnd: number;
  /** false for simulated accounts: no person edits them, and their days bind nobody. */
  hasPeople: boolean;
}

export interface Plan {
  /** What the objects may spend today once the plan is carried out. */
  budgets: DayBudgets;
  go: { id: string; adId: string; from: ChangeValue; to: ChangeValue }[];
  held: {
    id: string;
    adId: string;
    verdict: 'blocked' | 'deferred' | 'approval' | 'already';
    code: string | null;
    detail: string;
    waitMillis: number | null;
  }[];
}

export function makePlan(facts: PlanFacts): Plan {
  const plan: Plan = { budgets: facts.budgets, go: [], held: [] };
  const actions = new Map([...facts.actions].map(([campaign, at]) => [campaign, [...at]]));
  const running = new Set([...facts.ads.values()].filter(isRunning).map(({ adId }) => adId));
  for (const planned of facts.changes) {
    const { id, adId, campaignId, change } = planned;
    const ad = facts.ads.get(adId);
    if (!ad) continue;
    const taken = actions.get(campaignId) ?? [];
    const verdict = verdictOf(planned, ad, { ...facts, budgets: plan.budgets }, running, taken);
    if (verdict.kind === 'allowed') {
      actions.set(campaignId, [...taken, facts.now]);
      const spends = spendsMinor(change, ad);
      if (spends !== null) plan.budgets = withBudget(plan.budgets, adId, spends);
      if (change.changeType === 'status' && change.requestedStatus !== 'active') {
        running.delete(adId);
      }
      const from = change.changeType === 'budget' ? ad.dailyBudgetMinor : statusFrom(change, ad);
      plan.go.push({ id, adId, from, to: requestedValue(change) });
      continue;
    }
    plan.held.push({
      ...{ id, adId, verdict: verdict.kind },
      code: verdict.kind === 'already' ? null : verdict.code,
      detail: verdict.kind === 'already' ? 'it is so already; nothing is written' : verdict.detail,
      waitMillis: verdict.kind === 'deferred' ? verdict.waitMillis : null,
    });
  }
  return plan;
}

/** The guards in the executor's order: the object's own, then what is counted over all of them. */
function verdictOf(
  { adId, change }: PlannedChange,
  ad: PlanAd,
  facts: PlanFacts,
  running: ReadonlySet<string>,
  taken: readonly number[],
): Verdict {
  const { now, currency, limits, actionsPerHour, budgets, millisToDayEnd, hasPeople } = facts;
  const verdict = judge({
    ...{ change, live: registeredImage(ad), bounds: ad, now, currency, limits },
    sightings: facts.sightings.get(adId) ?? [],
    facts: {
      ...{ delivery: null, limits: null, recentSpendMinor: null, hasPeople },
      millisToDayEnd: hasPeople ? millisToDayEnd : null,
      activeOthers: running.size - Number(running.has(adId)),
    },
  });
  if (verdict.kind !== 'allowed') return verdict;
  const rate = campaignRate(taken, now, actionsPerHour);
  const { dailyCeilingMinor: ceilingMinor } = limits;
  const spends = spendsMinor(change, ad);
  if (rate.kind !== 'allowed' || ceilingMinor === null || spends === null) return rate;
  return ceilingVerdict(adId, spends, { ceilingMinor, budgets, millisToDayEnd }) ?? rate;
}

export type PlannedCall = { mode: 'batch' | 'single'; changes: Plan['go'] };

/** The calls that carry out a plan, as the executor would make them. */
export function plannedCalls(
  plan: Plan,
  places: ReadonlyMap<string, Placed>,
  settings: BatchSettings,
): PlannedCall[] {
  const due = plan.go.flatMap((one) => {
    const place = places.get(one.id);
    return place ? [{ ...place, one }] : [];
  });
  return layOut(due, settings).map((group) => ({
    mode: group.length > 1 ? 'batch' : 'single',
    changes: group.map(({ one }) => one),
  }));
}

function isRunning({ status, dailyBudgetMinor }: PlanAd): boolean {
  return status === 'active' && dailyBudgetMinor !== null;
}

function statusFrom(change: GuardFacts['change'], ad: PlanAd): ChangeValue {
  return change.changeType === 'status' ? ad.status : change.currentMinor;
}
