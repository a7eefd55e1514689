// What the executor would do now, judged by what is registered: the same guards in the same order,
// with the campaign's hour filling up as the plan goes along. Pure.
import { layOut, type BatchSettings, type Placed } from './batches.js';
import { campaignRate, type GuardLimits } from './guard-rules.js';
import { judge, type GuardFacts } from './guards.js';
import { registeredImage, requestedValue, type ChangeValue } from './object-image.js';
import type { Sighting } from './velocity.js';

/** Meta may spend up to 75 % more than a daily budget on a day (Meta's help page, 2026). */
export const WORST_CASE_FACTOR = 1.75;

export interface PlannedChange {
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
  limits: GuardLimits;
  actionsPerHour: number;
}

export interface Plan {
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
  const plan: Plan = { go: [], held: [] };
  const actions = new Map([...facts.actions].map(([campaign, at]) => [campaign, [...at]]));
  for (const planned of facts.changes) {
    const { id, adId, campaignId, change } = planned;
    const ad = facts.ads.get(adId);
    if (!ad) continue;
    const { now, limits, actionsPerHour } = facts;
    const live = registeredImage(ad);
    const sightings = facts.sightings.get(adId) ?? [];
    const verdict = judge({ change, live, bounds: ad, sightings, now, limits });
    const taken = actions.get(campaignId) ?? [];
    const rate = verdict.kind === 'allowed' ? campaignRate(taken, now, actionsPerHour) : verdict;
    if (rate.kind === 'allowed') {
      actions.set(campaignId, [...taken, now]);
      const from = change.changeType === 'budget' ? ad.dailyBudgetMinor : statusFrom(change, ad);
      plan.go.push({ id, adId, from, to: requestedValue(change) });
      continue;
    }
    plan.held.push({
      ...{ id, adId, verdict: rate.kind },
      code: rate.kind === 'already' ? null : rate.code,
      detail: rate.kind === 'already' ? 'it is so already; nothing is written' : rate.detail,
      waitMillis: rate.kind === 'deferred' ? rate.waitMillis : null,
    });
  }
  return plan;
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

/**
 * What the platform could spend today at the most: the ceiling of a day follows the highest budget
 * set on it, so a planned cut lowers nothing yet and a planned raise counts in full.
 */
export function worstCaseMinor(ads: Iterable<PlanAd>, plan: Plan): number {
  const raised = new Map<string, number>();
  const started = new Set<string>();
  for (const { adId, to } of plan.go) {
    if (typeof to === 'number') raised.set(adId, to);
    if (to === 'active') started.add(adId);
  }
  let sum = 0;
  for (const ad of ads) {
    if (ad.status !== 'active' && !started.has(ad.adId)) continue;
    sum += Math.max(ad.dailyBudgetMinor ?? 0, raised.get(ad.adId) ?? 0);
  }
  return Math.ceil(sum * WORST_CASE_FACTOR);
}

function statusFrom(change: GuardFacts['change'], ad: PlanAd): ChangeValue {
  return change.changeType === 'status' ? ad.status : change.currentMinor;
}
